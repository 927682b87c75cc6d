// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoPage

// SAFETY: the caller of `init` hands over the page for ever, and offsets are the layout's own.
/// The only writer of the time page: what the timekeeper publishes becomes what programs read.
///
/// A handle that may be copied. It has no lock: the timekeeper calls it under its own, interrupts
/// masked, so that no older sample can overtake a newer one. Budget: 80 instructions a tick.
@safe public struct VdsoPageWriter<CPU: Processor>: TimePublisher {
  private let page: UnsafeMutableRawPointer

  /// A writer of the page at `page`: 4,096 bytes, aligned to 64, that live for ever. Writes the
  /// page's identity and takes back what may stand in it. A page without a snapshot must not be mapped: `isPublished`.
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

  /// Says in the page which image belongs to it. Once, when the image has been checked.
  public func setBuildID(_ buildID: BuildID) {
    for index in buildID.bytes.indices {
      // SAFETY: the page is this writer's own, and the field has 20 bytes.
      unsafe page.storeBytes(
        of: buildID.bytes[index], toByteOffset: Int(VDSO_OFFSET_BUILD_ID) + index, as: UInt8.self)
    }
  }

  /// Sends fine readers to the kernel until `publish`; see `TimePublisher`.
  public func prepareNewLine() {
    unsafe LatchWriter(RawPageStore<CPU>(page: page)).forbidExtrapolation()
  }

  /// Makes `snapshot` what readers see, both banks; see `TimePublisher`.
  @inline(__always)
  public func publish(_ snapshot: TimeSnapshot) {
    unsafe LatchWriter(RawPageStore<CPU>(page: page)).write(snapshot)
  }

  /// Whether there was a snapshot: readers do not ask, so a page without must not be mapped.
  public var isPublished: Bool {
    // SAFETY: the page is this writer's own.
    let words = unsafe UnsafeRawPointer(page)
    // A clock that counts has a tick.
    return unsafe vdso_page_word(
      words,
      UInt32(VDSO_OFFSET_RESOLUTION) + 5 * UInt32(VDSO_RESOLUTION_STRIDE)
        + UInt32(VDSO_RESOLUTION_NANOSECONDS)) != 0
  }

  /// How old what stands in the page is, in nanoseconds: how far `counter`, which runs at
  /// `frequency`, is from the one of the last update. 0 for a counter from before it.
  public func ageNanoseconds(at counter: UInt64, frequency: UInt32) -> UInt64 {
    let distance = Int64(bitPattern: counter &- lastSample)  // Wrapping: a signed distance.
    guard distance > 0, frequency > 0 else { return 0 }
    let (seconds, rest) = UInt64(distance).quotientAndRemainder(dividingBy: UInt64(frequency))
    // Wrapping: 500 years fit, and the rest is below a second.
    return seconds &* 1_000_000_000 &+ rest &* 1_000_000_000 / UInt64(frequency)
  }

  /// The counter at the last update: what readers find under MONOTONIC, read as they do. A tick may
  /// come in between, but not twice in these few instructions.
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

  /// Updates so far, with those that forbade extrapolation. Wraps at 2^31.
  public var updateCount: UInt32 {
    unsafe RawPageStore<CPU>(page: page).word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) / 2
  }
}

// SAFETY: the page lives for ever, and offsets are the layout's own.
/// The page in memory.
@safe struct RawPageStore<CPU: Processor>: PageStore {
  private let page: UnsafeMutableRawPointer

  @inline(__always)
  init(page: UnsafeMutableRawPointer) { unsafe self.page = page }

  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page lives for ever, and offsets are the layout's own.
    unsafe vdso_page_word(page, offset)
  }

  @inline(__always)
  func setWord(_ value: UInt32, at offset: UInt32) {
    // SAFETY: as above.
    unsafe vdso_page_set_word(page, offset, value)
  }

  @inline(__always)
  func setPoint(_ point: ClockPoint, at offset: UInt32) {
    // SAFETY: as above.
    unsafe vdso_page_set_point(
      page, offset, UInt32(truncatingIfNeeded: point.seconds),
      UInt32(truncatingIfNeeded: point.seconds >> 32), point.fraction, point.nanoseconds,
      UInt32(truncatingIfNeeded: point.counter), UInt32(truncatingIfNeeded: point.counter >> 32))
  }

  @inline(__always)
  func copyPoint(from source: UInt32, to target: UInt32) {
    // SAFETY: as above.
    unsafe vdso_page_copy_point(page, source, target)
  }

  @inline(__always)
  func storeBarrier() { CPU.storeBarrier() }

  func completeStores() { CPU.completeStores() }
}
