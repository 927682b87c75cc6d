// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// wait4 and waitid: children that have ended, stopped or continued.
extension SystemCall {
  private static var noHang: UInt32 { 1 }
  private static var stopped: UInt32 { 2 }
  private static var exited: UInt32 { 4 }
  private static var continued: UInt32 { 8 }
  private static var noReap: UInt32 { 0x0100_0000 }
  /// __WNOTHREAD, __WALL, __WCLONE.
  private static var kinds: UInt32 { 0xe000_0000 }

  /// The change of a child's state: its number, the status as wait4 has it, and its resource use.
  private struct ChildChange {
    var identifier: ProcessID
    var status: UInt32
    var use: CPUUsage

    /// The status of a child that has continued.
    static var continued: UInt32 { 0xffff }

    /// The status of a child that `signal` has stopped.
    static func stopped(_ signal: Signal) -> UInt32 { UInt32(signal.number) << 8 | 0x7f }

    /// What siginfo has of it: the code, and the exit status or the signal.
    var codeAndStatus: (Int32, UInt32) {
      if status == Self.continued {
        return (SignalInfo.childContinued, UInt32(Signal.resume.number))
      }
      switch status & 0x7f {
      case 0: return (SignalInfo.childExited, status >> 8)
      case 0x7f: return (SignalInfo.childStopped, status >> 8)
      case let signal: return (SignalInfo.childKilled, signal)
      }
    }
  }

  /// wait4: which children, the address for the status, options, the address for the resource use.
  @inline(__always)
  func wait() throws(Errno) -> Word {
    let options = argument(2)
    guard options & ~(Self.noHang | Self.stopped | Self.continued | Self.kinds) == 0 else {
      throw .invalid
    }
    let target = try selection(argument(0))
    guard let change = try wait(for: target, options | Self.exited) else { return 0 }
    if address(1) != 0 { try store([change.status] as InlineArray<1, UInt32>, at: address(1)) }
    if address(3) != 0 { try storeUse(change.use.all, faults: 0, at: address(3)) }
    return Word(change.identifier.rawValue)
  }

  /// waitid: the kind of the number, the number, the address for the siginfo, options, the address
  /// for the resource use.
  @inline(__always)
  func waitID() throws(Errno) -> Word {
    var options = argument(3)
    let changes = Self.stopped | Self.exited | Self.continued
    guard options & ~(Self.noHang | changes | Self.noReap | Self.kinds) == 0,
      options & changes != 0
    else { throw .invalid }
    let target: ProcessSelection
    var mayBlock = true
    switch argument(0) {
    case 0: target = .all
    case 1:
      guard let named = ProcessID(argument: argument(1)) else { throw .invalid }
      target = .one(named)
    case 2:
      guard argument(1) != 0 else {
        target = .group(ownGroup)
        break
      }
      guard let named = ProcessID(argument: argument(1)) else { throw .invalid }
      target = .group(named)
    case 3:  // P_PIDFD
      guard Int32(bitPattern: argument(1)) >= 0 else { throw .invalid }
      let (identity, blocks) = try handle(argument(1))
      target = .exactly(identity)
      mayBlock = blocks || options & Self.noHang != 0
      if !blocks { options |= Self.noHang }
    default: throw .invalid
    }
    let change = try wait(for: target, options)
    if change == nil, !mayBlock { throw .tryAgain }
    if address(4) != 0 {
      try storeUse(change?.use.all ?? SplitTime(), faults: 0, at: address(4))
    }
    if address(2) != 0 {
      // Up to si_status.
      var words = InlineArray<8, UInt32>(repeating: 0)
      if let change {
        let (code, status) = change.codeAndStatus
        words = SignalInfo(.child, code: code, change.identifier.rawValue, 0, status)
          .record(P.ABI.Long.self)
      }
      try store(words, first: P.ABI.Long.bitWidth == 64 ? 7 : 6, at: address(2))
    }
    return 0
  }

  /// A change of a child's state of the wanted kinds. Blocks until there is one; nil with WNOHANG.
  ///
  /// - Throws: `noChild`, `restartsIfAsked`.
  private func wait(
    for target: ProcessSelection, _ options: UInt32
  ) throws(Errno) -> ChildChange? {
    let me = P.thread
    while true {
      let change = try P.processes.withLock { (table) throws(Errno) -> ChildChange? in
        let change = try take(target, options, from: &table)
        me.pointee.wait = change == nil ? .child : .nothing
        return change
      }
      if let change { return change }
      guard options & Self.noHang == 0, !me.pointee.isInterrupted else {
        me.pointee.wait = .nothing
        if options & Self.noHang != 0 { return nil }
        throw .restartsIfAsked
      }
      P.wait(until: .max)
    }
  }

  /// The change of the first child of the wanted kind that has one; nil if none has yet. Unless
  /// WNOWAIT is set, no other wait finds it: the table entry of a child that has ended is freed.
  ///
  /// - Throws: `noChild` if there is no such child.
  private func take(
    _ target: ProcessSelection, _ options: UInt32, from table: inout ProcessTable<P>
  ) throws(Errno) -> ChildChange? {
    let me = process.pointee.identifier
    var hasChild = false
    for slot in 0..<table.entryEnd {
      let entry = table[slot]
      guard entry.identifier != .zero, entry.parent == me, matches(entry, target, options)
      else { continue }
      hasChild = true
      if let child = entry.record, let status = takeStop(of: child, options) {
        let use = table.use(of: &child.pointee)
        return ChildChange(identifier: entry.identifier, status: status, use: use)
      }
      guard entry.isZombie, options & Self.exited != 0 else { continue }
      if options & Self.noReap == 0 {
        table.free(slot)
        process.pointee.addChild(entry.use)
      }
      return ChildChange(identifier: entry.identifier, status: entry.status, use: entry.use)
    }
    guard hasChild else { throw .noChild }
    return nil
  }

  /// The status of a child that has stopped or continued; nil if it has not, or not since a wait.
  @inline(never)
  private func takeStop(of child: ProcessReference<P>, _ options: UInt32) -> UInt32? {
    let keeps = options & Self.noReap != 0
    if options & Self.stopped != 0, child.pointee.isStopped,
      let signal = child.pointee.stop.signal
    {
      if !keeps { child.pointee.stop.signal = nil }
      return ChildChange.stopped(signal)
    }
    guard options & Self.continued != 0, child.pointee.stop.hasContinued,
      !child.pointee.hasEnded
    else { return nil }
    if !keeps { child.pointee.stop.hasContinued = false }
    return ChildChange.continued
  }

  /// __WALL selects all children, __WCLONE those whose end signal is not SIGCHLD, neither of them
  /// the others.
  private func matches(_ entry: ProcessEntry<P>, _ target: ProcessSelection, _ options: UInt32)
    -> Bool
  {
    let isClone = entry.endSignal != Signal.child.number
    guard options & 0x4000_0000 != 0 || isClone == (options & 0x8000_0000 != 0) else {
      return false
    }
    return entry.isSelected(by: target)
  }
}
