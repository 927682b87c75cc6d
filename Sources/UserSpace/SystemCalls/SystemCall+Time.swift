import TickHandler
import VmRegion

/// Clocks and sleeping. The old calls move 8-byte timespecs, the time64 ones 16-byte ones, of which
/// the upper half of the nanoseconds does not count for a 32-bit program, as in Linux.
extension SystemCall {
  /// The CPU clocks of the process and its one thread.
  private static var processClock: UInt32 { 2 }
  private static var threadClock: UInt32 { 3 }

  /// Counts a call that the vDSO made because it could not answer.
  @inline(__always)
  private func countFallback() {
    // SAFETY: frame and process outlive the call.
    guard let start = unsafe process.pointee.vdso else { return }
    let pc = unsafe frame.pointee.pc
    if pc >= start, unsafe pc < process.pointee.vdsoEnd {
      unsafe process.pointee.vdsoFallbacks &+= 1  // Wrapping: a statistic.
    }
  }

  /// clock_gettime and clock_gettime64.
  @inline(never)
  func clockTime(isWide: Bool) throws(Errno) -> UInt32 {
    countFallback()
    try storeTime(try time(of: r0), at: r1, isWide: isWide)
    return 0
  }

  /// clock_getres and clock_getres_time64.
  @inline(never)
  func clockResolution(isWide: Bool) throws(Errno) -> UInt32 {
    countFallback()
    let resolution: Timespec
    if r0 == SystemCall.processClock || r0 == SystemCall.threadClock {
      resolution = Timespec(seconds: 0, nanoseconds: 1)
    } else {
      resolution = P.resolution(try clock(r0))
    }
    if r1 != 0 { try storeTime(resolution, at: r1, isWide: isWide) }
    return 0
  }

  /// gettimeofday; the time zone is always UTC.
  @inline(never)
  func timeOfDay() throws(Errno) -> UInt32 {
    countFallback()
    if r0 != 0 {
      let time = P.time(.realtime)
      let micro = Timespec(
        seconds: time.seconds,
        nanoseconds: Int32(bitPattern: UInt32(bitPattern: time.nanoseconds) / 1000))
      try storeTime(micro, at: r0, isWide: false)
    }
    if r1 != 0 { try store([0, 0] as InlineArray<2, UInt32>, at: r1) }
    return 0
  }

  /// settimeofday; the time zone is read and dropped.
  @inline(never)
  func setTimeOfDay() throws(Errno) -> UInt32 {
    var time: Timespec?
    if r0 != 0 {
      let words: InlineArray<2, UInt32> = try load(r0)
      guard words[1] <= 1_000_000 else { throw .invalid }
      time = Timespec(
        seconds: Int64(Int32(bitPattern: words[0])), nanoseconds: Int32(words[1]) * 1000)
    }
    if r1 != 0 { let _: InlineArray<2, UInt32> = try load(r1) }
    guard let time else { return 0 }
    guard time.isValid, P.setRealtime(time) else { throw .invalid }
    return 0
  }

  /// clock_settime and clock_settime64: only the wall clock can be set.
  @inline(never)
  func setClock(isWide: Bool) throws(Errno) -> UInt32 {
    guard r0 == UInt32(bitPattern: ClockIdentifier.realtime.rawValue) else { throw .invalid }
    let time = try loadTime(r1, isWide: isWide)
    guard time.isValid, P.setRealtime(time) else { throw .invalid }
    return 0
  }

  /// nanosleep.
  @inline(never)
  func sleep() throws(Errno) -> UInt32 {
    let span = try loadTime(r0, isWide: false)
    guard let nanoseconds = span.totalNanoseconds else { throw .invalid }
    sleep(nanoseconds)
    return 0
  }

  /// clock_nanosleep and clock_nanosleep_time64. Nothing interrupts it yet, so what would remain
  /// is never stored.
  @inline(never)
  func clockSleep(isWide: Bool) throws(Errno) -> UInt32 {
    if r0 == SystemCall.threadClock { throw .notSupported }
    if r0 == SystemCall.processClock { return try sleepOnProcessClock(isWide: isWide) }
    let clock = try clock(r0)
    switch clock {
    case .monotonicRaw, .realtimeCoarse, .monotonicCoarse: throw .notSupported
    case .realtime, .monotonic, .boottime, .tai: break
    }
    let time = try loadTime(r2, isWide: isWide)
    guard let target = time.totalNanoseconds else { throw .invalid }
    guard r1 & 1 != 0 else {  // TIMER_ABSTIME
      sleep(target)
      return 0
    }
    guard let now = P.time(clock).totalNanoseconds, target > now else { return 0 }
    sleep(target - now)
    return 0
  }

  /// A process's own CPU clock stands still while it sleeps, so what has not come never comes.
  private func sleepOnProcessClock(isWide: Bool) throws(Errno) -> UInt32 {
    guard let target = try loadTime(r2, isWide: isWide).totalNanoseconds else { throw .invalid }
    // SAFETY: the process outlives the call.
    let passed = unsafe r1 & 1 != 0 ? process.pointee.processorTime : 0
    if target > passed { sleep(.max) }
    return 0
  }

  /// times: ticks of a hundredth of a second; what it returns begins at boot.
  @inline(never)
  func times() throws(Errno) -> UInt32 {
    if r0 != 0 {
      // SAFETY: the process outlives the call.
      let used = ticks(unsafe process.pointee.processorTime)
      try store([used, 0, 0, 0] as InlineArray<4, UInt32>, at: r0)
    }
    return ticks(P.monotonicNanoseconds())
  }

  private func ticks(_ nanoseconds: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: nanoseconds / UInt64(1_000_000_000 / AuxiliaryVector.clockTicks))
  }

  private func sleep(_ nanoseconds: UInt64) {
    let start = P.monotonicNanoseconds()
    let (deadline, isFar) = start.addingReportingOverflow(nanoseconds)
    P.sleep(until: isFar ? .max : deadline)
    // SAFETY: the process outlives the call. Wrapping: monotonic time does not go back.
    unsafe process.pointee.sleptTime &+= P.monotonicNanoseconds() &- start
  }

  private func clock(_ identifier: UInt32) throws(Errno) -> ClockIdentifier {
    switch identifier {
    case 8: return .realtime  // CLOCK_REALTIME_ALARM: nothing suspends this machine
    case 9: return .boottime  // CLOCK_BOOTTIME_ALARM
    default:
      guard let clock = ClockIdentifier(rawValue: Int32(bitPattern: identifier)) else {
        throw .invalid
      }
      return clock
    }
  }

  private func time(of identifier: UInt32) throws(Errno) -> Timespec {
    if identifier == SystemCall.processClock || identifier == SystemCall.threadClock {
      // SAFETY: the process outlives the call.
      return Timespec(nanoseconds: unsafe process.pointee.processorTime)
    }
    return P.time(try clock(identifier))
  }

  /// - Throws: `overflow` for seconds that an old call's 32 bits do not hold; `badAddress`.
  @inline(__always)
  private func storeTime(_ time: Timespec, at address: UInt32, isWide: Bool) throws(Errno) {
    let low = UInt32(truncatingIfNeeded: time.seconds)
    let fraction = UInt32(bitPattern: time.nanoseconds)
    guard !isWide else {
      let high = UInt32(truncatingIfNeeded: time.seconds >> 32)
      return try store([low, high, fraction, 0] as InlineArray<4, UInt32>, at: address)
    }
    guard Int64(Int32(bitPattern: low)) == time.seconds else { throw .overflow }
    try store([low, fraction] as InlineArray<2, UInt32>, at: address)
  }

  private func loadTime(_ address: UInt32, isWide: Bool) throws(Errno) -> Timespec {
    guard isWide else {
      let words: InlineArray<2, UInt32> = try load(address)
      return Timespec(
        seconds: Int64(Int32(bitPattern: words[0])), nanoseconds: Int32(bitPattern: words[1]))
    }
    let words: InlineArray<4, UInt32> = try load(address)
    return Timespec(
      seconds: Int64(Int32(bitPattern: words[1])) << 32 | Int64(words[0]),
      nanoseconds: Int32(bitPattern: words[2]))
  }
}

extension Timespec {
  /// A time of so many nanoseconds.
  init(nanoseconds: UInt64) {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(seconds: Int64(seconds), nanoseconds: Int32(rest))
  }
}
