// SPDX-License-Identifier: Apache-2.0
// The writer's half of the latch, over any memory: the real page, or a test's page that stops the
// writer at every store.

import TickHandler
import VdsoPage

/// The memory that the latch is written to. A reader may run between any two of these steps.
protocol PageStore {
  /// Reads the 32-bit word at a byte offset that is a multiple of 4.
  func word(at offset: UInt32) -> UInt32
  /// Writes the 32-bit word at a byte offset that is a multiple of 4, with exactly one store.
  func setWord(_ value: UInt32, at offset: UInt32)
  /// Writes the six words of `point` into the record at byte offset `offset`.
  func setPoint(_ point: ClockPoint, at offset: UInt32)
  /// Copies the six words of a point from the record at `source` to the record at `target`. There
  /// is one writer, so it reads back what it wrote.
  func copyPoint(from source: UInt32, to target: UInt32)
  /// Orders earlier stores before later stores (`dmb ishst`).
  func storeBarrier()
  /// Completes earlier stores on all CPUs before any later counter read (`dsb`).
  func completeStores()
}

/// One clock's values at a snapshot, in the format of a record.
struct ClockPoint: Equatable {
  /// Seconds of the clock.
  var seconds: UInt64
  /// The remainder below one nanosecond, in 2^-32 ns.
  let fraction: UInt32
  /// Nanoseconds below a second.
  let nanoseconds: UInt32
  /// The counter value of the snapshot.
  let counter: UInt64
}

/// Writes snapshots into the two banks so that readers always find one bank that is not being
/// written. This is no lock: the caller serialises writers.
struct LatchWriter<Page: PageStore> {
  let page: Page

  @inline(__always)
  init(_ page: Page) { self.page = page }

  /// Writes both banks. A reader gets a clock's old values or its new ones, never a mix.
  ///
  /// A snapshot that continues the line gives fine-clock readers the same time from either bank.
  /// Before one that does not (`isDiscontinuous`), the caller calls `forbidExtrapolation`, then
  /// samples.
  @inline(__always)
  func write(_ snapshot: TimeSnapshot) {
    let points = ClockPoints(snapshot)
    switchBanks { bank in
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
    switchBanks { bank in
      Self.forEachClock { setLine(mult: nil, limit: 0, of: $0, inBank: bank) }
    }
    page.completeStores()
  }

  /// Runs `body` on bank 0 and then on bank 1, with the counts and barriers that readers rely on.
  @inline(__always)
  func switchBanks(_ body: (UInt32) -> Void) {
    // An odd count means that the last writer never finished: bank 0 is incomplete and readers use
    // bank 1. Starting again with bank 0 is then correct.
    let odd = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT)) | 1
    page.storeBarrier()
    page.setWord(odd, at: UInt32(VDSO_OFFSET_LOCK_COUNT))
    page.storeBarrier()
    body(0)
    page.storeBarrier()
    page.setWord(odd &+ 1, at: UInt32(VDSO_OFFSET_LOCK_COUNT))  // Wrapping: only parity counts.
    page.storeBarrier()
    body(1)
  }

  /// The clocks that have a record: REALTIME, MONOTONIC, MONOTONIC_RAW, BOOTTIME and TAI.
  private static func forEachClock(_ body: (UInt32) -> Void) {
    let clocks: InlineArray<5, UInt32> = [0, 1, 4, 7, 11]
    for index in clocks.indices { body(clocks[index]) }
  }

  @inline(__always)
  private func write(_ points: ClockPoints, toBank bank: UInt32) {
    guard bank == 0 else { return copyPoints() }
    page.setPoint(points.realtime, at: record(0, 0))
    page.setPoint(points.tai, at: record(11, 0))
    page.setPoint(points.monotonic, at: record(1, 0))
    page.copyPoint(from: record(1, 0), to: record(7, 0))
    page.setPoint(points.raw, at: record(4, 0))
  }

  /// Copies bank 0, which is complete, to bank 1; this needs fewer registers than writing it anew.
  @inline(__always)
  private func copyPoints() {
    page.copyPoint(from: record(0, 0), to: record(0, 1))
    page.copyPoint(from: record(1, 0), to: record(1, 1))
    page.copyPoint(from: record(4, 0), to: record(4, 1))
    page.copyPoint(from: record(7, 0), to: record(7, 1))
    page.copyPoint(from: record(11, 0), to: record(11, 1))
  }

  /// Writes the words that are constant along a line.
  private func writeLine(_ snapshot: TimeSnapshot, toBank bank: UInt32) {
    let limit =
      snapshot.mode == .counter
      ? Self.limitWord(limit: snapshot.counterLimit, shift: snapshot.shift) : 0
    Self.forEachClock { clock in
      setLine(
        mult: clock == 4 ? snapshot.rawMult : snapshot.mult, limit: limit, of: clock, inBank: bank)
    }
  }

  /// Writes the words of a record that ticks do not change; nil leaves `mult` unchanged.
  func setLine(mult: UInt32?, limit: UInt32, of clock: UInt32, inBank bank: UInt32) {
    let place = record(clock, bank)
    if let mult { page.setWord(mult, at: place &+ UInt32(VDSO_RECORD_MULT)) }
    page.setWord(limit, at: place &+ UInt32(VDSO_RECORD_LIMIT))
  }

  /// The extrapolation limit of a record: the longest distance, with the shift in the low byte.
  /// That byte adds at most ten counts, so 16 are subtracted before rounding down to a multiple of
  /// 256. The result never exceeds `limit`, nor a distance that still fits a word after the shift.
  static func limitWord(limit: UInt32, shift: UInt32) -> UInt32 {
    let mask = UInt32(VDSO_SHIFT_MASK)
    let limit = min(limit, 1 &<< shift)
    guard limit > mask else { return 0 }
    let bound = (limit &- 16) & ~mask
    return bound == 0 ? 0 : bound | (32 &- shift)
  }

  /// Writes the resolutions. Each is one word, valid or 0, so they need no banks.
  private func writeResolutions(_ snapshot: TimeSnapshot) {
    Self.forEachClock { setResolution(snapshot.mode == .counter ? 1 : 0, of: $0) }
    // The CPU clocks too: without a counter the kernel reports a tick for them.
    setResolution(snapshot.mode == .counter ? 1 : 0, of: 2)
    setResolution(snapshot.mode == .counter ? 1 : 0, of: 3)
    setResolution(snapshot.tickNanoseconds, of: 5)
    setResolution(snapshot.tickNanoseconds, of: 6)
  }

  private func setResolution(_ nanoseconds: UInt32, of clock: UInt32) {
    let entry = UInt32(VDSO_OFFSET_RESOLUTION) &+ clock &* UInt32(VDSO_RESOLUTION_STRIDE)
    page.setWord(nanoseconds, at: entry &+ UInt32(VDSO_RESOLUTION_NANOSECONDS))
  }

  /// The byte offset of a clock's record.
  @inline(__always)
  func record(_ clock: UInt32, _ bank: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_BANKS) &+ bank &* UInt32(VDSO_BANK_STRIDE) &+ UInt32(VDSO_BANK_CLOCKS)
      &+ clock &* UInt32(VDSO_RECORD_STRIDE)
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
      seconds: seconds &+ UInt64(bitPattern: Int64(snapshot.taiOffset)),
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
