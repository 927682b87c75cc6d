// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoPage
import VdsoReader
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class ClockRecordsTests: XCTestCase {
  private let count = UInt32(VDSO_OFFSET_LOCK_COUNT)

  private func bank(of offset: UInt32) -> UInt32? {
    guard offset >= UInt32(VDSO_OFFSET_BANKS), offset < vdso_page_size() else { return nil }
    return (offset - UInt32(VDSO_OFFSET_BANKS)) / UInt32(VDSO_BANK_STRIDE)
  }

  func testUpdateWritesCountAndBankTwiceWithBarriersBetween() {
    let store = RecordingStore()
    ClockRecords(store).write(.numbered(1, isDiscontinuous: true))
    ClockRecords(store).write(.numbered(2, isDiscontinuous: false))
    let second = store.steps.lastIndex(of: .store(count, 3)).map { store.steps[($0 - 1)...] } ?? []
    var shape: [String] = []
    for step in second {
      let name =
        switch step {
        case .barrier, .completion: "barrier"
        case .store(count, let value): "count \(value)"
        case .store(let offset, _): "bank \(bank(of: offset).map(String.init) ?? "none")"
        }
      if shape.last != name { shape.append(name) }
    }
    XCTAssertEqual(
      shape, ["barrier", "count 3", "barrier", "bank 0", "barrier", "count 4", "barrier", "bank 1"])
  }

  func testBothBanksAreEqualAfterAnUpdate() {
    let store = RecordingStore()
    for number in UInt32(1)...5 {
      ClockRecords(store).write(.numbered(number, isDiscontinuous: number % 2 == 1))
      for offset in stride(from: UInt32(4), to: UInt32(VDSO_BANK_STRIDE), by: 4) {
        XCTAssertEqual(
          store.memory[UInt32(VDSO_OFFSET_BANKS) + offset],
          store.memory[UInt32(VDSO_OFFSET_BANKS + VDSO_BANK_STRIDE) + offset])
      }
    }
  }

  func testPageHasAllOfTheSnapshot() {
    let store = RecordingStore()
    let snapshot = TimeSnapshot(
      realtimeSeconds: 0x0123_4567_89ab_cdef, realtimeNanoseconds: 999_999_999,
      monotonicSeconds: -2, monotonicNanoseconds: 7,
      realtimeShifted: UInt64(999_999_999) << 31 | 0x7fff_fffe,
      monotonicShifted: 7 << 31 | 0x1234_5678, rawSeconds: -2,
      rawShifted: 7 << 31 | 0x1234_5678, taiOffset: 37, counter: 0xfedc_ba98_7654_3210,
      counterLimit: 0x8000_0001, mult: 0xffff_fff1, rawMult: 0xffff_ff00, shift: 31,
      tickNanoseconds: 10_000_000,
      mode: .counter, isDiscontinuous: true)
    ClockRecords(store).write(snapshot)
    let counter: [UInt32] = [0x7654_3210, 0xfedc_ba98]
    // The bound, 0x80000001 - 16 rounded down to 256, and the shift by 1.
    let realtime: [UInt32] = [0xffff_fffc, 999_999_999] + counter + [0xffff_fff1, 0x7fff_ff01]
    let monotonic: [UInt32] =
      [0xffff_fffe, 0xffff_ffff, 0x2468_acf0, 7] + counter + [0xffff_fff1, 0x7fff_ff01]
    for bank in [UInt32(VDSO_OFFSET_BANKS), UInt32(VDSO_OFFSET_BANKS + VDSO_BANK_STRIDE)] {
      let record = { (clock: UInt32) in
        (0..<UInt32(8)).map { store.memory[bank + 32 + clock * 32 + $0 * 4] }
      }
      XCTAssertEqual(record(0), [0x89ab_cdef, 0x0123_4567] + realtime)
      XCTAssertEqual(record(11), [0x89ab_cdef + 37, 0x0123_4567] + realtime)
      XCTAssertEqual(record(1), monotonic)
      XCTAssertEqual(record(7), monotonic)
      XCTAssertEqual(record(4), monotonic.prefix(6) + [0xffff_ff00, 0x7fff_ff01])
      for none in [2, 3, 5, 6, 8, 9, 10] as [UInt32] {
        XCTAssertEqual(record(none), [UInt32](repeating: 0, count: 8), "\(none)")
      }
    }
    let page = ScriptedPage()
    page.memory = store.memory
    XCTAssertEqual(
      (0..<12).map { page.resolution($0).nanoseconds },
      [1, 1, 1, 1, 1, 10_000_000, 10_000_000, 1, 0, 0, 0, 1])
  }

  func testWriterContinuesAfterOneThatStoppedHalfway() {
    let store = RecordingStore()
    ClockRecords(store).write(.numbered(1, isDiscontinuous: true))
    store.memory[count] = 3  // Bank 0 is unfinished; readers are on bank 1.
    store.steps = []
    ClockRecords(store).write(.numbered(2, isDiscontinuous: false))
    let counts = store.steps.filter { if case .store(count, _) = $0 { true } else { false } }
    XCTAssertEqual(counts, [.store(count, 3), .store(count, 4)])
  }

  func testCountWraps() {
    let store = RecordingStore()
    store.memory[count] = 0xffff_fffe
    ClockRecords(store).write(.numbered(1, isDiscontinuous: true))
    XCTAssertEqual(store.memory[count], 0)
    let page = ScriptedPage()
    page.memory = store.memory
    XCTAssertEqual(LatchReader(page).coarse(0), .numbered(1))
  }

  func testTickStoresTheFewestWords() {
    let store = RecordingStore()
    ClockRecords(store).write(.numbered(1, isDiscontinuous: true))
    store.steps = []
    ClockRecords(store).write(.numbered(2, isDiscontinuous: false))
    XCTAssertEqual(store.steps.count { $0 != .barrier }, 2 + 2 * 5 * 6)
    XCTAssertEqual(store.steps.count { $0 == .barrier }, 4)
  }

  func testPageWriterWritesItsIdentityAndClearsOldAnswers() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt32.self, repeating: .max, count: 1024)
    let writer = VdsoPageWriter<MockProcessor>(page: memory)
    XCTAssertFalse(writer.isPublished)
    XCTAssertEqual(writer.updateCount, 0)
    XCTAssertEqual(vdso_page_word(memory, 0), UInt32(VDSO_PAGE_MAGIC))
    XCTAssertEqual(vdso_page_word(memory, 4), UInt32(VDSO_PAGE_VERSION))
    XCTAssertEqual(vdso_page_word(memory, 8), 0x500)
    XCTAssertEqual(vdso_page_word(memory, 12), vdso_page_layout_hash())
    for clock in [0, 1, 4, 7, 11] as [UInt32] {
      for bank in [0x100, 0x300] as [UInt32] {
        XCTAssertEqual(vdso_page_word(memory, bank + 32 + clock * 32 + 28), 0)
      }
    }
    for clock in UInt32(0)..<12 { XCTAssertEqual(vdso_page_word(memory, 0x44 + clock * 16), 0) }
    writer.setBuildID(BuildID(bytes: InlineArray { UInt8($0) }))
    XCTAssertEqual(vdso_page_word(memory, 0x20), 0x1312_1110)
    writer.publish(.numbered(1, isDiscontinuous: true))
    XCTAssertTrue(writer.isPublished)
    XCTAssertEqual(writer.updateCount, 1)
    XCTAssertEqual(vdso_page_word(memory, 0x12c), 1)
  }

  func testPageAgeIsTheTimeSinceItsUpdate() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt32.self, repeating: 0, count: 1024)
    let writer = VdsoPageWriter<MockProcessor>(page: memory)
    for number in [1, 2] as [UInt32] {
      let snapshot = TimeSnapshot.numbered(number, isDiscontinuous: number == 1)
      writer.publish(snapshot)
      let counter = snapshot.counter
      XCTAssertEqual(writer.ageNanoseconds(at: counter, frequency: 62_500_000), 0)
      XCTAssertEqual(writer.ageNanoseconds(at: counter &- 1, frequency: 62_500_000), 0)
      XCTAssertEqual(writer.ageNanoseconds(at: counter + 62_500, frequency: 62_500_000), 1_000_000)
      XCTAssertEqual(
        writer.ageNanoseconds(at: counter + 1 << 40, frequency: 1_000_000), 1_099_511_627_776_000)
    }
  }

  func testForbiddenExtrapolationLeavesTheCoarseClocks() {
    let store = RecordingStore()
    ClockRecords(store).write(.numbered(1, isDiscontinuous: true))
    store.steps = []
    ClockRecords(store).forbidExtrapolation()
    XCTAssertEqual(store.steps.last, .completion)
    XCTAssertEqual(store.steps.count { if case .store(_, 0) = $0 { true } else { false } }, 10)
    let page = ScriptedPage()
    page.memory = store.memory
    page.counter = 1 << 32 | 1
    XCTAssertEqual(LatchReader(page).coarse(0), .numbered(1))
    for clock in [0, 1, 4, 7, 11] as [UInt32] {
      for clamps in [false, true] {
        XCTAssertEqual(LatchReader(page).fine(clock, clampsPast: clamps), .refused)
      }
    }
    ClockRecords(store).write(.numbered(2, isDiscontinuous: true))
    page.memory = store.memory
    page.counter = 2 << 32 | 2
    XCTAssertEqual(LatchReader(page).fine(0, clampsPast: false), .time(.numbered(2)))
  }

  func testMissingCounterLeavesTheCoarseClocks() {
    let store = RecordingStore()
    var snapshot = TimeSnapshot.numbered(1, isDiscontinuous: true)
    snapshot.mode = .systemCall
    ClockRecords(store).write(snapshot)
    let page = ScriptedPage()
    page.memory = store.memory
    page.counter = 1 << 32 | 1
    XCTAssertEqual(LatchReader(page).fine(0, clampsPast: true), .refused)
    XCTAssertEqual(LatchReader(page).coarse(0), .numbered(1))
    XCTAssertEqual(page.resolution(0).nanoseconds, 0)
    XCTAssertEqual(page.resolution(5).nanoseconds, 1_000_000)
  }

  func testBoundIsNeverAboveTheLimit() {
    for limit in (0..<2000).map({ UInt32($0) }) + [62_499_999, .max - 1, .max] {
      for shift in UInt32(22)...31 {
        var snapshot = TimeSnapshot.numbered(1, isDiscontinuous: true)
        snapshot.counterLimit = limit
        snapshot.shift = shift
        let limit = ClockRecords<RecordingStore>.limitWord(
          limit: snapshot.counterLimit, shift: snapshot.shift)
        XCTAssertLessThanOrEqual(limit, limit)
        XCTAssertLessThanOrEqual(limit, 1 << shift, "the shifted distance fits a word")
        XCTAssertTrue(limit == 0 || limit & 0xff == 32 - shift)
        XCTAssertGreaterThanOrEqual(
          Int64(limit), min(Int64(limit), 1 << Int64(shift)) - 300, "nor far below it")
      }
    }
  }
}
