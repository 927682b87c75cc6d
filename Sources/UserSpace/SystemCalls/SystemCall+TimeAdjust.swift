// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// adjtimex and clock_adjtime: both layouts of struct timex (include/uapi/linux/timex.h), as words.
/// The old one has 32 words of 32 bits, the new one 52 words with 64-bit fields.
extension SystemCall {
  /// adjtimex: the address of the request, which becomes the answer.
  @inline(__always)
  func adjustTime() throws(Errno) -> UInt32 { try adjust(at: argument(0)) }

  /// clock_adjtime and clock_adjtime64; only the wall clock can be adjusted.
  ///
  /// - Throws: `notSupported` for other clocks, `invalid`, `badAddress`, `overflow`.
  @inline(__always)
  func adjustClock() throws(Errno) -> UInt32 {
    // As in Linux, the request is read before the clock is checked.
    if isTime64 {
      let _: InlineArray<52, UInt32> = try load(argument(1))
    } else {
      let _: InlineArray<32, UInt32> = try load(argument(1))
    }
    let number = Int32(bitPattern: argument(0))
    guard number == ClockIdentifier.realtime.rawValue else {
      let isKnown =
        ClockIdentifier(rawValue: number) != nil || argument(0) == SystemCall.processClock
        || argument(0) == SystemCall.threadClock
        || number < 0 && !SystemCall.isDescriptorClock(argument(0))
      throw isKnown ? .notSupported : .invalid
    }
    return try isTime64 ? adjustWide(at: argument(1)) : adjust(at: argument(1))
  }

  private func adjust(at address: UInt32) throws(Errno) -> UInt32 {
    var words: InlineArray<32, UInt32> = try load(address)
    var request = ClockAdjustment(modes: .init(rawValue: words[0]))
    request.offset = signed(words[1])
    request.frequency = signed(words[2])
    request.maximumError = signed(words[3])
    request.estimatedError = signed(words[4])
    request.status = words[5]
    request.constant = signed(words[6])
    request.seconds = signed(words[9])
    request.fraction = signed(words[10])
    request.tick = signed(words[11])
    let state = try adjust(&request)
    for index in 1..<32 { words[index] = 0 }
    words[1] = UInt32(truncatingIfNeeded: request.offset)
    words[2] = UInt32(truncatingIfNeeded: request.frequency)
    words[3] = UInt32(truncatingIfNeeded: request.maximumError)
    words[4] = UInt32(truncatingIfNeeded: request.estimatedError)
    words[5] = request.status
    words[6] = UInt32(truncatingIfNeeded: request.constant)
    words[7] = 1  // precision, in microseconds
    words[8] = 32_768_000  // tolerance: 500 parts in 10^6
    words[9] = UInt32(truncatingIfNeeded: request.seconds)
    words[10] = UInt32(truncatingIfNeeded: request.fraction)
    words[11] = UInt32(truncatingIfNeeded: request.tick)
    words[20] = UInt32(truncatingIfNeeded: request.tai)
    // The adjustment stays in effect, but a time that exceeds 32 bits is an error, not a wrong
    // answer.
    guard Int64(Int32(truncatingIfNeeded: request.seconds)) == request.seconds else {
      throw .overflow
    }
    try store(words, at: address)
    return state
  }

  private func adjustWide(at address: UInt32) throws(Errno) -> UInt32 {
    var words: InlineArray<52, UInt32> = try load(address)
    var request = ClockAdjustment(modes: .init(rawValue: words[0]))
    request.offset = long(words[2], words[3])
    request.frequency = long(words[4], words[5])
    request.maximumError = long(words[6], words[7])
    request.estimatedError = long(words[8], words[9])
    request.status = words[10]
    request.constant = long(words[12], words[13])
    request.seconds = long(words[18], words[19])
    request.fraction = long(words[20], words[21])
    request.tick = long(words[22], words[23])
    let state = try adjust(&request)
    for index in 1..<52 { words[index] = 0 }
    put(request.offset, 2, &words)
    put(request.frequency, 4, &words)
    put(request.maximumError, 6, &words)
    put(request.estimatedError, 8, &words)
    words[10] = request.status
    put(request.constant, 12, &words)
    words[14] = 1  // precision, in microseconds
    words[16] = 32_768_000  // tolerance: 500 parts in 10^6
    put(request.seconds, 18, &words)
    put(request.fraction, 20, &words)
    put(request.tick, 22, &words)
    words[40] = UInt32(truncatingIfNeeded: request.tai)
    try store(words, at: address)
    return state
  }

  /// Applies the request and returns the state of the clock: TIME_OK (0), the phase of a leap
  /// second (1 to 4), or TIME_ERROR (5).
  ///
  /// - Throws: `invalid`.
  private func adjust(_ request: inout ClockAdjustment) throws(Errno) -> UInt32 {
    let isQuestion = request.modes.isEmpty
    guard let isSynchronised = P.adjust(&request) else { throw .invalid }
    if !isQuestion { P.processes.clockWasSet() }
    return isSynchronised ? request.state : 5
  }

  private func signed(_ word: UInt32) -> Int64 { Int64(Int32(bitPattern: word)) }

  private func long(_ low: UInt32, _ high: UInt32) -> Int64 {
    Int64(Int32(bitPattern: high)) << 32 | Int64(low)
  }

  private func put(_ value: Int64, _ index: Int, _ words: inout InlineArray<52, UInt32>) {
    words[index] = UInt32(truncatingIfNeeded: value)
    words[index + 1] = UInt32(truncatingIfNeeded: value >> 32)
  }
}
