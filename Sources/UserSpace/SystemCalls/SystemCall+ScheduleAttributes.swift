// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// sched_setattr and sched_getattr, with every check in Linux's order.
extension SystemCall {
  /// sched_setattr: the thread, the address of its attributes, and no flags.
  ///
  /// - Throws: `invalid`, `badAddress`, `argumentsTooLong` for attributes that this kernel does not
  ///   know, `noProcess`, `notSupported` for utilisation clamping, `busy`.
  @inline(never)
  func setScheduleAttributes() throws(Errno) -> Word {
    guard address(1) != 0, Int32(bitPattern: argument(0)) >= 0, argument(2) == 0 else {
      throw .invalid
    }
    let record = try loadAttributes()
    let flags = record.flags
    guard Int32(bitPattern: record.policy) >= 0 else { throw .invalid }
    let thread = P.processes.thread(of: try threadTask(argument(0)))
    let old = thread.pointee.scheduling
    var wanted = old
    var priority = record.priority
    if !flags.contains(.keepsPolicy) {
      wanted.policy = try policy(record.policy)
      wanted.resetsOnFork = flags.contains(.resetsOnFork)
    }
    guard flags.isSubset(of: .known) else { throw .invalid }
    let keepsParameters = flags.contains(.keepsParameters)
    if keepsParameters {
      if old.policy.isRealTime { priority = UInt32(old.priority) }
      if old.policy != .deadline { wanted.times = record.times }
    } else {
      wanted.times = wanted.policy == .deadline ? record.times : DeadlineTimes()
      wanted.deadlineFlags = UInt8(truncatingIfNeeded: flags.intersection(.ofDeadline).rawValue)
      if wanted.policy.isFair { wanted.nice = record.nice }
    }
    try check(wanted, priority: priority)
    guard flags.isDisjoint(with: .clamps) else { throw .notSupported }
    if keepsParameters {
      thread.pointee.scheduling.resetsOnFork = wanted.resetsOnFork
    } else {
      try schedule(thread, wanted, priority: priority)
    }
    return 0
  }

  /// The attributes at address 1, whose first word is their size.
  private func loadAttributes() throws(Errno) -> ScheduleRecord {
    let first: InlineArray<1, UInt32> = try load(address(1))
    let size = first[0] == 0 ? ScheduleRecord.firstSize : first[0]
    guard ScheduleRecord.firstSize...ScheduleRecord.greatestSize ~= size else {
      try storeKnownSize()
      throw .argumentsTooLong
    }
    let words: InlineArray<14, UInt32> = try load(
      address(1), first: Int(min(size, ScheduleRecord.size) / 4))
    // What this kernel does not know must be 0.
    var offset = ScheduleRecord.size
    while offset < size {
      let word: InlineArray<14, UInt32> = try load(
        address(1) &+ Word(word: offset), first: Int(min(size - offset, ScheduleRecord.size) / 4))
      for index in 0..<14 where word[index] != 0 {
        try storeKnownSize()
        throw .argumentsTooLong
      }
      offset += ScheduleRecord.size
      P.preemptionPoint()
    }
    let record = ScheduleRecord(words)
    // The first version has no place for the values of these flags.
    guard size >= ScheduleRecord.size || record.flags.isDisjoint(with: .clamps) else {
      throw .invalid
    }
    return record
  }

  /// Tells a program whose attributes are too large, or too small, the size of those known here.
  private func storeKnownSize() throws(Errno) {
    try store([ScheduleRecord.size] as InlineArray<1, UInt32>, at: address(1))
  }

  /// sched_getattr: the thread, the address for its attributes, the size there, and no flags.
  ///
  /// - Throws: `invalid`, `noProcess`, `badAddress`.
  @inline(never)
  func scheduleAttributes() throws(Errno) -> Word {
    guard address(1) != 0, Int32(bitPattern: argument(0)) >= 0, argument(3) == 0,
      ScheduleRecord.firstSize...ScheduleRecord.greatestSize ~= argument(2)
    else { throw .invalid }
    let thread = P.processes.thread(of: try threadTask(argument(0)))
    let size = min(argument(2), ScheduleRecord.size)
    let record = ScheduleRecord(thread.pointee.scheduling, size: size)
    try store(record.words, first: Int(size / 4), at: address(1))
    return 0
  }
}
