// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

final class TextSinkTests: XCTestCase {
  func testDecimalAtTheLimits() {
    let edges: [UInt64] = [0, 1, 9, 10, 99, 100, 999_999_999, 1_000_000_000, .max - 1, .max]
    for value in edges {
      XCTAssertEqual(TextBuffer.text { $0.decimal(value) }, String(value))
    }
    for value: Int64 in [.min, .min + 1, -10, -9, -1, 0, 1, .max] {
      XCTAssertEqual(TextBuffer.text { $0.decimal(value) }, String(value))
    }
  }

  func testDecimalOfEveryLength() {
    var value: UInt64 = 1
    for length in 1...20 {
      XCTAssertEqual(TextBuffer.text { $0.decimal(value) }.utf8.count, length)
      XCTAssertEqual(TextBuffer.text { $0.decimal(value - 1) }, String(value - 1))
      if length < 20 { value *= 10 }
    }
  }

  func testDecimalPadsWithZerosButNeverCuts() {
    XCTAssertEqual(TextBuffer.text { $0.decimal(7, width: 9) }, "000000007")
    XCTAssertEqual(TextBuffer.text { $0.decimal(0, width: 2) }, "00")
    XCTAssertEqual(TextBuffer.text { $0.decimal(0, width: 0) }, "0")
    XCTAssertEqual(TextBuffer.text { $0.decimal(12345, width: 3) }, "12345")
    XCTAssertEqual(TextBuffer.text { $0.decimal(1, width: 25) }.count, 25)
  }

  func testHexadecimalOfEveryWidth() {
    for width in 0...8 {
      for value: UInt32 in [0, 1, 0xf, 0x10, 0xabc, 0x1000, 0x8000_0000, 0xdead_beef, .max] {
        let digits = String(value, radix: 16)
        let zeros = String(repeating: "0", count: max(0, width - digits.count))
        XCTAssertEqual(
          TextBuffer.text { $0.hexadecimal(value, width: width) }, zeros + digits,
          "\(value) in \(width)")
      }
    }
    XCTAssertEqual(TextBuffer.text { $0.hexadecimal(0xab) }, "000000ab")
  }

  func testLiteralsKeepTheirBytes() {
    XCTAssertEqual(TextBuffer.text { $0.text("") }, "")
    XCTAssertEqual(TextBuffer.text { $0.text("zwölf Boxkämpfer") }, "zwölf Boxkämpfer")
    let none: [UInt8] = []
    XCTAssertEqual(TextBuffer.text { $0.bytes(none.span) }, "")
  }
}
