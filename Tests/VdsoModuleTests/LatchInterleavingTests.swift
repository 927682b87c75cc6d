// SPDX-License-Identifier: Apache-2.0
import VdsoPage
import VdsoReader
import XCTest

@testable import VdsoModule

/// Every interleaving of a reader's six loads with a writer's stores: the reader is stopped at
/// every step while the writer makes any number of stores, through three whole updates.
final class LatchInterleavingTests: XCTestCase {
  private typealias Store = (offset: UInt32, value: UInt32)
  private let countOffset = UInt32(VDSO_OFFSET_LOCK_COUNT)

  /// The stores that a reader of clock `entry` can see: the count and the entry in both banks.
  private func visible(_ stores: [Store], _ entry: UInt32) -> [Store] {
    stores.filter { store in
      if store.offset == countOffset { return true }
      guard store.offset >= UInt32(VDSO_OFFSET_BANKS) else { return false }
      let inBank = (store.offset - UInt32(VDSO_OFFSET_BANKS)) % UInt32(VDSO_BANK_STRIDE)
      let place = Int(inBank) - Int(VDSO_BANK_CLOCKS)
      // The counter after the time is not for readers of a coarse clock.
      return place / Int(VDSO_RECORD_STRIDE) == Int(entry) && place >= 0
        && place % Int(VDSO_RECORD_STRIDE) < Int(VDSO_RECORD_COUNTER)
    }
  }

  /// The same updates with the stores between two barriers in the opposite order, which a machine
  /// is free to choose.
  private func reordered(_ updates: [[Store]]) -> [[Store]] {
    updates.map { update in
      var result: [Store] = []
      var group: [Store] = []
      for store in update {
        if store.offset == countOffset {
          result += group.reversed()
          group = []
          result.append(store)
        } else {
          group.append(store)
        }
      }
      return result + group.reversed()
    }
  }

  /// Runs `read` for every non-decreasing choice of writer positions at the six loads.
  private func forEachInterleaving(
    of stores: [Store], startingWith initial: Words,
    _ read: (ScriptedPage) -> ClockTime?,
    _ check: (ClockTime?, _ first: Int, _ last: Int) -> Void
  ) {
    var positions = [Int](repeating: 0, count: ScriptedPage.loadsPerPass)
    let page = ScriptedPage()
    while true {
      page.memory = initial
      page.loads = 0
      var done = 0
      page.beforeLoad = { load in
        let target = positions[min(load, positions.count - 1)]
        while done < target {
          page.memory[stores[done].offset] = stores[done].value
          done += 1
        }
      }
      check(read(page), positions[0], positions[positions.count - 1])
      guard let next = positions.lastIndex(where: { $0 < stores.count }) else { return }
      positions[next] += 1
      for later in next..<positions.count { positions[later] = positions[next] }
    }
  }

  /// Memory after the first update, and the visible stores of the ones that follow.
  private func scenario(
    _ entry: UInt32, _ transform: ([[Store]]) -> [[Store]] = { $0 }
  ) -> (initial: Words, stores: [Store], ends: [Int]) {
    let updates = transform(RecordingStore.stores(ofUpdates: 3))
    var memory = Words()
    for store in updates[0] { memory[store.offset] = store.value }
    var stores: [Store] = []
    var ends: [Int] = []
    for update in updates.dropFirst() {
      stores += visible(update, entry)
      ends.append(stores.count)
    }
    return (memory, stores, ends)
  }

  private func checkNoTornRead(_ entry: UInt32, _ transform: ([[Store]]) -> [[Store]]) {
    let (initial, stores, ends) = scenario(entry, transform)
    var answers = 0
    var refusals = 0
    var bad: [String] = []
    forEachInterleaving(of: stores, startingWith: initial) {
      LatchReader($0).coarse(entry)
    } _: { time, first, last in
      guard let time else {
        refusals += 1
        return
      }
      answers += 1
      // Update n is complete, for readers, from its second count on; at the latest at its end.
      let oldest = UInt32(1 + ends.count { $0 <= first })
      let newest = UInt32(1 + ([0] + ends.dropLast()).count { $0 < last })
      guard (oldest...newest).contains(where: { time == .numbered($0, entry) }) else {
        bad.append("\(time) at \(first)…\(last)")
        return
      }
    }
    XCTAssertEqual(bad.prefix(3), [])
    XCTAssertGreaterThan(answers, 100)
    XCTAssertGreaterThan(refusals, 1000, "the stores do come in between")
  }

  func testDefect1NoReadOfRealtimeIsTorn() { checkNoTornRead(0) { $0 } }

  func testDefect1NoReadOfMonotonicIsTorn() { checkNoTornRead(1) { $0 } }

  func testNoReadIsTornWhenStoresBetweenBarriersAreReordered() { checkNoTornRead(0, reordered) }

  /// The model sees torn reads where there are some: without looking at the count again.
  func testReaderWithoutTheSecondLoadIsTorn() {
    let (initial, stores, _) = scenario(0)
    var torn = 0
    forEachInterleaving(of: stores, startingWith: initial) { page in
      let count = page.word(at: UInt32(VDSO_OFFSET_LOCK_COUNT))
      let entry =
        UInt32(VDSO_OFFSET_BANKS) + UInt32(VDSO_BANK_CLOCKS)
        + (count & 1) * UInt32(VDSO_BANK_STRIDE)
      let seconds = page.pair(at: entry)
      let rest = page.pair(at: entry + 8)
      return ClockTime(seconds: seconds, nanoseconds: UInt32(truncatingIfNeeded: rest >> 32))
    } _: { time, _, _ in
      if !(1...3).contains(where: { time == .numbered($0) }) { torn += 1 }
    }
    XCTAssertGreaterThan(torn, 0)
  }

  /// A writer that writes both banks at once is found as well.
  func testWriterThatDoesNotSwitchBanksIsFound() {
    let (initial, stores, _) = scenario(0) { updates in
      updates.map { update in
        let counts = update.filter { $0.offset == UInt32(VDSO_OFFSET_LOCK_COUNT) }
        return [counts[0]] + update.filter { $0.offset != UInt32(VDSO_OFFSET_LOCK_COUNT) }
          + [counts[1]]
      }
    }
    var torn = 0
    forEachInterleaving(of: stores, startingWith: initial) {
      LatchReader($0).coarse(0)
    } _: { time, _, _ in
      if let time, !(1...3).contains(where: { time == .numbered($0) }) { torn += 1 }
    }
    XCTAssertGreaterThan(torn, 0)
  }

  /// A writer stopped permanently at any step: readers continue and get the old or the new time.
  func testWriterStoppedAtAnyStepStopsNoReader() {
    let updates = RecordingStore.stores(ofUpdates: 3)
    for entry in UInt32(0)..<2 {
      let page = ScriptedPage()
      for store in updates[0] { page.memory[store.offset] = store.value }
      for number in UInt32(2)...3 {
        var latest = number - 1
        for store in updates[Int(number) - 1] {
          page.memory[store.offset] = store.value
          let time = LatchReader(page).coarse(entry)
          if time == .numbered(number, entry) { latest = number }
          XCTAssertEqual(time, .numbered(latest, entry), "never back to the old one")
        }
        XCTAssertEqual(latest, number)
      }
    }
  }
}
