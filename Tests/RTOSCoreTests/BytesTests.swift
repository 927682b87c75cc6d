// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// Reading of numbers and texts from unchecked bytes.
final class BytesTests: XCTestCase {
  func testNumbersAreReadAtAnyOffsetInside() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5]
    let span = bytes.span.bytes
    XCTAssertEqual(span.byte(at: 4), 5)
    XCTAssertEqual(span.halfword(at: 3), 0x0504)
    XCTAssertEqual(span.word(at: 1), 0x0504_0302)
    XCTAssertEqual(span.bigEndianWord(at: 1), 0x0203_0405)
  }

  func testNumbersOutsideAreNil() {
    let bytes: [UInt8] = [1, 2, 3, 4, 5]
    let span = bytes.span.bytes
    for offset in [-1, 5, .max, .min] { XCTAssertNil(span.byte(at: offset)) }
    for offset in [-1, 4, .max, .min] { XCTAssertNil(span.halfword(at: offset)) }
    for offset in [-1, 2, .max, .min] {
      XCTAssertNil(span.word(at: offset))
      XCTAssertNil(span.bigEndianWord(at: offset))
    }
    XCTAssertNil(bytes.span.extracting(first: 0).bytes.word(at: 0))
  }

  func testTextIsComparedWithALiteral() {
    let text = Array("tick=10".utf8)
    XCTAssertTrue(text.span.bytes.hasText("tick", at: 0))
    XCTAssertTrue(text.span.bytes.hasText("10", at: 5))
    XCTAssertFalse(text.span.bytes.hasText("100", at: 5))
    XCTAssertFalse(text.span.bytes.hasText("t", at: -1))
    XCTAssertTrue(text.span.isEqual(to: "tick=10"))
    for other: StaticString in ["tick=1", "tick=100", "tick=20", ""] {
      XCTAssertFalse(text.span.isEqual(to: other))
    }
  }

  func testDecimalHasDigitsOnly() {
    let numbers: [(String, UInt32?)] = [
      ("0", 0), ("007", 7), ("999999999", 999_999_999), ("1000000000", nil), ("", nil), ("-1", nil),
      ("1 ", nil), ("a", nil), ("/", nil), (":", nil),
    ]
    for (text, number) in numbers { XCTAssertEqual(Array(text.utf8).span.decimal, number, text) }
  }
}
