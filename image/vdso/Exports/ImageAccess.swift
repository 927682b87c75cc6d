// The image's side of the reader's seam: single instructions, and the kernel by system call.

import VdsoImageSupport
import VdsoPage

// SAFETY: the page is mapped as long as the image is, and offsets are the layout's own.
/// The page before the image.
@safe struct ImagePage: PageAccess {
  private let base: UnsafeRawPointer

  /// The page of the process that runs.
  @inline(__always)
  init() { unsafe base = vdso_image_page() }

  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page is mapped as long as the image is, and offsets are the layout's own.
    unsafe vdso_page_word(base, offset)
  }

  @inline(__always)
  func pair(at offset: UInt32) -> UInt64 {
    // SAFETY: as above.
    unsafe vdso_page_pair(base, offset)
  }

  @inline(__always)
  func loadBarrier() { vdso_image_load_barrier() }

  @inline(__always)
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 { vdso_image_select(index, count) }
}

// SAFETY: the kernel checks the pointers that it is handed.
/// The system calls, made inside the image by ask.S.
enum ImageKernel: KernelAccess {
  @inline(__always)
  static func clockGettime64(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
    unsafe vdso_ask_clock_gettime64(clock, time)
  }

  @inline(__always)
  static func clockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
    unsafe vdso_ask_clock_gettime(clock, time)
  }

  @inline(__always)
  static func clockGetres64(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
    unsafe vdso_ask_clock_getres64(clock, resolution)
  }

  @inline(__always)
  static func clockGetres(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
    unsafe vdso_ask_clock_getres(clock, resolution)
  }

  @inline(__always)
  static func gettimeofday(
    _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
  ) -> Int32 {
    unsafe vdso_ask_gettimeofday(time, zone)
  }
}

/// The functions over this page and this kernel.
typealias ImageClocks = Clocks<ImagePage, ImageKernel>
