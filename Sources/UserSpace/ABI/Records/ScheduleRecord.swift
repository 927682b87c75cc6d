// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// struct sched_attr (linux/sched/types.h): 56 bytes, the same for all word sizes; the first
/// version had 48.
struct ScheduleRecord {
  /// The fields in memory order: size, policy, flags (64 bits), nice, priority, runtime, deadline
  /// and period (64 bits each), and two for utilisation clamping.
  private(set) var words: InlineArray<14, UInt32>

  /// The record that a program has.
  init(_ words: InlineArray<14, UInt32>) { self.words = words }

  /// The attributes of a thread, of which the program takes `size` bytes.
  init(_ scheduling: Scheduling, size: UInt32) {
    words = InlineArray(repeating: 0)
    words[0] = size
    words[1] = UInt32(scheduling.policy.rawValue)
    words[2] = scheduling.resetsOnFork ? 1 : 0
    switch scheduling.policy {
    case .deadline:
      words[2] |= UInt32(scheduling.deadlineFlags)
      setLong(6, scheduling.times.runtime)
      setLong(8, scheduling.times.deadline)
      setLong(10, scheduling.times.period)
    case .fifo, .roundRobin: words[5] = UInt32(scheduling.priority)
    case .other, .batch, .idle: words[4] = UInt32(bitPattern: Int32(scheduling.nice.rawValue))
    }
  }

  /// The number of the policy.
  var policy: UInt32 { words[1] }
  var flags: Flags { Flags(rawValue: long(2)) }
  /// The nice value; a number out of range gives the nearest.
  var nice: Nice { Nice(clamping: Int32(bitPattern: words[4])) }
  var priority: UInt32 { words[5] }
  /// The guarantee of SCHED_DEADLINE; a period of 0 is the deadline.
  var times: DeadlineTimes {
    DeadlineTimes(
      runtime: long(6), deadline: long(8), period: long(10) == 0 ? long(8) : long(10))
  }

  /// SCHED_FLAG_*.
  struct Flags: OptionSet {
    let rawValue: UInt64
    static let resetsOnFork = Flags(rawValue: 1)
    /// SCHED_FLAG_RECLAIM and SCHED_FLAG_DL_OVERRUN.
    static let ofDeadline = Flags(rawValue: 2 | 4)
    static let keepsPolicy = Flags(rawValue: 8)
    static let keepsParameters = Flags(rawValue: 16)
    /// SCHED_FLAG_UTIL_CLAMP, which no machine here has.
    static let clamps = Flags(rawValue: 32 | 64)
    static let known = Flags(rawValue: 127)
  }

  /// The number of bytes.
  static var size: UInt32 { 56 }
  /// The number of bytes of the first version.
  static var firstSize: UInt32 { 48 }
  /// The most bytes that a program may pass.
  static var greatestSize: UInt32 { 4096 }

  private func long(_ index: Int) -> UInt64 {
    UInt64(words[index + 1]) << 32 | UInt64(words[index])
  }

  private mutating func setLong(_ index: Int, _ value: UInt64) {
    words[index] = UInt32(truncatingIfNeeded: value)
    words[index + 1] = UInt32(truncatingIfNeeded: value >> 32)
  }
}
