// SPDX-License-Identifier: Apache-2.0
// The writer's half of the latch, over any memory: the target's page, or a test's that stops the
// writer at every store.

import TickHandler
import VdsoPage

/// Where the writer puts words. Each requirement is one step that a reader may come between.
protocol PageStore {
  /// Reads the 32-bit word at a byte offset that is a multiple of 4.
  func word(at offset: UInt32) -> UInt32
  /// Writes it, with exactly one store.
  func setWord(_ value: UInt32, at offset: UInt32)
  /// Writes a clock's point, six words, into the record at `offset`.
  func setPoint(_ point: ClockPoint, at offset: UInt32)
  /// Writes the point of the record at `source` into the one at `target`. Only this writer writes,
  /// so what it wrote is what it reads.
  func copyPoint(from source: UInt32, to target: UInt32)
  /// Orders the stores before it against the stores after it (`dmb ishst`).
  func storeBarrier()
  /// Afterwards every CPU sees the stores before it, and only then a counter is read (`dsb`).
  func completeStores()
}

/// One clock at the moment of a snapshot, as a record has it.
struct ClockPoint: Equatable {
  /// Seconds of the clock.
  var seconds: UInt64
  /// What is left below a nanosecond, in 2^-32 ns.
  let fraction: UInt32
  /// Nanoseconds below a second.
  let nanoseconds: UInt32
  /// The counter at the moment.
  let counter: UInt64
}

/// Writes snapshots into the two banks so that a reader always finds one that is not being
/// written. Callers take turns: this is not a lock.
struct LatchWriter<Page: PageStore> {
  let page: Page

  @inline(__always)
  init(_ page: Page) { self.page = page }

  /// Writes both banks. Readers find the old values of a clock or the new ones, never parts of both.
  ///
  /// A snapshot that continues the line gives fine readers the same time from either bank. For one
  /// that does not (`isNewLine`), `forbidExtrapolation` comes first, and before the sample.
  @inline(__always)
  func write(_ snapshot: TimeSnapshot) {
    let points = ClockPoints(snapshot)
    switchBanks { bank in
      write(points, toBank: bank)
      if snapshot.isNewLine { writeLine(snapshot, toBank: bank) }
    }
    if snapshot.isNewLine { writeResolutions(snapshot) }
  }

  /// Takes the fine clocks out of both banks: from the return on until the next `write`, no reader
  /// gets a time that it extrapolated from them.
  ///
  /// A reader that read the counter before this was through may still give that time. It was on the
  /// old line at a moment before the new line's sample, so it is not ahead of it.
  func forbidExtrapolation() {
    switchBanks { bank in
      Self.forEachClock { setLine(mult: nil, reach: 0, of: $0, inBank: bank) }
    }
    page.completeStores()
  }

  /// One update of both banks by `body`, in the order that readers rely on.
  @inline(__always)
  func switchBanks(_ body: (UInt32) -> Void) {
    // An odd count can only be what a writer left that never came back: bank 0 is then unfinished,
    // readers are on bank 1, and it is right to go on from there.
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

  /// The second bank takes no registers: it is what the first is by now.
  @inline(__always)
  private func copyPoints() {
    page.copyPoint(from: record(0, 0), to: record(0, 1))
    page.copyPoint(from: record(1, 0), to: record(1, 1))
    page.copyPoint(from: record(4, 0), to: record(4, 1))
    page.copyPoint(from: record(7, 0), to: record(7, 1))
    page.copyPoint(from: record(11, 0), to: record(11, 1))
  }

  /// What stays the same along a line.
  private func writeLine(_ snapshot: TimeSnapshot, toBank bank: UInt32) {
    let reach =
      snapshot.mode == .counter
      ? Self.reach(limit: snapshot.counterLimit, shift: snapshot.shift) : 0
    Self.forEachClock { clock in
      setLine(
        mult: clock == 4 ? snapshot.rawMult : snapshot.mult, reach: reach, of: clock, inBank: bank)
    }
  }

  /// The words of a record that ticks leave alone; nil leaves `mult`.
  func setLine(mult: UInt32?, reach: UInt32, of clock: UInt32, inBank bank: UInt32) {
    let place = record(clock, bank)
    if let mult { page.setWord(mult, at: place &+ UInt32(VDSO_RECORD_MULT)) }
    page.setWord(reach, at: place &+ UInt32(VDSO_RECORD_REACH))
  }

  /// The bound of a distance with the shift in its low byte. The byte adds at most ten counts, so
  /// sixteen are taken off before rounding down to 256: the bound is never above the limit, nor
  /// above what fits a word when it is shifted.
  static func reach(limit: UInt32, shift: UInt32) -> UInt32 {
    let mask = UInt32(VDSO_REACH_SHIFT_MASK)
    let limit = min(limit, 1 &<< shift)
    guard limit > mask else { return 0 }
    let bound = (limit &- 16) & ~mask
    return bound == 0 ? 0 : bound | (32 &- shift)
  }

  /// One word each that is either valid or 0: they need no bank.
  private func writeResolutions(_ snapshot: TimeSnapshot) {
    Self.forEachClock { setResolution(snapshot.mode == .counter ? 1 : 0, of: $0) }
    // CPU clocks too: without a counter the kernel's answer for them is a tick.
    setResolution(snapshot.mode == .counter ? 1 : 0, of: 2)
    setResolution(snapshot.mode == .counter ? 1 : 0, of: 3)
    setResolution(snapshot.tickNanoseconds, of: 5)
    setResolution(snapshot.tickNanoseconds, of: 6)
  }

  private func setResolution(_ nanoseconds: UInt32, of clock: UInt32) {
    let entry = UInt32(VDSO_OFFSET_RESOLUTION) &+ clock &* UInt32(VDSO_RESOLUTION_STRIDE)
    page.setWord(nanoseconds, at: entry &+ UInt32(VDSO_RESOLUTION_NANOSECONDS))
  }

  /// Where a clock's record is.
  @inline(__always)
  func record(_ clock: UInt32, _ bank: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_BANKS) &+ bank &* UInt32(VDSO_BANK_STRIDE) &+ UInt32(VDSO_BANK_CLOCKS)
      &+ clock &* UInt32(VDSO_RECORD_STRIDE)
  }
}

/// The points that a snapshot gives; computed once, before the first bank is touched.
private struct ClockPoints {
  let realtime: ClockPoint
  let tai: ClockPoint
  let monotonic: ClockPoint
  let raw: ClockPoint

  @inline(__always)
  init(_ snapshot: TimeSnapshot) {
    let up = 32 &- snapshot.shift  // 1 to 10.
    let seconds = UInt64(bitPattern: snapshot.realtimeSeconds)
    // What is above a nanosecond leaves the word at the top.
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
