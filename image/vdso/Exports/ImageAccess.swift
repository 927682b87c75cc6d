// SPDX-License-Identifier: Apache-2.0
// The image's side of the reader's seam: single instructions, and the kernel by system call.

import VdsoImageSupport
import VdsoPage

// SAFETY: the page is mapped as long as the image is, and offsets are the layout's own.
/// The page before the image.
@safe struct ImagePage: PageAccess {
  private let banks: UnsafeRawPointer

  /// The page of the process that runs.
  @inline(__always)
  init() { unsafe banks = vdso_image_banks() }

  @inline(__always)
  private init(banks: UnsafeRawPointer) { unsafe self.banks = banks }

  @inline(__always)
  func home(of index: UInt32) -> ImagePage {
    // SAFETY: the own page is mapped where the layout says, and has banks like this one.
    unsafe ImagePage(banks: vdso_image_home(banks, index))
  }

  @inline(__always)
  func foundAgain() -> ImagePage {
    // SAFETY: as for `init`.
    unsafe ImagePage(banks: vdso_image_banks_again())
  }

  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page is mapped as long as the image is, and offsets are the layout's own.
    unsafe vdso_page_word(banks, offset &- UInt32(VDSO_OFFSET_BANKS))
  }

  @inline(__always)
  func pair(at offset: UInt32) -> UInt64 {
    // SAFETY: as above.
    unsafe vdso_page_pair(banks, offset &- UInt32(VDSO_OFFSET_BANKS))
  }

  @inline(__always)
  func seconds(inBankOf count: UInt32) -> UInt64 {
    // SAFETY: as above.
    unsafe vdso_image_seconds(banks, count)
  }

  @inline(__always)
  func sample(_ index: UInt32) -> ClockSample {
    // SAFETY: as above; an index with its bank is below 32.
    let sample = unsafe vdso_image_sample(banks, index)
    return ClockSample(
      secondsLow: sample.seconds_low, secondsHigh: sample.seconds_high, fraction: sample.fraction,
      nanoseconds: sample.nanoseconds,
      distance: UInt64(sample.distance_high) << 32 | UInt64(sample.distance_low),
      mult: sample.mult, reach: sample.reach, zero: sample.zero)
  }

  @inline(__always)
  func loadBarrier() { vdso_image_load_barrier() }

  @inline(__always)
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 { vdso_image_select(index, count) }

  @inline(__always)
  func shift(_ value: UInt32, by reach: UInt32) -> UInt32 { vdso_image_shift(value, reach) }

  @inline(__always)
  func time(_ secondsLow: UInt32, _ secondsHigh: UInt32, _ nanoseconds: UInt32) -> ClockTime {
    let time = vdso_image_normalized(
      vdso_image_time(
        seconds_low: secondsLow, seconds_high: secondsHigh, nanoseconds: nanoseconds))
    return ClockTime(
      seconds: UInt64(time.seconds_high) << 32 | UInt64(time.seconds_low),
      nanoseconds: time.nanoseconds)
  }
}

// SAFETY: the page is mapped as long as the image is, and offsets are the layout's own.
/// The table of resolutions in that page.
@safe struct ImageResolutions: ResolutionAccess {
  private let table: UnsafeRawPointer

  /// The table of the process that runs.
  @inline(__always)
  init() { unsafe table = vdso_image_resolutions() }

  @inline(__always)
  func resolution(_ index: UInt32) -> vdso_resolution {
    // SAFETY: as above; an index is below 12.
    unsafe vdso_image_resolution(table, index)
  }

  @inline(__always)
  static func store(
    _ resolution: vdso_resolution, _ buffer: UnsafeMutableRawPointer?
  ) -> Int32 {
    // SAFETY: the caller's buffer; the contract is that of the system call.
    unsafe vdso_image_store_resolution(resolution, buffer)
  }
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

  @inline(__always)
  static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?
  ) -> Int32 {
    unsafe vdso_ask_getcpu(processor, node)
  }
}

/// The functions over this page and this kernel.
typealias ImageClocks = Clocks<ImagePage, ImageKernel>
