// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

final class ByteRingTests: XCTestCase {
  func testRingReturnsBytesInTheirOrder() {
    var ring = ByteRing<8>()
    XCTAssertNil(ring.first)
    XCTAssertNil(ring.removeFirst())
    var next: UInt8 = 0
    var expected: UInt8 = 0
    for step in 0..<1000 {
      for _ in 0..<(step % 9) where ring.room > 0 {
        ring.append(next)
        next &+= 1
      }
      for _ in 0..<(step % 5) {
        let count = ring.count
        XCTAssertEqual(ring.first, count == 0 ? nil : expected)
        guard let byte = ring.removeFirst() else { continue }
        XCTAssertEqual(byte, expected)
        XCTAssertEqual(ring.count, count - 1)
        expected &+= 1
      }
      XCTAssertEqual(ring.room, 8 - ring.count)
    }
    XCTAssertGreaterThan(next, 100)
  }

  func testRingIsFullAtItsCapacity() {
    var ring = ByteRing<4>()
    for byte in UInt8(0)..<4 { ring.append(byte) }
    XCTAssertEqual([ring.count, ring.room], [4, 0])
    XCTAssertEqual(ring.removeFirst(), 0)
    ring.append(4)
    XCTAssertEqual((0..<4).map { _ in ring.removeFirst() }, [1, 2, 3, 4])
  }
}
