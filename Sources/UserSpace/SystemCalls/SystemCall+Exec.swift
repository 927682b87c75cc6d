// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// SAFETY: the process and its frame outlive the call; a new space is nobody else's before the swap.
/// execve: another program in the same process.
///
/// The new memory is made beside the old, so that whatever fails leaves the program as it was; only
/// then do the other threads end and the memories change places.
extension SystemCall {
  /// The path, the arguments and the environment, each list with a null at its end or null itself. As
  /// in Linux they are read before the file is looked for.
  ///
  /// - Throws: what the walk to the file throws; `accessDenied` if it is no regular file or not
  ///   executable; `notExecutable`; `noEntry` for one that needs an interpreter; `argumentsTooLong`;
  ///   `badAddress`; `outOfMemory`.
  @inline(__always)
  func execute() throws(Errno) -> UInt32 {
    let stackLimit = unsafe process.pointee.limits[.stack]
    var sizes = ArgumentSizes(stackLimit: stackLimit)
    let pathCount = try measure(r0)
    guard pathCount < 4096 else { throw .nameTooLong }
    guard pathCount > 0 else { throw .noEntry }
    sizes.arguments = try measureList(r1, &sizes)
    if sizes.arguments == 0 {  // As Linux since 5.18: never without a name.
      sizes.arguments = 1
      try sizes.add(0)
    }
    sizes.environment = try measureList(r2, &sizes)
    let node = try resolve(at: FileNode.currentDirectory, r0, followsLast: true)
    guard let contents = P.files.contents(node), P.files.status(node).mode & 0o111 != 0 else {
      throw .accessDenied
    }
    var program: ElfProgram
    do { program = try ElfProgram(P.files.bytes(contents)) } catch {
      throw error == .needsInterpreter ? .noEntry : .notExecutable
    }
    let memory = try emptyMemory()
    program.loadAddress += memory.space.layout.imageOffset
    do throws(Errno) {
      let (loaded, vdso) = try load(program, node, pathCount, sizes, memory)
      let name = try programName()
      try becomeAlone()
      unsafe P.thread.pointee.name = name
      P.noteName(name, of: P.task)
      unsafe process.pointee.vdsoMapping = vdso
      unsafe frame.pointee = loaded.start
    } catch {
      memory.release()
      throw error
    }
    let thread = unsafe P.thread
    unsafe Thread<P>.leaveMemory(thread)
    memory.space.setStackLimit(stackLimit)
    unsafe process.pointee.executable = node
    unsafe process.pointee.isDumpable = true
    unsafe process.pointee.replaceMemory(by: memory)
    unsafe process.pointee.closeFiles(forExec: true)
    unsafe process.pointee.signals.resetForExec()
    let identifier = unsafe process.pointee.identifier
    P.processes.withLock { table in
      table.removeTimers(of: identifier, withInterval: false)
      if let place = table.place(of: identifier) {
        table[place].endSignal = Signal.child.number
        table[place].hasExecuted = true
      }
    }
    unsafe thread.pointee.identifier = process.pointee.identifier
    unsafe thread.pointee.clearAddress = 0
    unsafe thread.pointee.signals.stack = SignalStack()
    unsafe process.pointee.openOwnPage()
    P.resetRegisters()
    return 0
  }

  /// Fills the new space.
  private func load(
    _ program: borrowing ElfProgram, _ node: FileNode, _ pathCount: Int, _ sizes: ArgumentSizes,
    _ memory: SpaceReference<P>
  ) throws(Errno) -> (LoadedProgram, VdsoMapping?) {
    var stack: StackImage
    let vdso: VdsoMapping?
    do {
      (stack, vdso) = try ProgramLoader<P>.begin(
        program, node: node, ownFrame: memory.ownFrame(), pathCount: pathCount, sizes,
        into: &memory.space)
    } catch { throw Errno(error) }
    try copyString(r0) { (bytes, offset, _) throws(MemoryError) in
      // Another thread may have made the path longer since it was measured.
      guard offset + bytes.count <= pathCount + 1 else { throw .fault }
      // SAFETY: bytes have no padding.
      try unsafe memory.space.write(bytes.bytes, to: stack.path &+ UInt32(offset))
    }
    try copyList(r1, sizes.arguments, &stack, &memory.space)
    try copyList(r2, sizes.environment, &stack, &memory.space)
    do {
      return (
        try ProgramLoader<P>.finish(program, &stack, vdso: vdso?.header, in: &memory.space), vdso
      )
    } catch {
      throw Errno(error)
    }
  }

  @inline(never)
  private func emptyMemory() throws(Errno) -> SpaceReference<P> {
    let pool = unsafe process.pointee.space.pool
    do {
      return try SpaceReference.make(
        table: P.makeTable(pool), pool: pool, layout: P.newLayout())
    } catch { throw Errno(error) }
  }

  /// Counts a list of pointers, and in `sizes` the bytes of the strings that they lead to.
  @inline(never)
  private func measureList(_ list: UInt32, _ sizes: inout ArgumentSizes) throws(Errno) -> Int {
    guard list != 0 else { return 0 }
    var count = 0
    while case let string = try pointer(list, count), string != 0 {
      count += 1
      try sizes.add(try measure(string))
      guard UInt32(count) * 4 + sizes.bytes <= sizes.greatestTotal else {
        throw .argumentsTooLong
      }
    }
    return count
  }

  /// The pointer at place `index` of a list.
  private func pointer(_ list: UInt32, _ index: Int) throws(Errno) -> UInt32 {
    let words: InlineArray<1, UInt32> = try load(list &+ UInt32(index) &* 4)
    return words[0]
  }

  /// The length of a string of the program's, without its terminating zero.
  ///
  /// - Throws: `badAddress`, `argumentsTooLong`.
  @inline(never)
  private func measure(_ address: UInt32) throws(Errno) -> Int {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    var count = 0
    while true {
      let length = try loadPiece(address &+ UInt32(count), &bytes)
      count += length
      if length < bytes.count { return count }
      guard count < 128 * 1024 else { throw .argumentsTooLong }
    }
  }

  /// The next bytes of a string of the program's: fewer than 256 at its end.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  private func loadPiece(
    _ address: UInt32, _ bytes: inout InlineArray<256, UInt8>
  ) throws(Errno) -> Int {
    guard address < UserRange.limit else { throw .badAddress }
    let room = Int(min(UInt32(bytes.count), UserRange.limit - address))  // As in `PathBuffer`.
    var count: Int?
    var span = bytes.mutableSpan
    // SAFETY: the buffer has room for 256 bytes.
    unsafe span.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe count = P.User.copyString(start, from: address, room: room)
    }
    guard let count, count < room || room == bytes.count else { throw .badAddress }
    return count
  }

  /// Hands the bytes of a string out in pieces, with their offset; the last one has the zero at its end.
  ///
  /// - Throws: `badAddress`, and as errno what `body` throws.
  @inline(never)
  private func copyString(
    _ address: UInt32, _ body: (Span<UInt8>, Int, _ isLast: Bool) throws(MemoryError) -> Void
  ) throws(Errno) {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    var offset = 0
    while true {
      let length = try loadPiece(address &+ UInt32(offset), &bytes)
      let isLast = length < bytes.count
      do throws(MemoryError) {
        try body(bytes.span.extracting(first: isLast ? length + 1 : length), offset, isLast)
      } catch {
        throw Errno(error)
      }
      if isLast { return }
      offset += length
    }
  }

  /// Writes the strings of a list that had `count` when it was measured. Another thread may have
  /// changed it since: then there is no such program (`badAddress`).
  @inline(never)
  private func copyList(
    _ list: UInt32, _ count: Int, _ stack: inout StackImage, _ space: inout Process<P>.Space
  ) throws(Errno) {
    for index in 0..<count {
      let string = list == 0 ? 0 : try pointer(list, index)
      if string != 0 {
        try copyString(string) { (bytes, _, isLast) throws(MemoryError) in
          guard stack.hasRoom(for: bytes.count - 1) else { throw .fault }
          try stack.append(bytes, isLast: isLast, to: &space)
        }
      } else {
        guard stack.hasRoom(for: 0) else { throw .badAddress }
        do { try stack.endString(in: &space) } catch { throw Errno(error) }
      }
    }
    do { try stack.endList(in: &space) } catch { throw Errno(error) }
  }

  /// What the process is called from now on: the last 15 bytes or less of the path's last name.
  private func programName() throws(Errno) -> InlineArray<16, UInt8> {
    var name = InlineArray<16, UInt8>(repeating: 0)
    var length = 0
    try copyString(r0) { (bytes, _, isLast) throws(MemoryError) in
      for index in 0..<(isLast ? bytes.count - 1 : bytes.count) {
        if bytes[index] == UInt8(ascii: "/") {
          name = InlineArray(repeating: 0)
          length = 0
        } else if length < 15 {
          name[length] = bytes[index]
          length += 1
        }
      }
    }
    return name
  }

  /// Ends all other threads of the process. Of two that come here at once the first one wins: it has
  /// told the second one to end.
  ///
  /// - Throws: `interrupted` if this thread is to end, or its process by a signal.
  private func becomeAlone() throws(Errno) {
    let me = unsafe P.thread
    guard unsafe !me.pointee.isEnding else { throw .interrupted }
    guard unsafe process.pointee.threadCount > 1 else { return }
    unsafe me.pointee.wait = .alone
    unsafe process.pointee.isExecuting = true
    unsafe process.pointee.stopOthers()
    defer {
      unsafe me.pointee.wait = .nothing
      unsafe process.pointee.isExecuting = false
    }
    while unsafe process.pointee.threadCount > 1 {
      guard unsafe !Thread<P>.isDying(me) else { throw .interrupted }
      P.wait(until: .max)
    }
  }
}

extension Process {
  /// Takes `memory`, with its reference, in place of its own, whose reference it releases.
  mutating func replaceMemory(by memory: SpaceReference<P>) {
    P.closeOwnPage(of: P.task)  // It goes with the old memory.
    // SAFETY: no memory is active then.
    unsafe P.activate(nil)
    self.memory.release()
    self.memory = memory
    borrowsSpace = false
    // SAFETY: a process stays where its record was made.
    unsafe withUnsafeMutablePointer(to: &self) { unsafe P.activate($0) }
    releaseCreator()
  }
}
