// SPDX-License-Identifier: Apache-2.0
// The writer of the time page.
import RTOSCore
import TickHandler
import VdsoPage

// SAFETY: the caller of `init` guarantees that the page is never freed; all offsets are constants
// of the layout.
/// The only writer of the time page: it stores the timekeeper's snapshots for programs to read.
///
/// A handle that may be copied. It has no lock: the timekeeper calls it with its own lock held and
/// interrupts masked, so that no older sample overwrites a newer one. Budget: 80 instructions a
/// tick.
@safe public struct VdsoPageWriter<CPU: Processor>: TimePublisher {
  private let page: UnsafeMutableRawPointer

  /// A writer of the page at `page`: 4,096 bytes, aligned to 64, never freed. Writes the identity
  /// and clears what the page contained. A page without a snapshot must not be mapped:
  /// `isPublished`.
  ///
  /// Boot only: before the first program runs and before the first snapshot.
  public init(page: UnsafeMutableRawPointer) {
    unsafe self.page = page
    let store = unsafe PageMemory<CPU>(page: page)
    ClockRecords(store).forbidExtrapolation()
    for clock in 0..<UInt32(VDSO_CLOCK_COUNT) {
      let entry = ClockRecords<PageMemory<CPU>>.resolution(of: clock)
      for word in 0..<UInt32(4) { store.setWord(0, at: entry + word * 4) }
    }
    store.setWord(0, at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    store.setWord(UInt32(VDSO_PAGE_MAGIC), at: UInt32(VDSO_OFFSET_MAGIC))
    store.setWord(UInt32(VDSO_PAGE_VERSION), at: UInt32(VDSO_OFFSET_VERSION))
    store.setWord(vdso_page_size(), at: UInt32(VDSO_OFFSET_SIZE))
    store.setWord(vdso_page_layout_hash(), at: UInt32(VDSO_OFFSET_LAYOUT_HASH))
  }

  /// Stores the build ID of the page's image in the page. Called once, after the check of the
  /// image.
  public func setBuildID(_ buildID: BuildID) {
    for index in buildID.bytes.indices {
      // SAFETY: the page is this writer's own, and the field has 20 bytes.
      unsafe page.storeBytes(
        of: buildID.bytes[index], toByteOffset: Int(VDSO_OFFSET_BUILD_ID) + index, as: UInt8.self)
    }
  }

  /// Makes readers of fine clocks use system calls until `publish`, as `TimePublisher` requires.
  /// The timekeeper's lock is held, interrupts are masked.
  public func prepareDiscontinuity() {
    unsafe ClockRecords(PageMemory<CPU>(page: page)).forbidExtrapolation()
  }

  /// Publishes `snapshot` in both banks, as `TimePublisher` requires. The timekeeper's lock is
  /// held, interrupts are masked.
  @inline(__always)
  public func publish(_ snapshot: TimeSnapshot) {
    unsafe ClockRecords(PageMemory<CPU>(page: page)).write(snapshot)
  }

  /// Whether there was a snapshot. Readers do not check, so a page without one must not be mapped.
  public var isPublished: Bool {
    // SAFETY: the page is this writer's own.
    let words = unsafe UnsafeRawPointer(page)
    // A running clock has a non-zero tick, which is the coarse clock's resolution.
    return unsafe vdso_page_word(
      words,
      ClockRecords<PageMemory<CPU>>.resolution(of: ClockNumber.realtimeCoarse)
        + UInt32(VDSO_RESOLUTION_NANOSECONDS)) != 0
  }

  /// The age of the page in nanoseconds: the distance from the last update's counter value to
  /// `counter`, at `frequency` Hz. 0 if `counter` is older, or if updates kept this reader out.
  public func ageNanoseconds(at counter: UInt64, frequency: UInt32) -> UInt64 {
    let records = unsafe ClockRecords(PageMemory<CPU>(page: page))
    guard let sample = records.lastSample else { return 0 }
    let distance = Int64(bitPattern: counter &- sample)  // Wrapping: a signed distance.
    guard distance > 0, frequency > 0 else { return 0 }
    let (seconds, rest) = UInt64(distance).quotientAndRemainder(dividingBy: UInt64(frequency))
    // Wrapping: 500 years fit, and the rest is below a second.
    return seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / UInt64(frequency)
  }

  /// The number of updates so far, including those by `prepareDiscontinuity`. Wraps at 2^31.
  public var updateCount: UInt32 {
    unsafe PageMemory<CPU>(page: page).word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) / 2
  }
}
