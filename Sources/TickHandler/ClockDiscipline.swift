// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// How fast monotonic and wall-clock time are to go: what `adjtimex` sets (Linux: kernel/time/ntp.c
/// for the meaning of each field), and how far offsets are slewed away.
///
/// An offset is slewed second by second: each second's share makes the rate a little faster or
/// slower, at most by 500 parts in 10^6, and at its end what really went by is taken off. The
/// second ends at the first update behind it, so the last share corrects what the one before
/// overshot, until less than a nanosecond is left.
struct ClockDiscipline: Equatable {
  /// The bits of `status`.
  struct Status: OptionSet {
    let rawValue: UInt32
    /// The phase-locked loop takes `offset`.
    static let loop = Status(rawValue: 0x1)
    /// The last minute of the day has 61 seconds.
    static let insertion = Status(rawValue: 0x10)
    /// It has 59.
    static let deletion = Status(rawValue: 0x20)
    /// The clock is not synchronised.
    static let unsynchronised = Status(rawValue: 0x40)
    /// The loop leaves the frequency alone.
    static let frequencyHold = Status(rawValue: 0x80)
    /// What only the kernel sets.
    static let readOnly = Status(rawValue: 0xff00)
    /// Offsets are in nanoseconds.
    static let nano = Status(rawValue: 0x2000)
  }

  /// The most that offsets may be slewed in a second, in nanoseconds.
  static var largestSlew: Int64 { 500_000 }
  /// 500 parts in 10^6, times 2^16.
  static var largestFrequency: Int64 { 500 << 16 }
  /// Microseconds; an error of this much means that the clock is not synchronised.
  static var largestError: Int64 { 16_000_000 }

  private let scale: ClockScale
  private var frequency: Int64 = 0
  private var tick: Int64 = 10_000
  private(set) var status: Status = .unsynchronised
  private var constant: Int64 = 2
  private var maximumError = ClockDiscipline.largestError
  /// The second since boot at which `maximumError` was taken; it grows from there.
  private var errorSecond: Int64 = 0
  private var estimatedError = ClockDiscipline.largestError
  /// The second since boot at which the loop took its last offset.
  private var referenceSecond: Int64 = 0

  /// Nanoseconds that the loop is to slew away, and those that adjtime asked for.
  private var loopOffset: Int64 = 0
  private var onceOffset: Int64 = 0

  /// This second's shares of both, in nanoseconds.
  private var loopShare: Int64 = 0
  private var onceShare: Int64 = 0
  /// Nanoseconds times 2^shift that went by, but not into the offsets yet.
  private var slewed: Int64 = 0
  /// What this second's shares add to `mult`.
  private var extraMult: Int64 = 0

  /// The counter at the beginning of the running second.
  private var secondStart: UInt64 = 0

  /// True while an offset is being slewed away: then `isSecondOver` is to be asked at each update.
  private(set) var isSlewing = false

  /// A clock as it comes: no adjustment, not synchronised.
  init(scale: ClockScale) { self.scale = scale }

  /// The rate without slewing: the scale's, with frequency and tick.
  private var baseMult: Int64 {
    let mult = Int64(scale.mult)
    return mult + mult * (tick - 10_000) / 10_000 + mult * frequency / (1_000_000 << 16)
  }

  /// The rate that the clock is to have now.
  var mult: UInt32 { UInt32(clamping: baseMult + extraMult) }

  /// True when an offset is being slewed away and its second is over at `counter`: `endSecond`
  /// then makes a new line.
  func isSecondOver(at counter: UInt64, mask: UInt64) -> Bool {
    // Wrapping: counts are a circle.
    isSlewing && (counter &- secondStart) & mask >= UInt64(scale.frequency)
  }

  /// How far from `counter` the running second ends, in counts; nil when nothing is being slewed.
  func secondEnd(from counter: UInt64, mask: UInt64) -> UInt64? {
    guard isSlewing else { return nil }
    let passed = (counter &- secondStart) & mask  // Wrapping: counts are a circle.
    return UInt64(scale.frequency) - min(passed, UInt64(scale.frequency))
  }

  /// Ends the running second; afterwards `mult` is the new one's. The line has just moved to
  /// `counter` at the old rate.
  mutating func endSecond(at counter: UInt64, mask: UInt64) {
    beginSecond(at: counter, after: (counter &- secondStart) & mask)
  }

  /// Settles what went by since the last second began, and deals out the next one's shares.
  private mutating func beginSecond(at counter: UInt64, after distance: UInt64) {
    settle(distance)
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

  /// Takes what `distance` counts at the present rate have slewed off the offsets.
  private mutating func settle(_ distance: UInt64) {
    guard extraMult != 0 else {
      // Shares that cancel each other out are done when their second is.
      if distance >= UInt64(scale.frequency) {
        loopOffset -= loopShare
        onceOffset -= onceShare
      }
      return
    }
    let (counts, isFar) = Int64(clamping: distance).multipliedReportingOverflow(by: extraMult)
    let (sum, isFull) = slewed.addingReportingOverflow(counts)
    // Centuries without an update: both are long done.
    guard !isFar, !isFull else {
      (loopOffset, onceOffset, slewed) = (0, 0, 0)
      return
    }
    let unit = Int64(1 &<< scale.shift)
    let nanoseconds = sum / unit
    slewed = sum % unit
    // Each bears its part; adjtime's bears what a division leaves.
    let shares = loopShare + onceShare
    let loop = shares == 0 || onceShare == 0 ? nanoseconds : scaled(nanoseconds, loopShare, shares)
    loopOffset -= onceShare == 0 ? nanoseconds : loop
    onceOffset -= onceShare == 0 ? 0 : nanoseconds - loop
  }

  /// `nanoseconds * part / whole`, where part and whole are at most 500,000 in magnitude.
  private func scaled(_ nanoseconds: Int64, _ part: Int64, _ whole: Int64) -> Int64 {
    nanoseconds / whole * part + nanoseconds % whole * part / whole
  }
}

extension ClockDiscipline {
  /// True when offsets and times are told in nanoseconds.
  var isNano: Bool { status.contains(.nano) }

  /// True when the clock is not known to show the right time (TIME_ERROR).
  func isUnsynchronised(at second: Int64) -> Bool { statusNow(second).contains(.unsynchronised) }

  /// Takes over what `request` asks for, with the line at `counter` and monotonic time at
  /// `second`, and answers in it. The fields that are not the discipline's, wall clock and TAI,
  /// are left alone.
  ///
  /// - Returns: false, and nothing has changed, when the request is not valid.
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
    settle((counter &- secondStart) & mask)  // Wrapping: counts are a circle.
    secondStart = counter
    var old: Int64?
    if isOnce {
      old = onceOffset / 1000
      // At most 290 years of nanoseconds.
      if !request.modes.contains(.readOnly) {
        onceOffset = min(max(request.offset, -Int64.max / 2000), Int64.max / 2000) * 1000
      }
    } else {
      take(request, second)
    }
    // The shares change with the offsets: a new second begins. Its first part was settled above.
    beginSecond(at: counter, after: 0)
    answer(&request, second)
    if let old { request.offset = old }
    return true
  }

  private mutating func take(_ request: ClockAdjustment, _ second: Int64) {
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

  /// The loop: the offset is slewed away, and the longer it took to come about, the less it moves
  /// the frequency.
  private mutating func takeOffset(_ wanted: Int64, _ second: Int64) {
    let limit: Int64 = 500_000_000
    let units = min(max(wanted, -limit), limit)
    loopOffset = status.contains(.nano) ? units : min(max(units * 1000, -limit), limit)
    let passed = status.contains(.frequencyHold) ? 0 : second - referenceSecond
    referenceSecond = second
    let longest = Int64(1) << (3 + constant)
    // Nanoseconds a second, times 2^-(2 * (4 + constant)), as parts in 10^6 times 2^16.
    let change = loopOffset * min(passed, longest) * 65_536 / 1000 / (1 << (2 * (4 + constant)))
    frequency = min(max(frequency + change, -Self.largestFrequency), Self.largestFrequency)
  }

  private func answer(_ request: inout ClockAdjustment, _ second: Int64) {
    request.offset = status.contains(.nano) ? loopOffset : loopOffset / 1000
    request.frequency = frequency
    request.maximumError = errorNow(second)
    request.estimatedError = estimatedError
    request.status = statusNow(second).rawValue
    request.constant = constant
    request.tick = tick
  }

  /// The error now: each second may add 500 microseconds.
  private func errorNow(_ second: Int64) -> Int64 {
    min(grownError(second), Self.largestError)
  }

  private func grownError(_ second: Int64) -> Int64 {
    maximumError + min(max(second - errorSecond, 0), Self.largestError) * 500
  }

  /// The status: a clock whose error grew over the limit is not synchronised.
  private func statusNow(_ second: Int64) -> Status {
    grownError(second) > Self.largestError ? status.union(.unsynchronised) : status
  }

  /// Forgets all offsets: the wall clock was stepped at `second`, with the line at `counter`.
  mutating func forgetOffsets(at counter: UInt64, second: Int64) {
    (loopOffset, onceOffset, slewed) = (0, 0, 0)
    (loopShare, onceShare, extraMult) = (0, 0, 0)
    isSlewing = false
    secondStart = counter
    status.insert(.unsynchronised)
    (maximumError, estimatedError) = (Self.largestError, Self.largestError)
    errorSecond = second
  }
}
