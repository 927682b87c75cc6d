// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

/// The first line of a script is read as Linux' binfmt_script reads it (execve(2)).
final class ScriptLineTests: XCTestCase {
  /// The path and the argument; nil for another file, "refused" for ENOEXEC.
  private func line(_ text: String) -> [String]? {
    let bytes = Array(text.utf8)
    do throws(Errno) {
      guard let line = try ScriptLine(bytes.span.bytes) else { return nil }
      let parts = [line.path] + (line.argument.map { [$0] } ?? [])
      return parts.map { String(decoding: bytes[$0], as: UTF8.self) }
    } catch {
      return ["refused", "\(error.rawValue)"]
    }
  }

  func testPathAndArgumentAreSeparated() {
    XCTAssertEqual(line("#!/bin/sh\necho"), ["/bin/sh"])
    XCTAssertEqual(line("#!/bin/sh"), ["/bin/sh"])
    XCTAssertEqual(line("#! \t /bin/sh \t \nx"), ["/bin/sh"])
    XCTAssertEqual(line("#!/bin/env  a b \t c \n"), ["/bin/env", "a b \t c"])
    XCTAssertEqual(line("#!/bin/sh\0 -x\n"), ["/bin/sh"])
    XCTAssertEqual(line("#!/bin/sh -x\0y\n"), ["/bin/sh", "-x"])
    XCTAssertEqual(line("#!sh\r\n"), ["sh\r"])
  }

  func testOtherFilesAreNoScripts() {
    for text in ["", "#", "#/bin/sh\n", " #!/bin/sh\n", "\u{7f}ELF"] { XCTAssertNil(line(text)) }
  }

  func testLineWithoutAPathIsRefused() {
    let refused = ["refused", "8"]
    for text in ["#!", "#!\n/bin/sh", "#! \t \n", "#!\0/bin/sh\n"] {
      XCTAssertEqual(line(text), refused, text)
    }
    XCTAssertEqual(line("#!" + String(repeating: " ", count: 300) + "/bin/sh\n"), refused)
  }

  /// Of a line, 256 bytes are read. A path that may be cut off is refused, an argument is cut off.
  func testLongLineIsCutOff() {
    let long = String(repeating: "x", count: 253)
    XCTAssertEqual(line("#!" + long + "\n"), [long])
    XCTAssertEqual(line("#!" + long), [long], "the file ends")
    XCTAssertEqual(line("#!" + long + "xx\n"), ["refused", "8"])
    let cut = line("#!/bin/sh " + String(repeating: "y", count: 300) + "\n")
    XCTAssertEqual(cut?.first, "/bin/sh")
    XCTAssertEqual(cut?.last?.count, 256 - 10 - 1, "the last byte is Linux's terminator")
  }
}
