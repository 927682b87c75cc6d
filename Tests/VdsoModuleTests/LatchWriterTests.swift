import RTOSCore
import TickHandler
import VdsoPage
import VdsoReader
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class LatchWriterTests: XCTestCase {
  private let count = UInt32(VDSO_OFFSET_LOCK_COUNT)

  private func bank(of offset: UInt32) -> UInt32? {
    guard offset >= UInt32(VDSO_OFFSET_BANKS), offset < vdso_page_size() else { return nil }
    return (offset - UInt32(VDSO_OFFSET_BANKS)) / UInt32(VDSO_BANK_STRIDE)
  }

  func testAnUpdateIsBarrierCountBarrierBankBarrierCountBarrierBank() {
    let store = RecordingStore()
    LatchWriter(store).write(.numbered(1, isNewLine: true))
    LatchWriter(store).write(.numbered(2, isNewLine: false))
    let second = store.steps.lastIndex(of: .store(count, 3)).map { store.steps[($0 - 1)...] } ?? []
    var shape: [String] = []
    for step in second {
      let name =
        switch step {
        case .barrier: "barrier"
        case .store(count, let value): "count \(value)"
        case .store(let offset, _): "bank \(bank(of: offset).map(String.init) ?? "none")"
        }
      if shape.last != name { shape.append(name) }
    }
    XCTAssertEqual(
      shape, ["barrier", "count 3", "barrier", "bank 0", "barrier", "count 4", "barrier", "bank 1"])
  }

  func testBothBanksEndUpEqual() {
    let store = RecordingStore()
    for number in UInt32(1)...5 {
      LatchWriter(store).write(.numbered(number, isNewLine: number % 2 == 1))
      for offset in stride(from: UInt32(0), to: UInt32(VDSO_BANK_STRIDE), by: 4) {
        XCTAssertEqual(
          store.memory[UInt32(VDSO_OFFSET_BANKS) + offset],
          store.memory[UInt32(VDSO_OFFSET_BANKS + VDSO_BANK_STRIDE) + offset])
      }
    }
  }

  func testAllOfASnapshotStandsInThePage() {
    let store = RecordingStore()
    let snapshot = TimeSnapshot(
      realtimeSeconds: 0x0123_4567_89ab_cdef, realtimeNanoseconds: 999_999_999,
      monotonicSeconds: -2, monotonicNanoseconds: 7,
      realtimeShifted: UInt64(999_999_999) << 31 | 0x7fff_fffe,
      monotonicShifted: 7 << 31 | 0x1234_5678, rawSeconds: -2,
      rawShifted: 7 << 31 | 0x1234_5678, taiOffset: 37, counter: 0xfedc_ba98_7654_3210,
      counterLimit: 0x8000_0001, mult: 0xffff_fff1, rawMult: 0xffff_fff1, shift: 31,
      tickNanoseconds: 10_000_000,
      mode: .counter, isNewLine: true)
    LatchWriter(store).write(snapshot)
    for bank in [UInt32(VDSO_OFFSET_BANKS), UInt32(VDSO_OFFSET_BANKS + VDSO_BANK_STRIDE)] {
      let words = stride(from: bank, to: bank + 64, by: 4).map { store.memory[$0] }
      XCTAssertEqual(
        words,
        [
          0x89ab_cdef, 0x0123_4567, 999_999_999, UInt32(VDSO_PAGE_KEY),
          0xffff_fffe, 0xffff_ffff, 7, UInt32(VDSO_PAGE_KEY),
          0x7654_3210, 0xfedc_ba98, 0xffff_fff1, 31, 1, 0x8000_0001, 0x7fff_fffe, 0x1234_5678,
        ])
    }
    XCTAssertEqual(store.memory[UInt32(VDSO_OFFSET_COARSE_RESOLUTION)], 10_000_000)
  }

  func testAWriterGoesOnWhereOneStoppedInTheMiddle() {
    let store = RecordingStore()
    LatchWriter(store).write(.numbered(1, isNewLine: true))
    store.memory[count] = 3  // Bank 0 is unfinished; readers are on bank 1.
    store.steps = []
    LatchWriter(store).write(.numbered(2, isNewLine: false))
    let counts = store.steps.filter { if case .store(count, _) = $0 { true } else { false } }
    XCTAssertEqual(counts, [.store(count, 3), .store(count, 4)])
  }

  func testTheCountWraps() {
    let store = RecordingStore()
    store.memory[count] = 0xffff_fffe
    LatchWriter(store).write(.numbered(1, isNewLine: true))
    XCTAssertEqual(store.memory[count], 0)
    let page = ScriptedPage()
    page.memory = store.memory
    XCTAssertEqual(LatchReader(page).coarse(0), .numbered(1))
  }

  func testAPageWhoseFirstSnapshotIsNoNewLineHasNoAnswer() {
    let store = RecordingStore()
    LatchWriter(store).write(.numbered(1, isNewLine: false))
    let page = ScriptedPage()
    page.memory = store.memory
    XCTAssertNil(LatchReader(page).coarse(0))
    XCTAssertNil(LatchReader(page).coarseResolution())
  }

  func testATickStoresNoMoreWordsThanItMust() {
    let store = RecordingStore()
    LatchWriter(store).write(.numbered(1, isNewLine: true))
    store.steps = []
    LatchWriter(store).write(.numbered(2, isNewLine: false))
    XCTAssertEqual(store.steps.count { $0 != .barrier }, 2 + 2 * 10)
    XCTAssertEqual(store.steps.count { $0 == .barrier }, 4)
  }

  func testTheWriterOfThePageWritesItsIdentityAndTakesOldAnswersBack() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt32.self, repeating: UInt32(VDSO_PAGE_KEY), count: 1024)
    let writer = VdsoPageWriter<MockProcessor>(page: memory)
    XCTAssertEqual(vdso_page_word(memory, 0), UInt32(VDSO_PAGE_MAGIC))
    XCTAssertEqual(vdso_page_word(memory, 4), UInt32(VDSO_PAGE_VERSION))
    XCTAssertEqual(vdso_page_word(memory, 8), 0x180)
    XCTAssertEqual(vdso_page_word(memory, 12), vdso_page_layout_hash())
    for entry in [0x80, 0x90, 0x100, 0x110] as [UInt32] {
      XCTAssertEqual(vdso_page_word(memory, entry + 12), 0)
    }
    writer.setBuildID(BuildID(bytes: InlineArray { UInt8($0) }))
    XCTAssertEqual(vdso_page_word(memory, 0x20), 0x1312_1110)
    let before = writer.updateCount
    writer.publish(.numbered(1, isNewLine: true))
    XCTAssertEqual(writer.updateCount, before + 1)
    XCTAssertEqual(vdso_page_word(memory, 0x88), 1)
  }
}
