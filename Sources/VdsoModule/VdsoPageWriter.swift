// SPDX-License-Identifier: Apache-2.0
// The writer of the time page, and the page as memory for the latch.
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
    let store = unsafe RawPageStore<CPU>(page: page)
    LatchWriter(store).forbidExtrapolation()
    for clock in 0..<UInt32(VDSO_CLOCK_COUNT) {
      let entry = UInt32(VDSO_OFFSET_RESOLUTION) + clock * UInt32(VDSO_RESOLUTION_STRIDE)
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
    unsafe LatchWriter(RawPageStore<CPU>(page: page)).forbidExtrapolation()
  }

  /// Publishes `snapshot` in both banks, as `TimePublisher` requires. The timekeeper's lock is
  /// held, interrupts are masked.
  @inline(__always)
  public func publish(_ snapshot: TimeSnapshot) {
    unsafe LatchWriter(RawPageStore<CPU>(page: page)).write(snapshot)
  }

  /// Whether there was a snapshot. Readers do not check, so a page without one must not be mapped.
  public var isPublished: Bool {
    // SAFETY: the page is this writer's own.
    let words = unsafe UnsafeRawPointer(page)
    // A running clock has a non-zero tick, which is the coarse clock's resolution.
    return unsafe vdso_page_word(
      words,
      UInt32(VDSO_OFFSET_RESOLUTION) + 5 * UInt32(VDSO_RESOLUTION_STRIDE)
        + UInt32(VDSO_RESOLUTION_NANOSECONDS)) != 0
  }

  /// The age of the page in nanoseconds: the distance from the last update's counter value to
  /// `counter`, at `frequency` Hz. 0 if `counter` is older.
  public func ageNanoseconds(at counter: UInt64, frequency: UInt32) -> UInt64 {
    let distance = Int64(bitPattern: counter &- lastSample)  // Wrapping: a signed distance.
    guard distance > 0, frequency > 0 else { return 0 }
    let (seconds, rest) = UInt64(distance).quotientAndRemainder(dividingBy: UInt64(frequency))
    // Wrapping: 500 years fit, and the rest is below a second.
    return seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / UInt64(frequency)
  }

  /// The counter at the last update: that of MONOTONIC, read with the readers' protocol. A tick may
  /// intervene, but not twice within these few instructions.
  private var lastSample: UInt64 {
    let store = unsafe RawPageStore<CPU>(page: page)
    var sample: UInt64 = 0
    for _ in 0..<3 {
      let count = store.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
      CPU.memoryBarrier()
      let place =
        UInt32(VDSO_OFFSET_BANKS) + (count & 1) * UInt32(VDSO_BANK_STRIDE)
        + UInt32(VDSO_BANK_CLOCKS + VDSO_RECORD_STRIDE + VDSO_RECORD_COUNTER)
      sample = UInt64(store.word(at: place + 4)) << 32 | UInt64(store.word(at: place))
      CPU.memoryBarrier()
      if store.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) == count { break }
    }
    return sample
  }

  /// The number of updates so far, including those by `prepareDiscontinuity`. Wraps at 2^31.
  public var updateCount: UInt32 {
    unsafe RawPageStore<CPU>(page: page).word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) / 2
  }
}

// SAFETY: the page is never freed, and all offsets are constants of the layout.
/// A vvar page in memory, as the latch writes it.
@safe struct RawPageStore<CPU: Processor>: PageStore {
  private let page: UnsafeMutableRawPointer

  @inline(__always)
  init(page: UnsafeMutableRawPointer) { unsafe self.page = page }

  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page is never freed, and `offset` is a constant of the layout.
    unsafe vdso_page_word(page, offset)
  }

  @inline(__always)
  func setWord(_ value: UInt32, at offset: UInt32) {
    // SAFETY: the page is never freed, and `offset` is a constant of the layout.
    unsafe vdso_page_set_word(page, offset, value)
  }

  @inline(__always)
  func setPoint(_ point: ClockPoint, at offset: UInt32) {
    // SAFETY: the page is never freed, and `offset` is that of a record in it.
    unsafe vdso_page_set_point(
      page, offset, UInt32(truncatingIfNeeded: point.seconds),
      UInt32(truncatingIfNeeded: point.seconds >> 32), point.fraction, point.nanoseconds,
      UInt32(truncatingIfNeeded: point.counter), UInt32(truncatingIfNeeded: point.counter >> 32))
  }

  @inline(__always)
  func copyPoint(from source: UInt32, to target: UInt32) {
    // SAFETY: the page is never freed, and both offsets are those of records in it.
    unsafe vdso_page_copy_point(page, source, target)
  }

  @inline(__always)
  func storeBarrier() { CPU.storeBarrier() }

  func completeStores() { CPU.completeStores() }
}
