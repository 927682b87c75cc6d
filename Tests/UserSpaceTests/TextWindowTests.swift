// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import UserSpace

/// A piece of a text that is written anew for each read.
final class TextWindowTests: XCTestCase {
  private static let lines = (0..<50).map { "line \(100 + $0)\n" }

  /// `count` bytes of the text from `offset` on; the window may skip whole lines.
  private func read(from offset: Int, _ count: Int, passes: Bool) -> (text: String, passed: Int) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    defer { memory.deallocate() }
    var window = TextWindow(start: memory, capacity: count, offset: UInt64(offset))
    var passed = 0
    for line in Self.lines {
      if passes, window.skip(9) {
        passed += 1
      } else {
        line.utf8.forEach { window.put($0) }
      }
    }
    XCTAssertEqual(window.length, 450)
    let bytes = UnsafeBufferPointer(start: memory, count: window.count)
    return (String(decoding: bytes, as: UTF8.self), passed)
  }

  func testLongTextIsReadFromTheMiddle() {
    let whole = Self.lines.joined()
    for offset in [0, 1, 8, 9, 10, 44, 45, 46, 440, 441, 449, 450, 451, 1000] {
      for count in [1, 8, 9, 10, 100, 500] {
        let expected = String(whole.dropFirst(offset).prefix(count))
        XCTAssertEqual(read(from: offset, count, passes: false).text, expected)
        XCTAssertEqual(read(from: offset, count, passes: true).text, expected)
      }
    }
    XCTAssertEqual(read(from: 90, 18, passes: true).passed, 48, "two lines are written, no more")
  }
}
