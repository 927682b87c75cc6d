// SPDX-License-Identifier: Apache-2.0
// The reader's half of the latch: what every export of the vDSO does to get a consistent value.

import VdsoPage

/// A consistent value of one clock.
public struct ClockTime: Equatable, Sendable {
  /// Seconds of the clock, in two's complement.
  public let seconds: UInt64
  /// Nanoseconds, 0 up to 999,999,999.
  public let nanoseconds: UInt32

  /// A value of its parts.
  @inline(__always)
  public init(seconds: UInt64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// What one pass over the page gave.
public enum Reading: Equatable, Sendable {
  /// The time.
  case time(ClockTime)
  /// The count moved: read again.
  case torn
  /// The page has no answer, or none for this counter: ask the kernel.
  case refused
}

/// The two clocks whose value stands in the page as it is: identifiers 5 and 6 of the Linux ABI,
/// which are the points of clocks 0 and 1.
public enum CoarseClock {
  /// How many there are: records are 0 and 1.
  @inline(__always)
  public static var count: UInt32 { 2 }

  /// The record of clock `identifier`, and `count` or more for any other clock.
  @inline(__always)
  public static func record(of identifier: Int32) -> UInt32 {
    UInt32(bitPattern: identifier) &- 5  // Wrapping: what is below 5 becomes large.
  }
}

/// Reads the page as a latch: bank `count & 1`, which the writer is not writing. A reader never
/// waits for a writer; if the count moved meanwhile, what was read is dropped.
public struct LatchReader<Page: PageAccess> {
  private let page: Page

  /// A reader of `page`.
  @inline(__always)
  public init(_ page: Page) { self.page = page }

  /// One pass over count, bank and count for the coarse clock in `record`, 0 or 1.
  ///
  /// - Returns: nil when the count moved. A page that was never published is not mapped.
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

  /// One pass for the seconds of coarse clock REALTIME; nil when the count moved.
  @inline(__always)
  public func seconds() -> UInt64? {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let seconds = page.seconds(inBankOf: count)
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) == count else { return nil }
    return seconds
  }

  /// One pass over count, record, counter and count for clock `index`, 0 to 11.
  ///
  /// `clampsPast` is for the second try: a counter from before the page's sample, by another CPU,
  /// then gives the sample's time instead of a refusal.
  @inline(__always)
  public func fine(_ index: UInt32, clampsPast: Bool) -> Reading {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let sample = page.sample(page.select(index &+ 1, inBankOf: count))
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT) &+ sample.zero) == count else {
      return .torn
    }
    var distance = sample.distance  // What is before the sample is large as an unsigned number.
    if clampsPast, Int64(bitPattern: distance) < 0 { distance = 0 }
    guard distance < UInt64(sample.reach) else { return .refused }
    let counts = page.shift(UInt32(truncatingIfNeeded: distance), by: sample.reach)
    // Wrapping: below 2^63, because the distance is below a second.
    let sum =
      UInt64(counts) &* UInt64(sample.mult)
      &+ (UInt64(sample.nanoseconds) << 32 | UInt64(sample.fraction))
    return .time(
      page.time(
        sample.secondsLow, sample.secondsHigh, UInt32(truncatingIfNeeded: sum >> 32)))
  }

  /// Where the record of clock `index` is, which has its bank. Wrapping: small constants; the image
  /// must not hold a trap.
  @inline(__always)
  private func offset(of index: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_BANKS) &+ UInt32(VDSO_BANK_CLOCKS) &+ index &* UInt32(VDSO_RECORD_STRIDE)
  }
}
