// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// wait4 and waitid: the status of children that have ended.
extension SystemCall {
  private static var noHang: UInt32 { 1 }
  private static var exited: UInt32 { 4 }
  private static var noReap: UInt32 { 0x0100_0000 }
  /// __WNOTHREAD, __WALL, __WCLONE.
  private static var kinds: UInt32 { 0xe000_0000 }

  /// The number, status and resource use of a child that has ended.
  private struct Ended {
    var identifier: ProcessID
    var status: UInt32
    var use: CPUUsage
  }

  /// wait4: which children, the address for the status, options, the address for the resource use.
  @inline(__always)
  func wait() throws(Errno) -> Word {
    let options = argument(2)
    guard options & ~(Self.noHang | 2 | 8 | Self.kinds) == 0 else { throw .invalid }
    let target = try selection(argument(0))
    guard let ended = try wait(for: target, options | Self.exited) else { return 0 }
    if address(1) != 0 { try store([ended.status] as InlineArray<1, UInt32>, at: address(1)) }
    if address(3) != 0 { try storeUse(ended.use.all, faults: 0, at: address(3)) }
    return Word(ended.identifier.rawValue)
  }

  /// waitid: the kind of the number, the number, the address for the siginfo, options, the address
  /// for the resource use.
  @inline(__always)
  func waitID() throws(Errno) -> Word {
    let options = argument(3)
    guard options & ~(Self.noHang | 2 | Self.exited | 8 | Self.noReap | Self.kinds) == 0,
      options & (2 | Self.exited | 8) != 0
    else { throw .invalid }
    let target: ProcessSelection
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
    case 3:  // P_PIDFD: not supported.
      throw Int32(bitPattern: argument(1)) < 0 ? .invalid : .badDescriptor
    default: throw .invalid
    }
    let ended = try wait(for: target, options)
    if address(4) != 0 {
      try storeUse(ended?.use.all ?? SplitTime(), faults: 0, at: address(4))
    }
    if address(2) != 0 {
      // Up to si_status.
      var words = InlineArray<8, UInt32>(repeating: 0)
      if let ended {
        let signal = ended.status & 0x7f
        words = SignalInfo(
          .child, code: signal == 0 ? 1 : 2,  // CLD_EXITED, CLD_KILLED
          ended.identifier.rawValue, 0, signal == 0 ? ended.status >> 8 & 0xff : signal
        ).record(P.ABI.Long.self)
      }
      try store(words, first: P.ABI.Long.bitWidth == 64 ? 7 : 6, at: address(2))
    }
    return 0
  }

  /// Reaps a child that has ended, or blocks until one ends; nil with WNOHANG if none has.
  ///
  /// - Throws: `noChild`, `restartsIfAsked`.
  private func wait(for target: ProcessSelection, _ options: UInt32) throws(Errno) -> Ended? {
    let me = P.thread
    while true {
      let ended = try P.processes.withLock { (table) throws(Errno) -> Ended? in
        let ended = try reap(target, options, from: &table)
        me.pointee.wait = ended == nil ? .child : .nothing
        return ended
      }
      if let ended { return ended }
      guard options & Self.noHang == 0, !me.pointee.isInterrupted else {
        me.pointee.wait = .nothing
        if options & Self.noHang != 0 { return nil }
        throw .restartsIfAsked
      }
      P.wait(until: .max)
    }
  }

  /// The first child of the wanted kind that has ended, whose table entry is freed unless WNOWAIT
  /// is set; nil if none has ended yet.
  ///
  /// - Throws: `noChild` if there is no such child.
  private func reap(
    _ target: ProcessSelection, _ options: UInt32, from table: inout ProcessTable<P>
  ) throws(Errno) -> Ended? {
    let me = process.pointee.identifier
    var hasChild = false
    for slot in 0..<table.entryEnd {
      let entry = table[slot]
      guard entry.identifier != .zero, entry.parent == me, matches(entry, target, options)
      else { continue }
      hasChild = true
      guard entry.isZombie, options & Self.exited != 0 else { continue }
      if options & Self.noReap == 0 {
        table.free(slot)
        process.pointee.addChild(entry.use)
      }
      return Ended(identifier: entry.identifier, status: entry.status, use: entry.use)
    }
    guard hasChild else { throw .noChild }
    return nil
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
    switch target {
    case .all: return true
    case .one(let identifier): return entry.identifier == identifier
    case .group(let group): return entry.group == group
    }
  }
}
