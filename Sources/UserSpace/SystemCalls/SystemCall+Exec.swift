// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// SAFETY: process and frame outlive the call; no other thread uses the new address space before it
// replaces the old one.
/// execve: the process runs another program.
///
/// The new address space is built beside the old one, so a failure leaves the program unchanged.
/// Only then do the other threads end, and the new address space replaces the old one.
extension SystemCall {
  /// execve: the path, the arguments and the environment. Each list ends with a null pointer, or is
  /// null itself. As in Linux, both are read before the file is looked up.
  ///
  /// - Throws: the errors of the path resolution; `accessDenied` if the file is not regular or not
  ///   executable; `notExecutable`; `noEntry` if it needs an interpreter; `argumentsTooLong`;
  ///   `badAddress`; `outOfMemory`.
  @inline(__always)
  func execute() throws(Errno) -> UInt32 {
    let stackLimit = process.pointee.limits[.stack]
    var sizes = ArgumentSizes<P.ABI>(stackLimit: stackLimit)
    let pathCount = try measure(address(0))
    guard pathCount < 4096 else { throw .nameTooLong }
    guard pathCount > 0 else { throw .noEntry }
    sizes.arguments = try measureList(address(1), &sizes)
    if sizes.arguments == 0 {  // As in Linux since 5.18: argv[0] exists.
      sizes.arguments = 1
      try sizes.add(0)
    }
    sizes.environment = try measureList(address(2), &sizes)
    let node = try resolve(at: FileNode.currentDirectory, address(0), followsLast: true)
    guard let contents = Files<P>.mapping(of: node).contents,
      Files<P>.status(node).mode & 0o111 != 0
    else {
      throw .accessDenied
    }
    var program: ElfProgram<P.ABI>
    do { program = try ElfProgram<P.ABI>(P.files.bytes(contents)) } catch {
      throw error == .needsInterpreter ? .noEntry : .notExecutable
    }
    let memory = try makeAddressSpace()
    program.loadAddress = program.loadAddress &+ memory.space.layout.imageOffset
    do throws(Errno) {
      let (loaded, vdso) = try load(program, node, pathCount, sizes, memory)
      let name = try programName()
      try endOtherThreads()
      P.thread.pointee.name = name
      P.traceName(name, of: P.task)
      process.pointee.vdsoMapping = vdso
      frame.pointee = loaded
    } catch {
      memory.release()
      throw error
    }
    let thread = P.thread
    Thread<P>.leaveMemory(thread)
    memory.space.setStackLimit(stackLimit)
    process.pointee.executable = node
    process.pointee.isDumpable = true
    process.pointee.replaceMemory(by: memory)
    process.pointee.files.closeAll(forExec: true)
    process.pointee.signals.resetForExec()
    let identifier = process.pointee.identifier
    P.processes.removeTimers(of: identifier, withInterval: false)
    P.processes.withLock { table in
      if let slot = table.index(of: identifier) {
        table[slot].endSignal = Signal.child.number
        table[slot].hasExecuted = true
      }
    }
    thread.pointee.identifier = process.pointee.identifier
    thread.pointee.clearAddress = 0
    thread.pointee.signals.stack = SignalStack()
    process.pointee.publishTimes()
    P.resetRegisters()
    return 0
  }

  /// Maps the program, its stack and the vDSO into the new address space.
  private func load(
    _ program: borrowing ElfProgram<P.ABI>, _ node: FileNode, _ pathCount: Int,
    _ sizes: ArgumentSizes<P.ABI>,
    _ memory: SpaceReference<P>
  ) throws(Errno) -> (Registers, VdsoMapping?) {
    var stack: StackImage<P.ABI>
    let vdso: VdsoMapping?
    do {
      (stack, vdso) = try ProgramLoader<P>.begin(
        program, node: node, processPageFrame: memory.processPageFrame(), pathCount: pathCount,
        sizes,
        into: &memory.space)
    } catch { throw Errno(error) }
    try copyString(address(0)) { (bytes, offset, _) throws(MemoryError) in
      // Another thread may have made the path longer since it was measured.
      guard offset + bytes.count <= pathCount + 1 else { throw .fault }
      // SAFETY: bytes have no padding.
      try unsafe memory.space.write(bytes.bytes, to: stack.path &+ Word(offset))
    }
    try copyList(address(1), sizes.arguments, &stack, &memory.space)
    try copyList(address(2), sizes.environment, &stack, &memory.space)
    do {
      return (
        try ProgramLoader<P>.finish(program, &stack, vdso: vdso?.header, in: &memory.space),
        vdso
      )
    } catch {
      throw Errno(error)
    }
  }

  @inline(never)
  private func makeAddressSpace() throws(Errno) -> SpaceReference<P> {
    let pool = process.pointee.space.pool
    do {
      return try SpaceReference.make(
        table: P.makeTable(pool), pool: pool, layout: P.newLayout())
    } catch { throw Errno(error) }
  }

  /// Counts the pointers of a list, and adds the bytes of their strings to `sizes`.
  ///
  /// - Throws: `badAddress`, `argumentsTooLong`.
  @inline(never)
  private func measureList(
    _ list: UserAddress, _ sizes: inout ArgumentSizes<P.ABI>
  ) throws(Errno) -> Int {
    guard list != 0 else { return 0 }
    var count = 0
    while case let string = try pointer(list, count), string != 0 {
      count += 1
      try sizes.add(try measure(string))
      guard Word(count) * ArgumentSizes<P.ABI>.pointerSize + sizes.bytes <= sizes.greatestTotal
      else {
        throw .argumentsTooLong
      }
    }
    return count
  }

  /// The pointer at `index` of a list.
  private func pointer(_ list: UserAddress, _ index: Int) throws(Errno) -> UserAddress {
    let words: InlineArray<1, P.ABI.Long> = try load(
      list &+ Word(index) &* ArgumentSizes<P.ABI>.pointerSize)
    return UserAddress(clamping: words[0])
  }

  /// The length of a user string, without its terminating zero.
  ///
  /// - Throws: `badAddress`, `argumentsTooLong`.
  @inline(never)
  private func measure(_ address: UserAddress) throws(Errno) -> Int {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    var count = 0
    while true {
      let length = try loadPiece(address &+ Word(count), &bytes)
      count += length
      if length < bytes.count { return count }
      guard count < 128 * 1024 else { throw .argumentsTooLong }
    }
  }

  /// Copies the next bytes of a user string and returns their number, which is below 256 at its end
  /// only.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  private func loadPiece(
    _ address: UserAddress, _ bytes: inout InlineArray<256, UInt8>
  ) throws(Errno) -> Int {
    var count: Word?
    var span = bytes.mutableSpan
    // SAFETY: the buffer has room for 256 bytes.
    unsafe span.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      unsafe count = P.User.copyString(start, from: address, room: 256)
    }
    guard let count else { throw .badAddress }
    return Int(count)
  }

  /// Passes a user string to `body` in pieces, each with its offset. The last piece includes the
  /// terminating zero.
  ///
  /// - Throws: `badAddress`, and what `body` throws, as an errno.
  @inline(never)
  private func copyString(
    _ address: UserAddress, _ body: (Span<UInt8>, Int, _ isLast: Bool) throws(MemoryError) -> Void
  ) throws(Errno) {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    var offset = 0
    while true {
      let length = try loadPiece(address &+ Word(offset), &bytes)
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

  /// Writes the `count` strings of a list to the stack image. If another thread has changed the
  /// list since it was measured, so that it does not fit, the call fails.
  ///
  /// - Throws: `badAddress`, `outOfMemory`.
  @inline(never)
  private func copyList(
    _ list: UserAddress, _ count: Int, _ stack: inout StackImage<P.ABI>,
    _ space: inout Process<P>.Space
  ) throws(Errno) {
    for index in 0..<count {
      let string: UserAddress = list == 0 ? 0 : try pointer(list, index)
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

  /// The new name of the process: up to 15 bytes of the last component of the path.
  private func programName() throws(Errno) -> InlineArray<16, UInt8> {
    var name = InlineArray<16, UInt8>(repeating: 0)
    var length = 0
    try copyString(address(0)) { (bytes, _, isLast) throws(MemoryError) in
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

  /// Ends all other threads of the process and waits until they have ended. If two threads execute
  /// a program at once, the first one wins, because it marks the second one to end.
  ///
  /// - Throws: `interrupted` if this thread must end, or if a signal ends its process.
  private func endOtherThreads() throws(Errno) {
    let me = P.thread
    guard !me.pointee.isEnding else { throw .interrupted }
    guard process.pointee.threadCount > 1 else { return }
    me.pointee.wait = .soleThread
    process.pointee.isExecuting = true
    process.pointee.endOtherThreads()
    defer {
      me.pointee.wait = .nothing
      process.pointee.isExecuting = false
    }
    while process.pointee.threadCount > 1 {
      guard !Thread<P>.isDying(me) else { throw .interrupted }
      P.wait(until: .max)
    }
  }
}

extension Process {
  /// Replaces the address space by `memory`, whose reference it takes over, and releases the
  /// reference to the old one.
  mutating func replaceMemory(by memory: SpaceReference<P>) {
    P.stopPublishingTimes(of: P.task)  // The page is in the old memory.
    P.activate(nil)
    self.memory.release()
    self.memory = memory
    sharesParentSpace = false
    // SAFETY: the record of a process does not move.
    unsafe withUnsafeMutablePointer(to: &self) { unsafe P.activate(ProcessReference(at: $0)) }
    releaseCreator()
  }
}
