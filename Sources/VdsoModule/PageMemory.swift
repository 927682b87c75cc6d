// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoPage

// SAFETY: the page is never freed, and all offsets are constants of the layout.
/// A vvar page in memory, as the latch writes it.
@safe struct PageMemory<CPU: Processor>: ClockMemory {
  private let page: UnsafeMutableRawPointer

  /// The page at this address in the kernel, which is never freed.
  @inline(__always)
  init(page: UnsafeMutableRawPointer) { unsafe self.page = page }

  /// The word at an offset in bytes.
  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page is never freed, and `offset` is a constant of the layout.
    unsafe vdso_page_word(page, offset)
  }

  /// Stores a word at an offset in bytes.
  @inline(__always)
  func setWord(_ value: UInt32, at offset: UInt32) {
    // SAFETY: the page is never freed, and `offset` is a constant of the layout.
    unsafe vdso_page_set_word(page, offset, value)
  }

  /// Stores the record of a point of a clock: seconds, fraction, nanoseconds and counter.
  @inline(__always)
  func setPoint(_ point: ClockPoint, at offset: UInt32) {
    // SAFETY: the page is never freed, and `offset` is that of a record in it.
    unsafe vdso_page_set_point(
      page, offset, UInt32(truncatingIfNeeded: point.seconds),
      UInt32(truncatingIfNeeded: point.seconds >> 32), point.fraction, point.nanoseconds,
      UInt32(truncatingIfNeeded: point.counter), UInt32(truncatingIfNeeded: point.counter >> 32))
  }

  /// Copies the record of a point from one offset to another.
  @inline(__always)
  func copyPoint(from source: UInt32, to target: UInt32) {
    // SAFETY: the page is never freed, and both offsets are those of records in it.
    unsafe vdso_page_copy_point(page, source, target)
  }

  /// Orders loads before it with loads after it, on all CPUs.
  func loadBarrier() { CPU.memoryBarrier() }

  /// Orders stores before it with stores after it, on all CPUs.
  @inline(__always)
  func storeBarrier() { CPU.storeBarrier() }

  /// Waits until all CPUs see the stores before it.
  func completeStores() { CPU.completeStores() }
}
