// The reader's half of the latch: what every export of the vDSO does to get a consistent value.

import VdsoPage

/// A consistent value of one coarse clock.
public struct CoarseTime: Equatable, Sendable {
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

/// The two clocks whose value stands in the page: identifiers 5 and 6 of the Linux ABI, in the
/// order of their entries in a bank.
public enum CoarseClock {
  /// How many there are: entries are 0 and 1.
  @inline(__always)
  public static var count: UInt32 { 2 }

  /// The entry of clock `identifier`, and `count` or more for any other clock.
  @inline(__always)
  public static func entry(of identifier: Int32) -> UInt32 {
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

  /// One pass over count, bank and count for coarse clock `entry`, 0 or 1.
  ///
  /// - Returns: nil when the count moved, or when the page has no answer: nothing was published,
  ///   or by a kernel with another version of the layout.
  @inline(__always)
  public func coarse(_ entry: UInt32) -> CoarseTime? {
    let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.loadBarrier()
    let index = page.select(entry, inBankOf: count)
    // Wrapping: small constants and an index below 10; the image must not hold a trap.
    let offset = UInt32(VDSO_OFFSET_BANKS) &+ index &* UInt32(VDSO_COARSE_STRIDE)
    let seconds = page.pair(at: offset &+ UInt32(VDSO_COARSE_SECONDS))
    let rest = page.pair(at: offset &+ UInt32(VDSO_COARSE_NANOSECONDS))
    page.loadBarrier()
    guard page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) == count,
      UInt32(truncatingIfNeeded: rest >> 32) == UInt32(VDSO_PAGE_KEY)
    else { return nil }
    return CoarseTime(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: rest))
  }

  /// Resolution of the coarse clocks in nanoseconds, or nil when the page does not say. Written
  /// once at boot, so it needs no count.
  @inline(__always)
  public func coarseResolution() -> UInt32? {
    let resolution = page.word(at: UInt32(VDSO_OFFSET_COARSE_RESOLUTION))
    return resolution == 0 ? nil : resolution
  }
}
