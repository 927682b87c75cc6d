// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

final class RandomSourceTests: XCTestCase {
  /// RFC 8439, 2.3.2.
  func testBlockFunctionAgreesWithTheStandard() {
    var state = ChaCha20.Block(repeating: 0)
    let input: [UInt32] = [
      0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574, 0x0302_0100, 0x0706_0504, 0x0b0a_0908,
      0x0f0e_0d0c, 0x1312_1110, 0x1716_1514, 0x1b1a_1918, 0x1f1e_1d1c, 1, 0x0900_0000,
      0x4a00_0000, 0,
    ]
    for (index, word) in input.enumerated() { state[index] = word }
    let block = ChaCha20.block(state)
    XCTAssertEqual(block[0], 0xe4e7_f110)
    XCTAssertEqual(block[7], 0x4e6c_d4c3)
    XCTAssertEqual(block[15], 0x4e3c_50a2)
  }

  func testRequestsGetDifferentBytes() {
    let seed = [UInt8](0..<32)
    var source = RandomSource(seed: seed.span, mixing: 5)
    var seen: Set<[UInt32]> = []
    for _ in 0..<1000 {
      seen.insert((0..<8).map { _ in source.next() })
    }
    XCTAssertEqual(seen.count, 1000)
  }

  func testSeedAndCounterBothMatter() {
    let seed = [UInt8](0..<32)
    var a = RandomSource(seed: seed.span, mixing: 5)
    var b = RandomSource(seed: seed.span, mixing: 6)
    let other = [UInt8](1..<33)
    var c = RandomSource(seed: other.span, mixing: 5)
    let first = a.next()
    XCTAssertNotEqual(first, b.next())
    XCTAssertNotEqual(first, c.next())
  }

  func testFillReachesEveryByteOfAnOddLength() {
    let seed: [UInt8] = []
    var source = RandomSource(seed: seed.span, mixing: 0)
    var reached = [Bool](repeating: false, count: 77)
    for _ in 0..<20 {
      var bytes = [UInt8](repeating: 0, count: 77)
      var span = bytes.mutableSpan
      var raw = span.mutableBytes
      source.fill(&raw)
      for (index, byte) in bytes.enumerated() where byte != 0 { reached[index] = true }
    }
    XCTAssertFalse(reached.contains(false))
  }
}
