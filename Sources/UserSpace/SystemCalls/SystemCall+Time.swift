// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Reading clocks. Old calls of 32-bit programs use timespecs of 8 bytes, all others use 16 bytes.
extension SystemCall {
  /// Counts a call that the vDSO made because it had no answer.
  @inline(__always)
  private func countFallback() {
    // Wrapping: an address before the image becomes an offset far after its end. Without an image
    // the size is 0.
    let offset = frame.pointee.programCounter.word &- process.pointee.vdsoStart.word
    if offset < process.pointee.vdsoSize {
      process.pointee.vdsoFallbacks &+= 1  // Wrapping: a statistic.
    }
  }

  /// clock_gettime64. It stores its result in the frame, so that the entry code of the port need
  /// not.
  @inline(never)
  func clockTime64() {
    do throws(Errno) { frame.pointee.result = try clockTime(isWide: true) } catch {
      frame.pointee.result = error.result
    }
  }

  /// clock_gettime: a timespec of 8 bytes.
  @inline(__always)
  func clockTime32() throws(Errno) -> Word { try clockTime(isWide: false) }

  @inline(__always)
  private func clockTime(isWide: Bool) throws(Errno) -> Word {
    countFallback()
    guard let clock = ClockIdentifier(rawValue: Int32(bitPattern: argument(0))) else {
      try storeTime(try cpuTime(of: argument(0)), at: address(1), isWide: isWide)
      return 0
    }
    try storeTime(P.time(clock), at: address(1), isWide: isWide)
    return 0
  }

  /// clock_getres and clock_getres_time64: the clock, the address for its resolution, or 0.
  @inline(__always)
  func clockResolution() throws(Errno) -> Word {
    countFallback()
    let resolution = P.resolution(try clockOfSameResolution())
    if address(1) != 0 { try storeTime(resolution, at: address(1), isWide: isTime64) }
    return 0
  }

  /// The clock of argument 0; for a CPU clock, one of the timekeeper with the same resolution.
  ///
  /// - Throws: `invalid`.
  private func clockOfSameResolution() throws(Errno) -> ClockIdentifier {
    if let clock = ClockIdentifier(rawValue: Int32(bitPattern: argument(0))) { return clock }
    guard cpuClock(argument(0)) != nil else { throw .invalid }
    // Linux counts the two old kinds of a process's clock in ticks.
    let isTicks = Int32(bitPattern: argument(0)) < 0 && argument(0) & 3 != SystemCall.scheduledKind
    return isTicks ? .monotonicCoarse : .monotonicRaw
  }

  /// gettimeofday: the address for the time, or 0; the address for the time zone (UTC), or 0.
  @inline(__always)
  func timeOfDay() throws(Errno) -> Word {
    countFallback()
    if address(0) != 0 {
      let time = P.timeCold(.realtime)
      let micro = Timespec(
        seconds: time.seconds,
        nanoseconds: Int32(bitPattern: UInt32(bitPattern: time.nanoseconds) / 1000))
      try storeTime(micro, at: address(0), isWide: false)
    }
    if address(1) != 0 { try store([0, 0] as InlineArray<2, UInt32>, at: address(1)) }
    return 0
  }

  /// times: stores CPU times in ticks of 10 ms; returns the ticks since boot.
  @inline(__always)
  func times() throws(Errno) -> Word {
    if address(0) != 0 {
      let used = process.pointee.cpuTime()
      let children = process.pointee.childrenTime
      // struct tms (linux/times.h).
      let words: InlineArray<4, P.ABI.Long> = [
        ticks(used.user), ticks(used.system), ticks(children.user), ticks(children.system),
      ]
      try store(words, at: address(0))
    }
    return Word(truncatingIfNeeded: ticks(P.monotonicNanoseconds()))
  }

  private func ticks(_ nanoseconds: UInt64) -> P.ABI.Long {
    P.ABI.Long(
      truncatingIfNeeded: nanoseconds / UInt64(1_000_000_000 / AuxiliaryVector<P.ABI>.clockTicks))
  }

  /// Whether a 64-bit program asks; all its times are wide.
  static var isLong: Bool { P.ABI.Long.bitWidth == 64 }

  /// Stores a timespec of two words of the ABI or, if `isWide`, of 64 bits.
  ///
  /// - Throws: `overflow` if the seconds do not fit their word; `badAddress`.
  @inline(__always)
  func storeTime(_ time: Timespec, at address: UserAddress, isWide: Bool) throws(Errno) {
    let isWide = isWide || Self.isLong
    let low = UInt32(truncatingIfNeeded: time.seconds)
    let high = UInt32(truncatingIfNeeded: time.seconds >> 32)
    let fraction = UInt32(bitPattern: time.nanoseconds)
    // The upper word must be the sign extension of the lower one.
    if !isWide, high != UInt32(bitPattern: Int32(bitPattern: low) >> 31) { throw .overflow }
    guard address.word & 3 == 0 else {
      return try storeUnaligned(low, high, fraction, at: address, isWide: isWide)
    }
    guard let range = UserRange(base: address, count: isWide ? 16 : 8),
      isWide
        ? P.User.storeTime(low: low, high: high, nanoseconds: fraction, at: range)
        : P.User.storeTime(low, nanoseconds: fraction, at: range)
    else { throw .badAddress }
  }

  @inline(never)
  private func storeUnaligned(
    _ low: UInt32, _ high: UInt32, _ fraction: UInt32, at address: UserAddress, isWide: Bool
  ) throws(Errno) {
    guard isWide else { return try store([low, fraction] as InlineArray<2, UInt32>, at: address) }
    try store([low, high, fraction, 0] as InlineArray<4, UInt32>, at: address)
  }

  /// Loads a timespec of two words of the ABI or, if `isWide`, of 64 bits.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  func loadTime(_ address: UserAddress, isWide: Bool) throws(Errno) -> Timespec {
    guard isWide || Self.isLong else {
      return TimeRecord<UInt32>(try load(address)).time(ofLongProgram: false)
    }
    return TimeRecord<UInt64>(try load(address)).time(ofLongProgram: Self.isLong)
  }

  /// Bytes of such a timespec.
  func timeSize(isWide: Bool) -> Word { isWide || Self.isLong ? 16 : 8 }
}
