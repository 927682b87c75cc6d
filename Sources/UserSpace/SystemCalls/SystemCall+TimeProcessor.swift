// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// CPU clocks. 2 is the clock of the process, 3 that of the thread. The other clocks of a process n
/// have the numbers -8 * (n + 1) + kind, those of a thread n 4 more; n = 0 is the caller. Only
/// threads of the same process have readable clocks.
extension SystemCall {
  static var processClock: UInt32 { 2 }
  static var threadClock: UInt32 { 3 }

  /// The kind that counts as the scheduler does. Kinds 0 and 1 are profiling and user time; there
  /// is no kind 3.
  static var scheduledKind: UInt32 { 2 }

  /// True for the clock of a descriptor, -8 * (descriptor + 1) + 3; no descriptor has a clock.
  static func isDescriptorClock(_ clock: UInt32) -> Bool { clock & 7 == 3 }

  /// The CPU clock with this number; nil if it is invalid, or if its process or thread does not
  /// exist. As in Linux, a call that reads the clock of the process may use the number of the
  /// calling thread.
  @inline(never)
  func cpuClock(_ clock: UInt32, isRead: Bool = false) -> CPUClock? {
    let (me, thread) = (process.pointee.identifier, P.thread.pointee.identifier)
    if clock == SystemCall.processClock { return .process(me, countsUserOnly: false) }
    if clock == SystemCall.threadClock { return .thread(thread) }
    let number = Int32(bitPattern: clock)
    guard number < 0, clock & 3 <= SystemCall.scheduledKind else { return nil }
    let owner = UInt32(bitPattern: ~(number >> 3))
    guard clock & 4 != 0 else {
      let isOwn = owner == 0 || isRead && owner == thread.rawValue
      let named = isOwn ? me : ProcessID(rawValue: owner)
      let isUsed = P.processes.withLock { $0.index(of: named) != nil }
      return isUsed ? .process(named, countsUserOnly: false) : nil
    }
    let named = owner == 0 ? thread : ThreadID(rawValue: owner)
    let isUsed = P.processes.withLock { table in
      guard let task = table.task(of: named) else { return false }
      return table.thread(task).pointee.process == process
    }
    return isUsed ? .thread(named) : nil
  }

  /// The time of a CPU clock.
  ///
  /// - Throws: `invalid` if the number is no CPU clock, or its process or thread does not exist.
  @inline(__always)
  func cpuTime(of clock: UInt32) throws(Errno) -> Timespec {
    let isOwn = clock == SystemCall.processClock && process.pointee.isSingleThreaded
    if isOwn || clock == SystemCall.threadClock { return P.runTime }
    return try anyTime(of: clock)
  }

  @inline(never)
  private func anyTime(of number: UInt32) throws(Errno) -> Timespec {
    guard let clock = cpuClock(number, isRead: true), let time = time(of: clock) else {
      throw .invalid
    }
    return time
  }

  /// The time of a CPU clock; nil if its process or thread has ended.
  func time(of clock: CPUClock) -> Timespec? {
    P.processes.withLock { $0.time(of: clock) }
  }
}
