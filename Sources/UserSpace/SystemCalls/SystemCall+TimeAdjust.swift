// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// adjtimex and clock_adjtime: the old layout of struct timex and the one with 64-bit fields.
extension SystemCall {
  /// adjtimex: the address of the request, which becomes the answer.
  @inline(__always)
  func adjustTime() throws(Errno) -> Word { try adjust(at: address(0)) }

  /// clock_adjtime and clock_adjtime64; only the wall clock can be adjusted.
  ///
  /// - Throws: `notSupported` for other clocks, `invalid`, `badAddress`, `overflow`.
  @inline(__always)
  func adjustClock() throws(Errno) -> Word {
    // As in Linux, the request is read before the clock is checked.
    if isTime64 {
      let _: InlineArray<26, UInt64> = try load(address(1))
    } else {
      let _: InlineArray<32, UInt32> = try load(address(1))
    }
    let number = Int32(bitPattern: argument(0))
    guard number == ClockIdentifier.realtime.rawValue else {
      let isKnown =
        ClockIdentifier(rawValue: number) != nil || argument(0) == SystemCall.processClock
        || argument(0) == SystemCall.threadClock
        || number < 0 && !SystemCall.isDescriptorClock(argument(0))
      throw isKnown ? .notSupported : .invalid
    }
    return try adjust(at: address(1))
  }

  @inline(never)
  private func adjust(at address: UserAddress) throws(Errno) -> Word {
    let isWide = isTime64
    var record =
      try isWide ? TimexRecord(load(address)) : TimexRecord(narrow: load(address))
    var request = record.request
    let state = try adjust(&request)
    // The adjustment stays in effect, but a time that exceeds its word is an error, not a wrong
    // answer.
    guard isWide || TimeRecord<UInt32>.holds(Timespec(seconds: request.seconds, nanoseconds: 0))
    else { throw .overflow }
    record.set(request)
    if isWide {
      try store(record.words, at: address)
    } else {
      try store(record.narrow, at: address)
    }
    return state
  }

  /// Applies the request and returns the state of the clock: TIME_OK (0), the phase of a leap
  /// second (1 to 4), or TIME_ERROR (5).
  ///
  /// - Throws: `invalid`.
  private func adjust(_ request: inout ClockAdjustment) throws(Errno) -> Word {
    let (isQuestion, isStep) = (request.modes.isEmpty, request.modes.contains(.setOffset))
    guard let isSynchronised = P.adjust(&request) else { throw .invalid }
    if !isQuestion { P.processes.clockWasSet(isStep: isStep) }
    return isSynchronised ? Word(request.state) : 5
  }
}
