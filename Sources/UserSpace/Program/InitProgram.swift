// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// Why the first program does not run.
public enum InitFailure: Error, Equatable, Sendable {
  /// The file does not exist, for the reason in the error, or is not a regular file.
  case missing(Errno)
  /// The file is not a program for this machine.
  case invalid(ElfError)
  /// There is not enough memory, or its arguments are too long.
  case cannotStart(Errno)

  /// The status with which the machine powers off, as in a shell: 127 not found, 126 not runnable.
  public var status: Int32 {
    if case .missing = self { 127 } else { 126 }
  }

  /// The reason as text for the log.
  public var reason: StaticString {
    switch self {
    case .missing(.noEntry): "not found"
    case .missing(.symbolicLinkLoop): "too many symbolic links"
    case .missing(.isDirectory): "a directory"
    case .missing(.accessDenied): "not a regular file"
    case .missing: "not reached"
    case .invalid(let error): error.reason
    case .cannotStart(.argumentsTooLong): "arguments too long"
    case .cannotStart: "out of memory"
    }
  }
}

// SAFETY: the caller of `start` passes unused memory for one process, which is not shared yet.
/// Starts the first program: `init=` of the command line, else /init. Its arguments are the words
/// after "--", its environment is the same as on Linux.
public enum InitProgram<P: Platform> {
  /// The two environment strings that Linux gives to init.
  private static func environment(_ index: Int) -> StaticString {
    index == 0 ? "HOME=/" : "TERM=linux"
  }

  private static var environmentCount: Int { 2 }

  /// Loads the program into a new process, number 1, whose record is created in the `Process.size`
  /// bytes at `memory`. The process does not run yet, and `table` need not be active.
  ///
  /// - Returns: the registers with which the program starts.
  /// - Throws: `InitFailure`, after a log line `init: PATH: REASON`. All frames are released then,
  ///   and `memory` is unused again.
  @unsafe public static func start(
    in memory: UnsafeMutableRawPointer, table: consuming P.Table, pool: FramePool<P.CPU, P.Memory>
  ) throws(InitFailure) -> P.ABI.Registers {
    let space: SpaceReference<P>
    do { space = try SpaceReference.make(table: table, pool: pool, layout: P.newLayout()) } catch {
      report(.cannotStart(.outOfMemory))
      throw .cannotStart(.outOfMemory)
    }
    let process = unsafe Process<P>.create(
      in: memory, identifier: 1, parent: 0, memory: space, executable: .root)
    P.processes.enterFirst(process)
    do {
      return try loadProgram(into: &process.pointee)
    } catch {
      unsafe Process<P>.release(process)
      report(error)
      throw error
    }
  }

  private static func report(_ failure: InitFailure) {
    let line = CommandLine(P.commandLine.text)
    if let path = line.value("init") {
      Log.fatalLine("init: \(bytes: path): \(failure.reason)")
    } else {
      Log.fatalLine("init: /init: \(failure.reason)")
    }
  }

  private static func loadProgram(into process: inout Process<P>) throws(InitFailure)
    -> P.ABI.Registers
  {
    let line = CommandLine(P.commandLine.text)
    guard let path = line.value("init") else {
      return try loadProgram(defaultPath.span, line, into: &process)
    }
    return try loadProgram(path, line, into: &process)
  }

  private static var defaultPath: InlineArray<5, UInt8> {
    [
      UInt8(ascii: "/"), UInt8(ascii: "i"), UInt8(ascii: "n"), UInt8(ascii: "i"),
      UInt8(ascii: "t"),
    ]
  }

  private static func loadProgram(
    _ path: Span<UInt8>, _ line: borrowing CommandLine, into process: inout Process<P>
  ) throws(InitFailure) -> P.ABI.Registers {
    let (node, contents) = try find(path, pool: process.space.pool)
    process.executable = node
    P.thread.pointee.setName(fromPath: path)
    P.traceName(P.thread.pointee.name, of: P.task)
    var program: ElfProgram<P.ABI>
    do { program = try ElfProgram<P.ABI>(P.files.bytes(contents)) } catch { throw .invalid(error) }
    program.loadAddress = program.loadAddress &+ process.space.layout.imageOffset
    do throws(Errno) {
      try process.openConsole()
      return try map(program, path, line, into: &process)
    } catch {
      throw .cannotStart(error)
    }
  }

  /// Finds the regular file at `path`.
  ///
  /// - Returns: its node and the range of its contents in the initrd.
  /// - Throws: `missing`, or `cannotStart` if there is no memory for the lookup.
  private static func find(
    _ path: Span<UInt8>, pool: FramePool<P.CPU, P.Memory>
  ) throws(InitFailure) -> (FileNode, Range<Int>) {
    do throws(Errno) {
      var buffer = try PathBuffer(pool: pool)
      try buffer.load(path)
      var walk = PathWalk<P>(buffer, from: .root)
      let node = try walk.run(followsLast: true)
      guard let contents = Files<P>.mapping(of: node).contents else {
        throw Files<P>.isDirectory(node) ? .isDirectory : .accessDenied
      }
      return (node, contents)
    } catch {
      throw error == .outOfMemory ? .cannotStart(error) : .missing(error)
    }
  }

  private static func map(
    _ program: borrowing ElfProgram<P.ABI>, _ path: Span<UInt8>, _ line: borrowing CommandLine,
    into process: inout Process<P>
  ) throws(Errno) -> P.ABI.Registers {
    let sizes = try sizes(path, line)
    do throws(MemoryError) {
      let own = process.memory.processPageFrame()
      var (stack, vdso) = try ProgramLoader<P>.begin(
        program, node: process.executable, processPageFrame: own, pathCount: path.count, sizes,
        into: &process.space)
      try writeStrings(path, line, &stack, into: &process.space)
      let loaded = try ProgramLoader<P>.finish(
        program, &stack, vdso: vdso?.header, in: &process.space)
      process.vdsoMapping = vdso
      return loaded
    } catch {
      throw Errno(error)
    }
  }

  private static func sizes(
    _ path: Span<UInt8>, _ line: borrowing CommandLine
  ) throws(Errno) -> ArgumentSizes<P.ABI> {
    var sizes = ArgumentSizes<P.ABI>()
    sizes.arguments = 1 + line.argumentCount
    sizes.environment = environmentCount
    try sizes.add(path.count)
    var position = CommandLine.Position()
    while let word = line.next(&position) {
      if position.isAfterSeparator { try sizes.add(line.count(of: word)) }
    }
    for index in 0..<environmentCount { try sizes.add(environment(index).utf8CodeUnitCount) }
    return sizes
  }

  private static func writeStrings(
    _ path: Span<UInt8>, _ line: borrowing CommandLine, _ stack: inout StackImage<P.ABI>,
    into space: inout Process<P>.Space
  ) throws(MemoryError) {
    // SAFETY: bytes have no padding.
    try unsafe space.write(path.bytes, to: stack.path)
    try stack.append(path, to: &space)
    try stack.endString(in: &space)
    try writeArguments(line, &stack, into: &space)
    try stack.endList(in: &space)
    for index in 0..<environmentCount {
      let text = environment(index)
      // SAFETY: a literal is never freed.
      let bytes = unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
      try stack.append(bytes, to: &space)
      try stack.endString(in: &space)
    }
    try stack.endList(in: &space)
  }

  private static func writeArguments(
    _ line: borrowing CommandLine, _ stack: inout StackImage<P.ABI>,
    into space: inout Process<P>.Space
  ) throws(MemoryError) {
    var position = CommandLine.Position()
    while let word = line.next(&position) {
      guard position.isAfterSeparator else { continue }
      let (head, tail) = line.pieces(of: word)
      try stack.append(line.bytes(head), to: &space)
      try stack.append(line.bytes(tail), to: &space)
      try stack.endString(in: &space)
    }
  }
}
