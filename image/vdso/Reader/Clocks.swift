// SPDX-License-Identifier: Apache-2.0
// The image's functions, without their exported names. They answer from the pages if possible, else
// by system call, and write the caller's buffer once they have an answer. If the buffer cannot be
// written, the kernel makes the function return -EFAULT (VdsoFault).

import VdsoPage

// SAFETY: the caller passes its own buffers, as to every libc call; the kernel handles bad ones.
/// The exported functions, over any page and kernel. They return 0 or a negative error number.
///
/// Each function makes the first pass itself. Further passes are out of line, in `again`, so that
/// they cost the first pass nothing.
public enum Clocks<Page: PageAccess, Kernel: KernelAccess> {
  /// How often a read is repeated before the system call is made; it bounds the time of every call.
  @inline(__always)
  public static var retries: Int { 3 }

  /// -EOVERFLOW, for a time that does not fit the caller's buffer.
  @inline(__always)
  static var overflow: Int32 { -75 }

  /// `__vdso_clock_gettime64`: 16 bytes. Up to 22 instructions for a coarse clock, 42 for a fine
  /// one.
  @inline(__always)
  public static func clockGettime64(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let coarse = CoarseClock.record(of: clock)
    if coarse < CoarseClock.count {
      guard let now = LatchReader(page).coarse(coarse) else {
        return unsafe clockGettime64Again(clock, time, page)
      }
      return unsafe store64(now, time)
    }
    let index = UInt32(bitPattern: clock)
    guard index < UInt32(VDSO_CLOCK_COUNT) else {
      return unsafe clockGettime64Again(clock, time, page)
    }
    let page = page.page(of: index)
    guard case .time(let now) = LatchReader(page).fine(index, clampsPast: false) else {
      return unsafe clockGettime64Again(clock, time, page)
    }
    return unsafe store64(now, time)
  }

  /// Completes `clockGettime64` after a pass without a time, or for a clock without a page.
  @inline(never)
  private static func clockGettime64Again(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard let now = again(clock, page) else { return unsafe Kernel.clockGettime64(clock, time) }
    return unsafe store64(now, time)
  }

  /// `__vdso_clock_gettime`: 8 bytes, -EOVERFLOW for a time that does not fit 32 bits. Up to 22 and
  /// 42 instructions.
  @inline(__always)
  public static func clockGettime(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let coarse = CoarseClock.record(of: clock)
    if coarse < CoarseClock.count {
      guard let now = LatchReader(page).coarse(coarse) else {
        return unsafe clockGettimeAgain(clock, time, page)
      }
      return unsafe store32(now, time) ? 0 : clockGettimeAgain(clock, time, page)
    }
    let index = UInt32(bitPattern: clock)
    guard index < UInt32(VDSO_CLOCK_COUNT) else {
      return unsafe clockGettimeAgain(clock, time, page)
    }
    let page = page.page(of: index)
    guard case .time(let now) = LatchReader(page).fine(index, clampsPast: false),
      unsafe store32(now, time)
    else { return unsafe clockGettimeAgain(clock, time, page) }
    return 0
  }

  /// Completes `clockGettime` after a pass without a time, or with a time that does not fit.
  @inline(never)
  private static func clockGettimeAgain(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard let now = again(clock, page) else { return unsafe Kernel.clockGettime(clock, time) }
    return unsafe store32(now, time) ? 0 : overflow
  }

  /// `VdsoClockGettime` of LiteOS: 16 bytes. It makes no system call: -1 tells libc to make it.
  @inline(__always)
  public static func liteosClockGettime(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let coarse = CoarseClock.record(of: clock)
    if coarse < CoarseClock.count, let now = LatchReader(page).coarse(coarse) {
      return unsafe store64(now, time)
    }
    guard let now = again(clock, page.page(of: UInt32(bitPattern: clock))) else { return -1 }
    return unsafe store64(now, time)
  }

  /// `__vdso_clock_getres_time64`: 16 bytes, none for NULL. Up to 12 instructions.
  @inline(__always)
  public static func clockGetres64<Resolutions: ResolutionAccess>(
    _ clock: Int32, _ buffer: UnsafeMutableRawPointer?, _ resolutions: Resolutions
  ) -> Int32 {
    let index = UInt32(bitPattern: clock)
    guard index < UInt32(VDSO_CLOCK_COUNT) else {
      return unsafe Kernel.clockGetres64(clock, buffer)
    }
    let resolution = resolutions.resolution(index)
    guard resolution.nanoseconds != 0 else { return unsafe Kernel.clockGetres64(clock, buffer) }
    return unsafe Resolutions.store(resolution, buffer)
  }

  /// `__vdso_clock_getres`: 8 bytes, none for NULL. Up to 12 instructions.
  @inline(__always)
  public static func clockGetres<Resolutions: ResolutionAccess>(
    _ clock: Int32, _ buffer: UnsafeMutableRawPointer?, _ resolutions: Resolutions
  ) -> Int32 {
    let index = UInt32(bitPattern: clock)
    guard index < UInt32(VDSO_CLOCK_COUNT) else { return unsafe Kernel.clockGetres(clock, buffer) }
    let resolution = resolutions.resolution(index)
    guard resolution.nanoseconds != 0 else { return unsafe Kernel.clockGetres(clock, buffer) }
    guard let buffer = unsafe buffer else { return 0 }
    // SAFETY: `buffer` is the caller's, valid as for the system call.
    let words = unsafe buffer.assumingMemoryBound(to: UInt32.self)
    unsafe words[0] = resolution.seconds
    unsafe words[1] = resolution.nanoseconds
    return 0
  }

  /// `__vdso_gettimeofday`: 8 bytes, none for NULL. A request for the time zone makes the system
  /// call. Up to 44 instructions.
  @inline(__always)
  public static func gettimeofday(
    _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard unsafe zone == nil, unsafe time != nil else {
      return unsafe Kernel.gettimeofday(time, zone)
    }
    guard case .time(let now) = LatchReader(page).fine(0, clampsPast: false),
      unsafe storeMicroseconds(now, time)
    else { return unsafe gettimeofdayAgain(time, page) }
    return 0
  }

  /// Completes `gettimeofday` after a pass without a time, or with a time that does not fit.
  @inline(never)
  private static func gettimeofdayAgain(
    _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard let now = again(0, page) else { return unsafe Kernel.gettimeofday(time, nil) }
    return unsafe storeMicroseconds(now, time) ? 0 : overflow
  }

  /// `__vdso_time`: seconds of the coarse wall clock, also stored unless NULL; -EOVERFLOW if they
  /// do not fit 32 bits. Up to 16 instructions.
  @inline(__always)
  public static func time(_ seconds: UnsafeMutableRawPointer?, _ page: Page) -> Int32 {
    guard let now = LatchReader(page).seconds(), fits(now) else {
      return unsafe timeAgain(seconds, page.recomputed())
    }
    return unsafe storeSeconds(now, seconds)
  }

  /// Completes `time` after a torn pass, or with a time that does not fit. EABI has no such system
  /// call; that of the coarse clock answers.
  @inline(never)
  private static func timeAgain(_ seconds: UnsafeMutableRawPointer?, _ page: Page) -> Int32 {
    var now: (seconds: UInt64, nanoseconds: UInt64) = (0, 0)
    if let time = again(5, page) {
      now.seconds = time.seconds
    } else {
      let result = unsafe withUnsafeMutableBytes(of: &now) {
        unsafe Kernel.clockGettime64(5, $0.baseAddress)
      }
      guard result == 0 else { return result }
    }
    return fits(now.seconds) ? unsafe storeSeconds(now.seconds, seconds) : overflow
  }

  /// Makes up to `retries` further passes for a clock in the pages; nil if the system call is
  /// needed.
  @inline(__always)
  private static func again(_ clock: Int32, _ page: Page) -> ClockTime? {
    let coarse = CoarseClock.record(of: clock)
    if coarse < CoarseClock.count { return coarseAgain(coarse, page) }
    let index = UInt32(bitPattern: clock)
    guard index < UInt32(VDSO_CLOCK_COUNT) else { return nil }
    return fineAgain(index, page)
  }

  @inline(never)
  private static func coarseAgain(_ record: UInt32, _ page: Page) -> ClockTime? {
    for _ in 0..<retries {
      if let now = LatchReader(page).coarse(record) { return now }
    }
    return nil
  }

  @inline(never)
  private static func fineAgain(_ index: UInt32, _ page: Page) -> ClockTime? {
    for _ in 0..<retries {
      switch LatchReader(page).fine(index, clampsPast: true) {
      case .time(let now): return now
      case .refused: return nil
      case .torn: break
      }
    }
    return nil
  }

  /// Writes a 16-byte timespec: 64-bit seconds, and nanoseconds with zeros above them.
  @inline(__always)
  private static func store64(_ time: ClockTime, _ buffer: UnsafeMutableRawPointer?) -> Int32 {
    let buffer = unsafe buffer.unsafelyUnwrapped
    // SAFETY: `buffer` is the caller's, valid as for the system call.
    let words = unsafe buffer.assumingMemoryBound(to: UInt64.self)
    unsafe words[0] = time.seconds
    unsafe words[1] = UInt64(time.nanoseconds)
    return 0
  }

  /// Writes an 8-byte timespec, if the seconds fit.
  @inline(__always)
  private static func store32(_ time: ClockTime, _ buffer: UnsafeMutableRawPointer?) -> Bool {
    guard fits(time.seconds) else { return false }
    let buffer = unsafe buffer.unsafelyUnwrapped
    // SAFETY: `buffer` is the caller's, valid as for the system call.
    let words = unsafe buffer.assumingMemoryBound(to: UInt32.self)
    unsafe words[0] = UInt32(truncatingIfNeeded: time.seconds)
    unsafe words[1] = time.nanoseconds
    return true
  }

  /// Writes an 8-byte timeval, if the seconds fit.
  @inline(__always)
  private static func storeMicroseconds(
    _ time: ClockTime, _ buffer: UnsafeMutableRawPointer?
  ) -> Bool {
    unsafe store32(
      ClockTime(seconds: time.seconds, nanoseconds: time.nanoseconds / 1000), buffer)
  }

  /// Whether 64-bit seconds fit 32 bits.
  @inline(__always)
  private static func fits(_ seconds: UInt64) -> Bool {
    Int64(bitPattern: seconds) == Int64(Int32(truncatingIfNeeded: seconds))
  }

  /// Returns the seconds as 32 bits, and stores them unless the buffer is NULL.
  @inline(__always)
  private static func storeSeconds(_ time: UInt64, _ buffer: UnsafeMutableRawPointer?) -> Int32 {
    let seconds = Int32(truncatingIfNeeded: time)
    if let buffer = unsafe buffer {
      // SAFETY: `buffer` is the caller's, valid as for the system call.
      unsafe buffer.assumingMemoryBound(to: Int32.self).pointee = seconds
    }
    return seconds
  }
}
