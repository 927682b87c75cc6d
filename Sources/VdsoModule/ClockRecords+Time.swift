// SPDX-License-Identifier: Apache-2.0
// The records of the time page: REALTIME, MONOTONIC, MONOTONIC_RAW, BOOTTIME and TAI.

import RTOSCore
import TickHandler

extension ClockRecords {
  /// Writes both banks. A reader gets a clock's old values or its new ones, never a mix.
  ///
  /// A snapshot that continues the line gives fine-clock readers the same time from either bank.
  /// Before one that does not (`isDiscontinuous`), the caller calls `forbidExtrapolation`, then
  /// samples.
  @inline(__always)
  func write(_ snapshot: TimeSnapshot) {
    let points = ClockPoints(snapshot)
    latch.write { bank in
      write(points, toBank: bank)
      if snapshot.isDiscontinuous { writeLine(snapshot, toBank: bank) }
    }
    if snapshot.isDiscontinuous { writeResolutions(snapshot) }
  }

  /// Disables the fine clocks in both banks: from the return until the next `write`, no reader
  /// extrapolates a time from them.
  ///
  /// A reader that read the counter before the return may still report that time. It lies on the
  /// old line before the new line's sample, so it is not ahead of the new line.
  func forbidExtrapolation() {
    latch.write { bank in
      Self.forEachClock { setLine(mult: nil, limit: 0, of: $0, inBank: bank) }
    }
    memory.completeStores()
  }

  private static func forEachClock(_ body: (UInt32) -> Void) {
    let clocks: InlineArray<5, UInt32> = [
      ClockNumber.realtime, ClockNumber.monotonic, ClockNumber.monotonicRaw, ClockNumber.boottime,
      ClockNumber.tai,
    ]
    for index in clocks.indices { body(clocks[index]) }
  }

  @inline(__always)
  private func write(_ points: ClockPoints, toBank bank: UInt32) {
    guard bank == 0 else { return copyPoints() }
    memory.setPoint(points.realtime, at: record(ClockNumber.realtime, 0))
    memory.setPoint(points.tai, at: record(ClockNumber.tai, 0))
    memory.setPoint(points.monotonic, at: record(ClockNumber.monotonic, 0))
    memory.copyPoint(
      from: record(ClockNumber.monotonic, 0), to: record(ClockNumber.boottime, 0))
    memory.setPoint(points.raw, at: record(ClockNumber.monotonicRaw, 0))
  }

  /// Copies bank 0, which is complete, to bank 1; this needs fewer registers than writing it anew.
  @inline(__always)
  private func copyPoints() {
    copyPoint(ClockNumber.realtime)
    copyPoint(ClockNumber.monotonic)
    copyPoint(ClockNumber.monotonicRaw)
    copyPoint(ClockNumber.boottime)
    copyPoint(ClockNumber.tai)
  }

  @inline(__always)
  private func copyPoint(_ clock: UInt32) {
    memory.copyPoint(from: record(clock, 0), to: record(clock, 1))
  }

  /// Writes the words that are constant along a line.
  private func writeLine(_ snapshot: TimeSnapshot, toBank bank: UInt32) {
    let limit =
      snapshot.mode == .counter
      ? Self.limitWord(limit: snapshot.counterLimit, shift: snapshot.shift) : 0
    Self.forEachClock { clock in
      setLine(
        mult: clock == ClockNumber.monotonicRaw ? snapshot.rawMult : snapshot.mult, limit: limit,
        of: clock, inBank: bank)
    }
  }

  private func writeResolutions(_ snapshot: TimeSnapshot) {
    let fine: UInt32 = snapshot.mode == .counter ? 1 : 0
    Self.forEachClock { setResolution(fine, of: $0) }
    // The CPU clocks too: without a counter the kernel reports a tick for them.
    setResolution(fine, of: ClockNumber.processTime)
    setResolution(fine, of: ClockNumber.threadTime)
    setResolution(snapshot.tickNanoseconds, of: ClockNumber.realtimeCoarse)
    setResolution(snapshot.tickNanoseconds, of: ClockNumber.monotonicCoarse)
  }
}

/// The points of all clocks in a snapshot, computed once before the first bank is written.
private struct ClockPoints {
  let realtime: ClockPoint
  let tai: ClockPoint
  let monotonic: ClockPoint
  let raw: ClockPoint

  @inline(__always)
  init(_ snapshot: TimeSnapshot) {
    let up = 32 &- snapshot.shift  // 1 to 10.
    let seconds = UInt64(bitPattern: snapshot.realtimeSeconds)
    // The shift drops the bits at and above one nanosecond.
    let realtime = ClockPoint(
      seconds: seconds,
      fraction: UInt32(truncatingIfNeeded: snapshot.realtimeShifted) &<< up,
      nanoseconds: snapshot.realtimeNanoseconds, counter: snapshot.counter)
    self.realtime = realtime
    // Wrapping: an offset of seconds, in two's complement.
    tai = ClockPoint(
      seconds: seconds &+ UInt64(signedWord: snapshot.taiOffset),
      fraction: realtime.fraction, nanoseconds: realtime.nanoseconds, counter: snapshot.counter)
    monotonic = ClockPoint(
      seconds: UInt64(bitPattern: snapshot.monotonicSeconds),
      fraction: UInt32(truncatingIfNeeded: snapshot.monotonicShifted) &<< up,
      nanoseconds: snapshot.monotonicNanoseconds, counter: snapshot.counter)
    let shifted = snapshot.rawShifted
    raw = ClockPoint(
      seconds: UInt64(bitPattern: snapshot.rawSeconds),
      fraction: UInt32(truncatingIfNeeded: shifted) &<< up,
      nanoseconds: UInt32(truncatingIfNeeded: shifted >> 32) &<< up
        | UInt32(truncatingIfNeeded: shifted) &>> snapshot.shift,
      counter: snapshot.counter)
  }
}
