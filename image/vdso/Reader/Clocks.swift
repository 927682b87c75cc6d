// The functions of the image, without their names: from the page where it has the answer, else
// from the kernel. The caller's buffer is written only once there is an answer to put there; a
// buffer that cannot be written faults at the caller, as in Linux' vDSO.

// SAFETY: buffers are the program's own, as with every libc call: a bad one is its SIGSEGV.
/// What the exports do, over any page and kernel. Results are 0 or a negative error number.
public enum Clocks<Page: PageAccess, Kernel: KernelAccess> {
  /// How often a torn read is tried again before the kernel is asked: the bound of every call.
  @inline(__always)
  public static var retries: Int { 3 }

  /// The error number of a time that does not fit the caller's buffer.
  @inline(__always)
  static var overflow: Int32 { -75 }

  /// `__vdso_clock_gettime64`: 16 bytes. Up to 22 instructions for a coarse clock.
  @inline(__always)
  public static func clockGettime64(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let entry = CoarseClock.entry(of: clock)
    guard entry < CoarseClock.count else { return unsafe Kernel.clockGettime64(clock, time) }
    guard let now = LatchReader(page).coarse(entry) else {
      return unsafe clockGettime64Again(clock, time, page)
    }
    return unsafe store64(now, time)
  }

  /// The same after a torn read. Apart, so that the first attempt pays nothing for it.
  @inline(never)
  private static func clockGettime64Again(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard let now = coarseAgain(CoarseClock.entry(of: clock), page) else {
      return unsafe Kernel.clockGettime64(clock, time)
    }
    return unsafe store64(now, time)
  }

  /// `__vdso_clock_gettime`: 8 bytes, -EOVERFLOW for a time that does not fit 32 bits.
  @inline(__always)
  public static func clockGettime(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let entry = CoarseClock.entry(of: clock)
    guard entry < CoarseClock.count else { return unsafe Kernel.clockGettime(clock, time) }
    guard let now = LatchReader(page).coarse(entry) else {
      return unsafe clockGettimeAgain(clock, time, page)
    }
    return unsafe store32(now, time)
  }

  /// The same after a torn read.
  @inline(never)
  private static func clockGettimeAgain(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    guard let now = coarseAgain(CoarseClock.entry(of: clock), page) else {
      return unsafe Kernel.clockGettime(clock, time)
    }
    return unsafe store32(now, time)
  }

  /// `VdsoClockGettime` of LiteOS: 16 bytes; -1, and not a system call, for what libc must ask.
  @inline(__always)
  public static func liteosClockGettime(
    _ clock: Int32, _ time: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let entry = CoarseClock.entry(of: clock)
    guard entry < CoarseClock.count else { return -1 }
    if let now = LatchReader(page).coarse(entry) { return unsafe store64(now, time) }
    guard let now = coarseAgain(CoarseClock.entry(of: clock), page) else { return -1 }
    return unsafe store64(now, time)
  }

  /// `__vdso_clock_getres_time64`: 16 bytes, or none for NULL.
  @inline(__always)
  public static func clockGetres64(
    _ clock: Int32, _ resolution: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let entry = CoarseClock.entry(of: clock)
    guard entry < CoarseClock.count, let tick = LatchReader(page).coarseResolution() else {
      return unsafe Kernel.clockGetres64(clock, resolution)
    }
    guard unsafe resolution != nil else { return 0 }
    return unsafe store64(CoarseTime(seconds: 0, nanoseconds: tick), resolution)
  }

  /// `__vdso_clock_getres`: 8 bytes, or none for NULL.
  @inline(__always)
  public static func clockGetres(
    _ clock: Int32, _ resolution: UnsafeMutableRawPointer?, _ page: Page
  ) -> Int32 {
    let entry = CoarseClock.entry(of: clock)
    guard entry < CoarseClock.count, let tick = LatchReader(page).coarseResolution() else {
      return unsafe Kernel.clockGetres(clock, resolution)
    }
    guard unsafe resolution != nil else { return 0 }
    return unsafe store32(CoarseTime(seconds: 0, nanoseconds: tick), resolution)
  }

  /// `__vdso_gettimeofday`: the fine wall clock, so the kernel's.
  @inline(__always)
  public static func gettimeofday(
    _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
  ) -> Int32 {
    unsafe Kernel.gettimeofday(time, zone)
  }

  /// Further passes after a torn one, as many as `retries`.
  @inline(__always)
  private static func coarseAgain(_ entry: UInt32, _ page: Page) -> CoarseTime? {
    for _ in 0..<retries {
      if let now = LatchReader(page).coarse(entry) { return now }
    }
    return nil
  }

  /// Writes a 16-byte timespec: 64-bit seconds, and nanoseconds with zeros above them.
  @inline(__always)
  private static func store64(_ time: CoarseTime, _ buffer: UnsafeMutableRawPointer?) -> Int32 {
    let buffer = unsafe buffer.unsafelyUnwrapped
    // SAFETY: the caller's buffer; the contract is that of the system call, but for the fault.
    let words = unsafe buffer.assumingMemoryBound(to: UInt64.self)
    unsafe words[0] = time.seconds
    unsafe words[1] = UInt64(time.nanoseconds)
    return 0
  }

  /// Writes an 8-byte timespec, if the seconds fit.
  @inline(__always)
  private static func store32(_ time: CoarseTime, _ buffer: UnsafeMutableRawPointer?) -> Int32 {
    let seconds = Int32(truncatingIfNeeded: time.seconds)
    guard Int64(bitPattern: time.seconds) == Int64(seconds) else { return overflow }
    let buffer = unsafe buffer.unsafelyUnwrapped
    // SAFETY: the caller's buffer, as above.
    let words = unsafe buffer.assumingMemoryBound(to: UInt32.self)
    unsafe words[0] = UInt32(bitPattern: seconds)
    unsafe words[1] = time.nanoseconds
    return 0
  }
}
