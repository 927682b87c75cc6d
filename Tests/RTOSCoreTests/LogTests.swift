// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

final class LogTests: XCTestCase {
  override func setUp() { LogCapture.start() }

  func testLineIsWrittenInOneCallWithItsLineFeed() {
    Log.line("tick: \(62_500_000 as UInt32) Hz, \("virtual" as StaticString)")
    XCTAssertEqual(LogCapture.lines, ["tick: 62500000 Hz, virtual\n"])
  }

  func testLiteralIsALine() {
    Log.line("boot")
    Log.line("")
    XCTAssertEqual(LogCapture.lines, ["boot\n", "\n"])
  }

  func testNumbersOfAllWidthsAreDecimal() {
    Log.line("\(UInt8.max) \(UInt16.max) \(UInt32.max) \(UInt64.max) \(0 as UInt)")
    Log.line("\(Int8.min) \(Int16.min) \(Int32.min) \(Int64.min) \(Int64.max) \(-1)")
    XCTAssertEqual(
      LogCapture.lines,
      [
        "255 65535 4294967295 18446744073709551615 0\n",
        "-128 -32768 -2147483648 -9223372036854775808 9223372036854775807 -1\n",
      ])
  }

  func testAddressHasEightDigitsAfterItsPrefix() {
    Log.line("\(hex: 0) \(hex: 0x8001_0000) \(hex: .max)")
    XCTAssertEqual(LogCapture.lines, ["0x00000000 0x80010000 0xffffffff\n"])
  }

  func testBytesAreWrittenUnchanged() {
    let path = Array("/bin/äh".utf8)
    Log.line("init: \(bytes: path.span), found")
    XCTAssertEqual(LogCapture.lines, ["init: /bin/äh, found\n"])
  }

  func testLongLineIsCutAt255BytesAndKeepsItsLineFeed() {
    let bytes = (0..<300).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    for count in [254, 255, 256, 300] {
      LogCapture.start()
      let part = Array(bytes[..<count])
      Log.line("\(bytes: part.span)\(count)")
      let digits = Array("\(count)".utf8)
      let expected = (part + digits).prefix(255) + [UInt8(ascii: "\n")]
      XCTAssertEqual(LogCapture.calls, [Array(expected)], "\(count) bytes")
    }
  }

  func testLineCanBeAppendedByHand() {
    var line: LogLine = "init: "
    line.text("level ")
    line.decimal(8 as UInt64)
    Log.line(line)
    Log.line(line)
    XCTAssertEqual(LogCapture.lines, ["init: level 8\n", "init: level 8\n"])
  }
}
