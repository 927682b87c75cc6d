// SPDX-License-Identifier: Apache-2.0
// The clock records of the vvar pages, which are what their latches protect.

import VdsoPage

/// The memory of a vvar page: words, and whole points.
protocol ClockMemory: LatchMemory {
  /// Writes the six words of `point` into the record at byte offset `offset`.
  func setPoint(_ point: ClockPoint, at offset: UInt32)
  /// Copies the six words of a point from the record at `source` to the record at `target`. There
  /// is one writer, so it reads back what it wrote.
  func copyPoint(from source: UInt32, to target: UInt32)
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

/// The numbers of clocks that have a record or a resolution, as in Linux' uapi/linux/time.h.
enum ClockNumber {
  static var realtime: UInt32 { 0 }
  static var monotonic: UInt32 { 1 }
  static var processTime: UInt32 { 2 }
  static var threadTime: UInt32 { 3 }
  static var monotonicRaw: UInt32 { 4 }
  static var realtimeCoarse: UInt32 { 5 }
  static var monotonicCoarse: UInt32 { 6 }
  static var boottime: UInt32 { 7 }
  static var tai: UInt32 { 11 }
}

/// The clock records of one vvar page. The time page's are written by `ClockRecords+Time.swift`, the
/// process's own by `ProcessPageWriter.swift`.
struct ClockRecords<Memory: ClockMemory> {
  /// The page's latch.
  let latch: Latch<Memory>

  @inline(__always)
  init(_ memory: Memory) { latch = Latch(memory, count: UInt32(VDSO_OFFSET_LOCK_COUNT)) }

  /// The page.
  @inline(__always)
  var memory: Memory { latch.memory }

  /// The byte offset of a clock's record.
  @inline(__always)
  func record(_ clock: UInt32, _ bank: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_BANKS) &+ bank &* UInt32(VDSO_BANK_STRIDE) &+ UInt32(VDSO_BANK_CLOCKS)
      &+ clock &* UInt32(VDSO_RECORD_STRIDE)
  }

  /// Writes the words of a record that ticks do not change; nil leaves `mult` unchanged.
  func setLine(mult: UInt32?, limit: UInt32, of clock: UInt32, inBank bank: UInt32) {
    let offset = record(clock, bank)
    if let mult { memory.setWord(mult, at: offset &+ UInt32(VDSO_RECORD_MULT)) }
    memory.setWord(limit, at: offset &+ UInt32(VDSO_RECORD_LIMIT))
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

  /// Writes a clock's resolution: one word, valid or 0, so it needs no banks.
  func setResolution(_ nanoseconds: UInt32, of clock: UInt32) {
    memory.setWord(
      nanoseconds, at: Self.resolution(of: clock) &+ UInt32(VDSO_RESOLUTION_NANOSECONDS))
  }

  /// The byte offset of a clock's resolution.
  static func resolution(of clock: UInt32) -> UInt32 {
    UInt32(VDSO_OFFSET_RESOLUTION) &+ clock &* UInt32(VDSO_RESOLUTION_STRIDE)
  }

  /// The counter value of the last update: that of MONOTONIC; nil if updates kept the reader out.
  var lastSample: UInt64? {
    latch.read { bank in
      let offset = record(ClockNumber.monotonic, bank) &+ UInt32(VDSO_RECORD_COUNTER)
      return UInt64(memory.word(at: offset &+ 4)) << 32 | UInt64(memory.word(at: offset))
    }
  }
}
