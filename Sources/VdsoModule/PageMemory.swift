// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoPage

// SAFETY: the page is never freed, and all offsets are constants of the layout.
/// A vvar page in memory, as the latch writes it.
@safe struct PageMemory<CPU: Processor>: ClockMemory {
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

  func loadBarrier() { CPU.memoryBarrier() }

  @inline(__always)
  func storeBarrier() { CPU.storeBarrier() }

  func completeStores() { CPU.completeStores() }
}
