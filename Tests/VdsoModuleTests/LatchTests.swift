// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import VdsoModule

/// The latch by itself, with data that are no clocks.
final class LatchTests: XCTestCase {
  private let store = RecordingStore()
  private var latch: Latch<RecordingStore> { Latch(store, count: 8) }

  /// One word a bank, at offsets 16 and 20.
  private func write(_ value: UInt32) {
    latch.write { store.setWord(value, at: 16 + $0 * 4) }
  }

  private func read() -> UInt32? {
    latch.read { store.word(at: 16 + $0 * 4) }
  }

  func testReaderGetsTheLastValueWritten() {
    write(7)
    XCTAssertEqual(read(), 7)
    write(8)
    XCTAssertEqual(read(), 8)
  }

  func testReaderUsesTheBankThatIsNotBeingWritten() {
    write(7)
    var seen: [UInt32?] = []
    latch.write { bank in
      store.setWord(99, at: 16 + bank * 4)
      seen.append(read())
    }
    XCTAssertEqual(seen, [7, 99])
  }

  func testReaderTriesAgainAfterAnUpdate() {
    write(7)
    var updates = 2
    store.onLoadBarrier = { [self] in
      guard updates > 0 else { return }
      updates -= 1
      write(8)
    }
    XCTAssertEqual(read(), 8)
    XCTAssertEqual(updates, 0)
  }

  func testReaderGivesUpAfterThreePasses() {
    var updates: UInt32 = 0
    store.onLoadBarrier = { [self] in
      updates += 1
      write(updates)
    }
    XCTAssertNil(read())
    XCTAssertEqual(updates, 6)
  }

  func testWriterThatNeverFinishedLeavesTheOtherBankValid() {
    write(7)
    store.setWord(store.word(at: 8) | 1, at: 8)  // Bank 0 was being written.
    store.setWord(99, at: 16)
    XCTAssertEqual(read(), 7)
    write(8)
    XCTAssertEqual(read(), 8)
  }
}
