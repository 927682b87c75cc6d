// SPDX-License-Identifier: Apache-2.0
import VmRegion
import XCTest

@testable import UserSpace

/// Where the parts of a process are in memory.
final class ProcessPageTests: XCTestCase {
  func testPartsOfAProcessFitInItsPage() {
    XCTAssertLessThanOrEqual(MemoryLayout<ProcessPage<Services>>.size, Int(Page.size))
  }

  /// The entry code of the port reads these words (trap_frame.h).
  func testCallAreaHasTheLayoutOfTheEntryCode() {
    typealias Area = MemoryLayout<CallArea<Services>>
    XCTAssertEqual(Area.offset(of: \.calls), 0)
    XCTAssertEqual(Area.offset(of: \.parent), 8)
    // A pointer is aligned to its size.
    XCTAssertEqual(Area.offset(of: \.process), 8 + MemoryLayout<UInt>.size)
  }

  func testTablesOfRecordsFollowEachOther() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 24, alignment: 8)
    defer { memory.deallocate() }
    var rest = RecordMemory(memory, byteCount: 24)
    let words = rest.table(3) { UInt32($0) }
    let halves = rest.table(6) { UInt16($0 + 10) }
    XCTAssertEqual((0..<3).map { words[$0] }, [0, 1, 2])
    XCTAssertEqual((0..<6).map { halves[$0] }, [10, 11, 12, 13, 14, 15])
    XCTAssertEqual(UnsafeRawPointer(halves.reference(0).address), memory + 12)
    let other = RecordTable<UInt32>(.allocate(capacity: 3), count: 3)
    defer { other.reference(0).address.deallocate() }
    other.copy(from: words)
    words.clear()
    XCTAssertEqual((0..<3).map { other[$0] }, [0, 1, 2])
    XCTAssertEqual((0..<3).map { words[$0] }, [0, 0, 0])
  }
}
