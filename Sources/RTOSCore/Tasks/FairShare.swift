// SPDX-License-Identifier: Apache-2.0
/// The fair level: each task gets CPU time in proportion to its weight, which its nice value
/// chooses, as under Linux's SCHED_OTHER.
///
/// Virtual time measures how much a task had of its share. It advances with the task's CPU time,
/// the slower the heavier the task, and the task with the earliest one runs.

/// A point in virtual time: a bucket of `FairQueue` in the upper 32 bits, and its fraction. It
/// wraps, so two times are compared by their distance.
struct VirtualTime: Comparable {
  let rawValue: UInt64

  @inline(__always)
  init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The beginning of a bucket.
  @inline(__always)
  init(bucket: UInt32) { rawValue = UInt64(word: bucket) << 32 }

  /// The number of the bucket.
  @inline(__always)
  var bucket: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

  /// The time this many buckets later.
  @inline(__always)
  func advanced(by buckets: Int32) -> VirtualTime {
    VirtualTime(rawValue: rawValue &+ UInt64(word: UInt32(bitPattern: buckets)) << 32)
  }

  @inline(__always)
  static func < (left: VirtualTime, right: VirtualTime) -> Bool {
    Int64(bitPattern: left.rawValue &- right.rawValue) < 0
  }
}

/// How the counter's counts become virtual time.
struct FairClock {
  /// The virtual time of one count of a task with the nice value 0: a bucket is about 8 ms.
  let rate: UInt32
  /// How many of the shortest turns, 2.5 ms, a second has.
  static var turnsPerSecond: UInt32 { 400 }
  /// The shortest turn, in counts.
  let turn: UInt32

  /// A counter of this frequency in Hz.
  init(frequency: UInt32) {
    let counts = max(frequency / 119, 1)
    rate = UInt32.max / counts
    turn = frequency / Self.turnsPerSecond
  }

  /// The virtual time of one count of a task with this nice value.
  func rate(of nice: Nice) -> UInt32 {
    // A product that is too large, at frequencies below 0.2 MHz, gives the greatest rate.
    let (product, isTooLarge) = rate.multipliedReportingOverflow(by: 1024)
    return isTooLarge ? .max : product / nice.weight
  }
}

/// A nice value, -20 to 19; the smaller, the larger the share.
public struct Nice: RawRepresentable, Equatable, Sendable {
  /// -20 to 19.
  public let rawValue: Int8

  /// Creates a nice value; nil unless `rawValue` is -20 to 19.
  public init?(rawValue: Int8) {
    guard -20...19 ~= rawValue else { return nil }
    self.rawValue = rawValue
  }

  private init(known: Int8) { rawValue = known }

  /// The nearest nice value.
  public init(clamping value: Int32) { rawValue = Int8(min(max(value, -20), 19)) }

  /// The value of tasks that have set none.
  public static let zero = Nice(known: 0)

  /// The weight, 1024 for 0: each step is a factor of 1.25, as on Linux (sched_prio_to_weight).
  var weight: UInt32 { Self.weights[Int(rawValue) + 20] }

  private static let weights: InlineArray<40, UInt32> = [
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
    9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
    1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
    110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
  ]
}

/// A task's place in the fair level.
struct FairShare {
  /// What it had of its share.
  var time = VirtualTime(rawValue: 0)
  /// Its CPU time up to which `time` is, in counts.
  var charged: UInt64 = 0
  /// The virtual time of one count of its CPU time.
  var rate: UInt32 = 0
  /// The bucket of `FairQueue` in which it is queued.
  var bucket: UInt8 = 0
  /// The priority, as its program published it, of the most urgent that it runs: 1 to 32, the
  /// smaller the more urgent; 0: nothing is published.
  var innerPriority: UInt8 = 0

  /// Charges CPU time up to `total` counts.
  @inline(__always)
  mutating func charge(upTo total: UInt64) {
    let spent = total &- charged
    // It is not positive if it is charged already: a running task is charged before its CPU time
    // is counted.
    guard Int64(bitPattern: spent) > 0 else { return }
    charged = total
    let counts = spent >> 32 == 0 ? UInt32(truncatingIfNeeded: spent) : .max
    // Wrapping, as all of virtual time; the product of two words fits.
    time = VirtualTime(rawValue: time.rawValue &+ UInt64(word: counts) &* UInt64(word: rate))
  }
}
