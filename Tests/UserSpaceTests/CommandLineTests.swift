// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

@testable import UserSpace

final class CommandLineTests: XCTestCase {
  private func arguments(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    let line = CommandLine(bytes.span)
    var position = CommandLine.Position()
    var result: [String] = []
    while let word = line.next(&position) {
      guard position.isAfterSeparator else { continue }
      var argument = TextBuffer()
      let (head, tail) = line.pieces(of: word)
      argument.bytes(line.bytes(head))
      argument.bytes(line.bytes(tail))
      XCTAssertEqual(argument.bytes.count, line.count(of: word))
      result.append(argument.text)
    }
    XCTAssertEqual(result.count, line.argumentCount)
    return result
  }

  func testWordsAfterTheSeparatorAreForInit() {
    XCTAssertEqual(arguments("quiet -- a b"), ["a", "b"])
    XCTAssertEqual(arguments("quiet"), [])
    XCTAssertEqual(arguments("--"), [])
    XCTAssertEqual(arguments("-- a -- b"), ["a", "--", "b"])
    XCTAssertEqual(arguments("x --y"), [])
  }

  func testDoubleQuotesGroupAsOnLinux() {
    XCTAssertEqual(arguments("-- \"a b\" c"), ["a b", "c"])
    XCTAssertEqual(arguments("-- x=\"a b\" c"), ["x=a b", "c"])
    XCTAssertEqual(arguments("-- \"open"), ["open"])
    XCTAssertEqual(arguments("-- a\"b c\"d"), ["a\"b c\"d"])
    XCTAssertEqual(arguments("--  \t\"\"  z"), ["", "z"])
  }

  func testOptionsAreFoundBeforeTheSeparatorOnly() {
    let bytes = Array("init=/a quiet tick=250 init=/b -- init=/c vdso=off".utf8)
    let line = CommandLine(bytes.span)
    XCTAssertTrue(line.has("quiet"))
    XCTAssertFalse(line.has("vdso=off"))
    var value = TextBuffer()
    if let bytes = line.value("init") { value.bytes(bytes) }
    XCTAssertEqual(value.text, "/b")
    if line.value("vdso") != nil || line.value("quiet") != nil { XCTFail("no such option") }
  }

  func testUnknownOptionsAreWarnedAbout() {
    let bytes = Array("quiet foo init=/x bar=1 console=ttyAMA0 vdso=off vdso=maybe -- baz".utf8)
    let lines = CapturedLog.lines { CommandLine(bytes.span).warnAboutUnknownOptions() }
    XCTAssertEqual(
      lines,
      ["foo", "bar=1", "vdso=maybe"].map { "options: unknown option \($0), ignored" })
  }

  func testZeroByteEndsTheLine() {
    let bytes = Array("quiet\0 -- x".utf8)
    XCTAssertEqual(CommandLine(bytes.span).argumentCount, 0)
  }
}

/// The log of the kernel during a test.
enum CapturedLog {
  nonisolated(unsafe) private static var text: [UInt8] = []

  static func lines(_ body: () -> Void) -> [String] {
    text = []
    Log.setOutput { start, count, _ in
      CapturedLog.text += UnsafeBufferPointer(start: start, count: count)
    }
    body()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
