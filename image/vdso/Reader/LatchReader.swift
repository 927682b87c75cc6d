// SPDX-License-Identifier: Apache-2.0
// The reader's half of the latch: the passes by which every clock function reads a consistent
// value.

import VdsoPage

/// A consistent value of one clock.
public struct ClockTime: Equatable, Sendable {
  /// Seconds of the clock, in two's complement.
  public let seconds: UInt64
  /// Nanoseconds, 0 up to 999,999,999.
  public let nanoseconds: UInt32

  /// A time of `seconds` and `nanoseconds`.
  @inline(__always)
  public init(seconds: UInt64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// The result of one pass over a page.
public enum Reading: Equatable, Sendable {
  /// The time.
  case time(ClockTime)
  /// The count changed during the pass: read again.
  case torn
  /// The page has no value for this clock, or none at this counter: make the system call.
  case refused
}

/// The two clocks whose values are stored in the page: identifiers 5 and 6 of the Linux ABI. They
/// are the points of clocks 0 and 1.
public enum CoarseClock {
  /// The number of coarse clocks; their records are 0 and 1.
  @inline(__always)
  public static var count: UInt32 { 2 }

  /// The record of clock `identifier`; `count` or more for any other clock.
  @inline(__always)
  public static func record(of identifier: Int32) -> UInt32 {
    UInt32(bitPattern: identifier) &- 5  // Wrapping: a number below 5 becomes large.
  }
}

/// Reads a page as a latch: bank `count & 1`, which the writer is not writing. A reader never waits
/// for a writer. If the count changed meanwhile, it drops what it read.
public struct LatchReader<Page: PageAccess> {
  private let page: Page

  /// A reader of `page`.
  @inline(__always)
  public init(_ page: Page) { self.page = page }

  /// Reads coarse clock `record`, 0 or 1, in one pass: count, bank, count.
  ///
  /// - Returns: nil if the count changed. The page has a snapshot, or it would not be mapped.
  @inline(__always)
  public func coarse(_ record: UInt32) -> ClockTime? {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let offset = offset(of: page.select(record, inBankOf: count))
    let seconds = page.pair(at: offset &+ UInt32(VDSO_RECORD_SECONDS))
    let rest = page.pair(at: offset &+ UInt32(VDSO_RECORD_FRACTION))
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) == count else { return nil }
    return ClockTime(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: rest >> 32))
  }

  /// Reads the seconds of REALTIME at the last tick, in one pass; nil if the count changed.
  @inline(__always)
  public func seconds() -> UInt64? {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let seconds = page.seconds(inBankOf: count)
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) == count else { return nil }
    return seconds
  }

  /// Reads fine clock `index`, 0 to 11, in one pass: count, record, counter, count.
  ///
  /// `clampsPast` is for retries. A counter that is older than the page's sample, which another CPU
  /// took, then yields the sample's time instead of `refused`.
  @inline(__always)
  public func fine(_ index: UInt32, clampsPast: Bool) -> Reading {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let sample = page.sample(page.select(index &+ 1, inBankOf: count))
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT) &+ sample.zero) == count else {
      return .torn
    }
    var distance = sample.distance  // Before the sample it is negative: large without a sign.
    if clampsPast, Int64(bitPattern: distance) < 0 { distance = 0 }
    guard distance < UInt64(sample.limit) else { return .refused }
    let counts = page.shift(UInt32(truncatingIfNeeded: distance), by: sample.limit)
    // Wrapping: cannot happen; the sum is below 2^63, because the distance is below a second.
    let sum =
      UInt64(counts) &* UInt64(sample.mult)
      &+ (UInt64(sample.nanoseconds) << 32 | UInt64(sample.fraction))
    return .time(
      page.time(
        sample.secondsLow, sample.secondsHigh, UInt32(truncatingIfNeeded: sum >> 32)))
  }

  /// The byte offset of the record at `index`, which includes the bank bit. Wrapping: cannot happen
  /// with these small constants, but a checked addition would put a trap into the image.
  @inline(__always)
  private func offset(of index: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_BANKS) &+ UInt32(VDSO_BANK_CLOCKS) &+ index &* UInt32(VDSO_RECORD_STRIDE)
  }
}
