// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// struct timespec and struct timeval: seconds, and nanoseconds or microseconds (linux/time.h).
/// With words of 64 bits it is a __kernel_timespec (linux/time_types.h).
struct TimeRecord<Word: RecordWord> {
  /// The fields in memory order.
  let words: InlineArray<2, Word>

  /// The record that a program has.
  @inline(__always)
  init(_ words: InlineArray<2, Word>) { self.words = words }

  /// The record of a time, whose nanoseconds may stand for microseconds.
  @inline(__always)
  init(_ time: Timespec) {
    words = [Word(truncatingIfNeeded: time.seconds), Word(truncatingIfNeeded: time.nanoseconds)]
  }

  /// Whether the seconds of `time` fit the record.
  @inline(__always)
  static func holds(_ time: Timespec) -> Bool {
    Word(truncatingIfNeeded: time.seconds).signed == time.seconds
  }

  /// The time. As in Linux, the upper half of a fraction of 64 bits does not count for 32-bit
  /// programs; for 64-bit programs one that exceeds 32 bits is negative, thus invalid.
  @inline(__always)
  func time(ofLongProgram isLong: Bool) -> Timespec {
    Timespec(
      seconds: words[0].signed,
      nanoseconds: isLong
        ? Int32(exactly: words[1].signed) ?? -1 : Int32(truncatingIfNeeded: words[1]))
  }
}

/// struct itimerval and struct itimerspec: an interval and a value (linux/time.h).
struct IntervalRecord<Word: RecordWord> {
  /// The fields in memory order.
  let words: InlineArray<4, Word>

  /// The record that a program has.
  init(_ words: InlineArray<4, Word>) { self.words = words }

  /// The record of two times, whose nanoseconds stand for microseconds.
  init(interval: Timespec, value: Timespec) {
    words = [
      Word(truncatingIfNeeded: interval.seconds), Word(truncatingIfNeeded: interval.nanoseconds),
      Word(truncatingIfNeeded: value.seconds), Word(truncatingIfNeeded: value.nanoseconds),
    ]
  }

  /// The interval of an itimerval in nanoseconds; nil for an invalid one.
  var interval: UInt64? { nanoseconds(0) }

  /// The value of an itimerval in nanoseconds; nil for an invalid one.
  var value: UInt64? { nanoseconds(2) }

  @inline(never)
  private func nanoseconds(_ index: Int) -> UInt64? {
    guard words[index + 1] < 1_000_000 else { return nil }
    return Timespec(
      seconds: words[index].signed,
      nanoseconds: Int32(truncatingIfNeeded: words[index + 1]) * 1000
    ).totalNanoseconds
  }
}
