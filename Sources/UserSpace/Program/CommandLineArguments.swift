// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What the first program gets: the path is `init=` of the command line, else /init. The arguments
/// are the path and the words after "--", the environment is the same as on Linux.
struct CommandLineArguments<P: Platform>: ArgumentSource {
  let sizes: ArgumentSizes<P.ABI>

  /// Measures the arguments.
  ///
  /// - Throws: `argumentsTooLong`.
  init() throws(Errno) {
    let line = CommandLine(P.commandLine.text)
    var sizes = ArgumentSizes<P.ABI>()
    sizes.arguments = 1 + line.argumentCount
    sizes.environment = Self.environmentCount
    try sizes.add(Self.path.count)
    var position = CommandLine.Position()
    while let word = line.next(&position) {
      if position.isAfterSeparator { try sizes.add(line.count(of: word)) }
    }
    for index in 0..<Self.environmentCount { try sizes.add(Self.environment(index).count) }
    self.sizes = sizes
  }

  /// The path of the first program.
  static var path: Span<UInt8> {
    @_lifetime(immortal)
    get {
      guard let path = CommandLine(P.commandLine.text).value("init") else {
        return ("/init" as StaticString).bytes
      }
      return path
    }
  }

  var pathCount: Int { Self.path.count }

  var firstCount: Int { Self.path.count }

  func readPath(
    _ body: (Span<UInt8>, _ offset: Int) throws(MemoryError) -> Void
  ) throws(Errno) {
    do throws(MemoryError) { try body(Self.path, 0) } catch { throw Errno(error) }
  }

  func append(
    from first: Int, to stack: inout StackImage<P.ABI>, in space: inout Process<P>.Space
  ) throws(Errno) {
    do throws(MemoryError) {
      if first == 0 {
        try stack.append(Self.path, to: &space)
        try stack.endString(in: &space)
      }
      try appendWords(to: &stack, in: &space)
      try stack.endList(in: &space)
      for index in 0..<Self.environmentCount {
        try stack.append(Self.environment(index), to: &space)
        try stack.endString(in: &space)
      }
      try stack.endList(in: &space)
    } catch {
      throw Errno(error)
    }
  }

  private func appendWords(
    to stack: inout StackImage<P.ABI>, in space: inout Process<P>.Space
  ) throws(MemoryError) {
    let line = CommandLine(P.commandLine.text)
    var position = CommandLine.Position()
    while let word = line.next(&position) {
      guard position.isAfterSeparator else { continue }
      let (head, tail) = line.pieces(of: word)
      try stack.append(line.bytes(head), to: &space)
      try stack.append(line.bytes(tail), to: &space)
      try stack.endString(in: &space)
    }
  }

  /// The two environment strings that Linux gives to init.
  @_lifetime(immortal)
  private static func environment(_ index: Int) -> Span<UInt8> {
    index == 0 ? ("HOME=/" as StaticString).bytes : ("TERM=linux" as StaticString).bytes
  }

  private static var environmentCount: Int { 2 }
}
