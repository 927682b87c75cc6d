// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// What files ask about the running process and its thread.
extension Platform {
  /// The number of the running process (PID).
  @inline(__always)
  public static var processIdentifier: ProcessID { process.pointee.identifier }

  /// The root directory of the running process; nil for the root of all.
  @inline(__always)
  public static var rootDirectory: FileNode? { process.pointee.root }

  /// The number of the running thread (TID).
  public static var threadIdentifier: ThreadID { thread.pointee.identifier }

  /// Whether a process has ended.
  public static func hasEnded(_ process: ProcessIdentity) -> Bool {
    guard process.number != .zero else { return false }  // clone has not set it yet.
    return processes.withLock { table in
      guard let slot = table.index(of: process.number), table[slot].serial == process.serial else {
        return true
      }
      return table[slot].isZombie
    }
  }

  /// The address space of the running process.
  @inline(__always)
  public static var memory: SpaceReference<Self> { process.pointee.memory }

  // SAFETY: the kernel lock keeps the processes, whose records do not move.
  /// Calls `body` with the address space of each process, unless it is being changed or freed.
  @inline(never)
  public static func forEachSpace(_ body: (inout AddressSpace<Table, CPU, Memory>) -> Void) {
    let end = processes.withLock { $0.entryEnd }
    for slot in 0..<end {
      // Not under the spin lock, because the walk is long.
      guard let record = processes.withLock({ $0[slot].record }), record.pointee.memory.isQuiet
      else { continue }
      body(&record.pointee.space)
    }
  }

  /// The address of the vDSO's ELF header in the running process; nil without a vDSO.
  @inline(__always)
  public static var vdso: UserAddress? { process.pointee.vdso }

  /// Total time that the running process has slept.
  @inline(__always)
  public static var sleptNanoseconds: UInt64 { process.pointee.sleptNanoseconds }

  /// The number of futexes with an owner that threads wait for.
  public static var ownedFutexCount: Int { processes.withLock { $0.ownedFutexes.used } }

  /// Whether the running thread must stop blocking.
  @inline(__always)
  public static var isInterrupted: Bool { thread.pointee.isInterrupted }

  /// O_DIRECT: what is written to a pipe with this flag is a packet.
  @inline(__always)
  public static var directFlag: UInt32 { ABI.direct }

  /// The piece at `index` of the vector at a user address: its address and size.
  @inline(never)
  public static func loadPiece(
    _ index: UInt32, of list: UserAddress
  ) throws(Errno) -> (address: UserAddress, count: Word) {
    var words = InlineArray<2, ABI.Long>(repeating: 0)
    // Wrapping: an address is checked when it is used.
    let address = list &+ Word(index) &* VectorRecord<ABI.Long>.size
    try UserBuffer<Self>(address: address, count: MemoryLayout.size(ofValue: words)).load(
      to: &words)
    let piece = VectorRecord(words)
    return (piece.address, piece.count)
  }

  /// Has `FileTree.dropPages` called before the running thread returns to user mode.
  @inline(never)
  public static func requestPageDrop() {
    thread.pointee.mustDropPages = true
    requestUserReturnWork(task)
  }

  /// Sends the running thread the signal of a write without a reader (SIGPIPE).
  @inline(never)
  public static func raiseBrokenPipe() {
    let info = SignalInfo(
      .brokenPipe, code: SignalInfo.byKill, process.pointee.identifier.rawValue, 0, 0)
    _ = processes.withLock { $0.send(info, to: process, task: task) }
  }

  /// Sends a signal to the foreground process group of a terminal.
  public static func signalForeground(_ signal: Signal, of terminal: TerminalNumber) {
    processes.sendForeground(signal, of: terminal)
  }

  /// The controlling terminal of the running process.
  public static var ownTerminal: TerminalNumber? {
    let me = process.pointee.identifier
    return processes.withLock { table in table.index(of: me).flatMap { table[$0].terminal } }
  }

  /// A terminal is gone.
  public static func hangUp(_ terminal: TerminalNumber) { processes.hangUp(terminal) }

  /// Checks that the running process may use its terminal.
  @inline(never)
  public static func checkForeground(
    _ signal: Signal, of terminal: TerminalNumber
  ) throws(Errno) {
    let me = process.pointee.identifier
    guard let group = processes.withLock({ $0.backgroundGroup(of: me, at: terminal) }) else {
      return
    }
    let isIgnored = process.pointee.ignores(signal)
    if isIgnored || thread.pointee.signals.mask & signal.bit != 0 {
      if signal == .terminalInput { throw .inputOutput }
      return
    }
    if processes.isInOrphanedGroup(me) { throw .inputOutput }
    processes.send(signal, toGroup: group)
    // The running thread takes the signal, also if another thread of its process was notified.
    // Otherwise it would make the call again and again before the other thread runs.
    processes.withLock { $0.update(thread) }
    throw .restartsIfAsked
  }

  /// Serves a request about the controlling terminal of the running process.
  @inline(never)
  public static func controlTerminal(
    _ request: TerminalRequest, _ value: UInt32, of terminal: TerminalNumber
  ) throws(Errno) -> UInt32 {
    let me = process.pointee.identifier
    let answer = try processes.withLock { (table) throws(Errno) in
      try table.controlTerminal(request, value, of: terminal, by: me)
    }
    if request == .release { processes.releaseTerminal(of: me, hasEnded: false) }
    return answer
  }

  /// The number of threads of the running process.
  @inline(__always)
  public static var threadCount: UInt32 { process.pointee.threadCount }

  /// A preemption point in a long call; returns true if the call must end now.
  @inline(never)
  public static func mustEnd(isInterruptible: Bool) -> Bool {
    preemptionPoint()
    let thread = self.thread
    guard thread.pointee.isInterrupted else { return false }
    return isInterruptible || Thread<Self>.isDying(thread)
  }
}
