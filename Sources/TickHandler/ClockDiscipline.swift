// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The rate of monotonic and wall-clock time: the parameters that `adjtimex` sets (Linux:
/// kernel/time/ ntp.c for the meaning of each field), and the offsets that are being slewed.
///
/// An offset is slewed in steps of one second. Each second's share changes the rate by at most 500
/// parts in 10^6, and at its end the amount that was really slewed is subtracted from the offset.
/// The second ends at the first update after it, so each share corrects the overshoot of the
/// previous one, until less than a nanosecond is left.
struct ClockDiscipline: Equatable {
  /// The bits of `status`.
  struct Status: OptionSet {
    let rawValue: UInt32
    /// STA_PLL: `offset` is input of the phase-locked loop.
    static let loop = Status(rawValue: 0x1)
    /// STA_INS: the last minute of the day has 61 seconds.
    static let insertion = Status(rawValue: 0x10)
    /// STA_DEL: the last minute of the day has 59 seconds.
    static let deletion = Status(rawValue: 0x20)
    /// STA_UNSYNC: the clock is not synchronised.
    static let unsynchronised = Status(rawValue: 0x40)
    /// STA_FREQHOLD: the loop does not change the frequency.
    static let frequencyHold = Status(rawValue: 0x80)
    /// The bits that only the kernel sets.
    static let readOnly = Status(rawValue: 0xff00)
    /// STA_NANO: offsets are in nanoseconds.
    static let nano = Status(rawValue: 0x2000)
  }

  /// The most nanoseconds that are slewed in a second.
  static var largestSlew: Int64 { 500_000 }
  /// The largest frequency correction: 500 parts in 10^6, times 2^16.
  static var largestFrequency: Int64 { 500 << 16 }
  /// The largest error in microseconds. A clock with a larger one is not synchronised.
  static var largestError: Int64 { 16_000_000 }

  private let scale: ClockScale
  private var frequency: Int64 = 0
  private var tick: Int64 = 10_000
  private(set) var status: Status = .unsynchronised
  private var constant: Int64 = 2
  private var maximumError = ClockDiscipline.largestError
  /// The second since boot at which `maximumError` was set; the error grows from then on.
  private var errorSecond: Int64 = 0
  private var estimatedError = ClockDiscipline.largestError
  /// The second since boot at which the loop got its last offset.
  private var referenceSecond: Int64 = 0

  /// The nanoseconds that remain to be slewed: those of the loop, and those of adjtime.
  private var loopOffset: Int64 = 0
  private var onceOffset: Int64 = 0

  /// The present second's shares of both, in nanoseconds.
  private var loopShare: Int64 = 0
  private var onceShare: Int64 = 0
  /// The slewed part of a nanosecond that is not subtracted from the offsets yet, times 2^shift.
  private var slewed: Int64 = 0
  /// The addition to `mult` for the present second's shares.
  private var extraMult: Int64 = 0

  /// The counter at the start of the present second.
  private var secondStart: UInt64 = 0

  /// True while an offset is being slewed: each update must then check `isSecondOver`.
  private(set) var isSlewing = false

  /// Creates the initial discipline: no adjustment, not synchronised.
  init(scale: ClockScale) { self.scale = scale }

  /// The rate without slewing: the scale's, corrected by frequency and tick.
  private var baseMult: Int64 {
    let mult = Int64(scale.mult)
    return mult + mult * (tick - 10_000) / 10_000 + mult * frequency / (1_000_000 << 16)
  }

  /// The present rate: nanoseconds per count times 2^shift.
  var mult: UInt32 { UInt32(clamping: baseMult + extraMult) }

  /// True if an offset is being slewed and the present second is over at `counter`: `endSecond`
  /// must then be called, which changes the rate.
  func isSecondOver(at counter: UInt64, mask: UInt64) -> Bool {
    // Wrapping: counts are a circle.
    isSlewing && (counter &- secondStart) & mask >= UInt64(scale.frequency)
  }

  /// The counts from `counter` to the end of the present second; nil if nothing is being slewed.
  func secondEnd(from counter: UInt64, mask: UInt64) -> UInt64? {
    guard isSlewing else { return nil }
    let passed = (counter &- secondStart) & mask  // Wrapping: counts are a circle.
    return UInt64(scale.frequency) - min(passed, UInt64(scale.frequency))
  }

  /// Ends the present second; afterwards `mult` is the rate of the next one. The caller has moved
  /// the time line to `counter` at the old rate.
  mutating func endSecond(at counter: UInt64, mask: UInt64) {
    beginSecond(at: counter, after: (counter &- secondStart) & mask)
  }

  /// Accounts for the time since the last second began, and computes the shares of the next one.
  private mutating func beginSecond(at counter: UInt64, after distance: UInt64) {
    accountSlew(distance)
    secondStart = counter
    let divisor = Int64(1) << (2 + constant)
    loopShare = min(max(loopOffset / divisor, -Self.largestSlew), Self.largestSlew)
    if loopShare == 0 { loopShare = min(max(loopOffset, -1), 1) }
    let room = Self.largestSlew - abs(loopShare)
    onceShare = min(max(onceOffset, -room), room)
    // Truncated towards zero, so never above the limit.
    extraMult = Int64(scale.mult) * (loopShare + onceShare) / 1_000_000_000
    isSlewing = loopShare != 0 || onceShare != 0
  }

  /// Subtracts what was slewed during `distance` counts at the present rate from the offsets.
  private mutating func accountSlew(_ distance: UInt64) {
    guard extraMult != 0 else {
      // Shares that cancel each other out are complete at the end of their second.
      if distance >= UInt64(scale.frequency) {
        loopOffset -= loopShare
        onceOffset -= onceShare
      }
      return
    }
    let (counts, isFar) = Int64(clamping: distance).multipliedReportingOverflow(by: extraMult)
    let (sum, isFull) = slewed.addingReportingOverflow(counts)
    // Overflow means centuries without an update: both offsets were slewed completely.
    guard !isFar, !isFull else {
      (loopOffset, onceOffset, slewed) = (0, 0, 0)
      return
    }
    let unit = Int64(1 &<< scale.shift)
    let nanoseconds = sum / unit
    slewed = sum % unit
    // Each offset is reduced in proportion to its share; adjtime's gets the remainder of the
    // division.
    let shares = loopShare + onceShare
    let loop = shares == 0 || onceShare == 0 ? nanoseconds : scaled(nanoseconds, loopShare, shares)
    loopOffset -= onceShare == 0 ? nanoseconds : loop
    onceOffset -= onceShare == 0 ? 0 : nanoseconds - loop
  }

  /// `nanoseconds * part / whole`; the magnitudes of `part` and `whole` are at most 500,000.
  private func scaled(_ nanoseconds: Int64, _ part: Int64, _ whole: Int64) -> Int64 {
    nanoseconds / whole * part + nanoseconds % whole * part / whole
  }
}

extension ClockDiscipline {
  /// True if offsets and times are reported in nanoseconds.
  var isNano: Bool { status.contains(.nano) }

  /// True if the clock is not synchronised (TIME_ERROR) at monotonic `second`.
  func isUnsynchronised(at second: Int64) -> Bool { statusNow(second).contains(.unsynchronised) }

  /// Applies `request` and stores the results in it. The time line is at `counter` and monotonic
  /// time at `second`. Fields that do not belong to the discipline, those of the wall clock and of
  /// TAI, are not changed.
  ///
  /// - Returns: false if the request is invalid; then nothing has changed.
  @inline(never)
  mutating func adjust(
    _ request: inout ClockAdjustment, at counter: UInt64, second: Int64, mask: UInt64
  ) -> Bool {
    let isOnce = request.modes.contains(.once)
    if isOnce {
      guard request.modes.contains(.offset) else { return false }
    } else if request.modes.contains(.tick), !(9_000...11_000).contains(request.tick) {
      return false
    }
    accountSlew((counter &- secondStart) & mask)  // Wrapping: counts are a circle.
    secondStart = counter
    var old: Int64?
    if isOnce {
      old = onceOffset / 1000
      // Limits the offset to 146 years, half the range of 64-bit nanoseconds.
      if !request.modes.contains(.readOnly) {
        onceOffset = min(max(request.offset, -Int64.max / 2000), Int64.max / 2000) * 1000
      }
    } else {
      apply(request, second)
    }
    // The shares change with the offsets, so a new second begins; `accountSlew` accounted for the
    // old one.
    beginSecond(at: counter, after: 0)
    storeResults(&request, second)
    if let old { request.offset = old }
    return true
  }

  private mutating func apply(_ request: ClockAdjustment, _ second: Int64) {
    let modes = request.modes
    if modes.contains(.status) {
      let wanted = Status(rawValue: request.status)
      if !status.contains(.loop), wanted.contains(.loop) { referenceSecond = second }
      maximumError = errorNow(second)
      errorSecond = second
      status = status.intersection(.readOnly).union(wanted.subtracting(.readOnly))
    }
    if modes.contains(.nano) { status.insert(.nano) }
    if modes.contains(.micro) { status.remove(.nano) }
    if modes.contains(.frequency) {
      frequency = min(max(request.frequency, -Self.largestFrequency), Self.largestFrequency)
    }
    if modes.contains(.maximumError) {
      maximumError = min(max(request.maximumError, 0), Self.largestError)
      errorSecond = second
    }
    if modes.contains(.estimatedError) {
      estimatedError = min(max(request.estimatedError, 0), Self.largestError)
    }
    if modes.contains(.timeConstant) {
      let wanted = min(max(request.constant, 0), 10)
      constant = status.contains(.nano) ? wanted : min(wanted + 4, 10)
    }
    if modes.contains(.offset), status.contains(.loop) { takeOffset(request.offset, second) }
    if modes.contains(.tick) { tick = request.tick }
  }

  /// The phase-locked loop: starts to slew an offset, and corrects the frequency in proportion to
  /// the offset and to the time since the last one.
  private mutating func takeOffset(_ wanted: Int64, _ second: Int64) {
    let limit: Int64 = 500_000_000
    let units = min(max(wanted, -limit), limit)
    loopOffset = status.contains(.nano) ? units : min(max(units * 1000, -limit), limit)
    let passed = status.contains(.frequencyHold) ? 0 : second - referenceSecond
    referenceSecond = second
    let longest = Int64(1) << (3 + constant)
    // Nanoseconds per second, times 2^-(2 * (4 + constant)), as parts in 10^6 times 2^16.
    let change = loopOffset * min(passed, longest) * 65_536 / 1000 / (1 << (2 * (4 + constant)))
    frequency = min(max(frequency + change, -Self.largestFrequency), Self.largestFrequency)
  }

  private func storeResults(_ request: inout ClockAdjustment, _ second: Int64) {
    request.offset = status.contains(.nano) ? loopOffset : loopOffset / 1000
    request.frequency = frequency
    request.maximumError = errorNow(second)
    request.estimatedError = estimatedError
    request.status = statusNow(second).rawValue
    request.constant = constant
    request.tick = tick
  }

  /// The maximum error at `second`: it grows by 500 microseconds per second.
  private func errorNow(_ second: Int64) -> Int64 {
    min(grownError(second), Self.largestError)
  }

  private func grownError(_ second: Int64) -> Int64 {
    maximumError + min(max(second - errorSecond, 0), Self.largestError) * 500
  }

  /// The status at `second`: a clock whose error exceeds the limit is not synchronised.
  private func statusNow(_ second: Int64) -> Status {
    grownError(second) > Self.largestError ? status.union(.unsynchronised) : status
  }

  /// Discards all offsets, because the wall clock was stepped at monotonic `second`, with the time
  /// line at `counter`. The clock counts as not synchronised afterwards.
  mutating func discardOffsets(at counter: UInt64, second: Int64) {
    (loopOffset, onceOffset, slewed) = (0, 0, 0)
    (loopShare, onceShare, extraMult) = (0, 0, 0)
    isSlewing = false
    secondStart = counter
    status.insert(.unsynchronised)
    (maximumError, estimatedError) = (Self.largestError, Self.largestError)
    errorSecond = second
  }
}
