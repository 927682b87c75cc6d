// SPDX-License-Identifier: Apache-2.0
// The reader's access to pages and kernel, as the image implements it: single instructions, and
// system calls.

import VdsoImageSupport
import VdsoPage

// SAFETY: the pages are mapped as long as the image is; all offsets are constants of the layout.
/// One of the two pages before the image, by the address of its banks.
@safe struct ImagePage: PageAccess {
  private let banks: UnsafeRawPointer

  /// The time page of the current process.
  @inline(__always)
  init() { unsafe banks = vdso_image_banks() }

  @inline(__always)
  private init(banks: UnsafeRawPointer) { unsafe self.banks = banks }

  @inline(__always)
  func page(of index: UInt32) -> ImagePage {
    // SAFETY: the layout puts the process's own page, with the same banks, before the time page.
    unsafe ImagePage(banks: vdso_image_banks_of(banks, index))
  }

  @inline(__always)
  func recomputed() -> ImagePage {
    // SAFETY: the time page is mapped as long as the image is.
    unsafe ImagePage(banks: vdso_image_banks_recomputed())
  }

  @inline(__always)
  func word(at offset: UInt32) -> UInt32 {
    // SAFETY: the page is mapped as long as the image is; `offset` is a constant of the layout.
    unsafe vdso_page_word(banks, offset &- UInt32(VDSO_OFFSET_BANKS))
  }

  @inline(__always)
  func pair(at offset: UInt32) -> UInt64 {
    // SAFETY: the page is mapped as long as the image is; `offset` is that of a record in it.
    unsafe vdso_page_pair(banks, offset &- UInt32(VDSO_OFFSET_BANKS))
  }

  @inline(__always)
  func seconds(inBankOf count: UInt32) -> UInt64 {
    // SAFETY: the page is mapped as long as the image is; only bit 0 of `count` is used.
    unsafe vdso_image_seconds(banks, count)
  }

  @inline(__always)
  func sample(_ index: UInt32) -> ClockSample {
    // SAFETY: the page is mapped as long as the image is; an index with its bank is below 32.
    let sample = unsafe vdso_image_sample(banks, index)
    return ClockSample(
      secondsLow: sample.seconds_low, secondsHigh: sample.seconds_high, fraction: sample.fraction,
      nanoseconds: sample.nanoseconds,
      distance: UInt64(sample.distance_high) << 32 | UInt64(sample.distance_low),
      mult: sample.mult, limit: sample.limit, zero: sample.zero)
  }

  @inline(__always)
  func loadBarrier() { vdso_image_load_barrier() }

  @inline(__always)
  func select(_ index: UInt32, inBankOf count: UInt32) -> UInt32 { vdso_image_select(index, count) }

  @inline(__always)
  func shift(_ value: UInt32, by limit: UInt32) -> UInt32 { vdso_image_shift(value, limit) }

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

// SAFETY: the time page is mapped as long as the image is; all offsets are constants of the layout.
/// The table of resolutions in the time page.
@safe struct ImageResolutions: ResolutionAccess {
  private let table: UnsafeRawPointer

  /// The table of the current process.
  @inline(__always)
  init() { unsafe table = vdso_image_resolutions() }

  @inline(__always)
  func resolution(_ index: UInt32) -> vdso_resolution {
    // SAFETY: the table is mapped as long as the image is; `index` is below 12.
    unsafe vdso_image_resolution(table, index)
  }

  @inline(__always)
  static func store(
    _ resolution: vdso_resolution, _ buffer: UnsafeMutableRawPointer?
  ) -> Int32 {
    // SAFETY: `buffer` is the caller's, valid or NULL as for the system call.
    unsafe vdso_image_store_resolution(resolution, buffer)
  }
}

// SAFETY: the kernel checks the pointers that a system call passes.
/// The system calls, made by ask.S inside the image.
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

/// The clock functions over the image's pages and system calls.
typealias ImageClocks = Clocks<ImagePage, ImageKernel>
