// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Debian's own programs, unmodified, from a root that its packages were unpacked into: bash,
/// coreutils, procps and other tools, Python, and a program in Go and one in Rust.
final class DebianTests: BootTestCase {
  func testSessionOfBashIsAsOnLinux() throws {
    let root = Workspace.root.appendingPathComponent(".build/sysroot-debian")
    guard FileManager.default.fileExists(atPath: root.path) else {
      throw Trouble("there is no .build/sysroot-debian: run `tools/setup tests` first")
    }
    let script = Workspace.programs.appendingPathComponent("debian.sh")
    let answers = Workspace.programs.appendingPathComponent("debian.txt")
    let expected = try String(contentsOf: answers, encoding: .utf8)
    let outcome = try Machine.run(program: script, options: ["--root", root.path])
    assertStatus(outcome, 0)
    for (line, wanted) in zip(outcome.lines, expected.split(separator: "\n")) {
      XCTAssertEqual(line, String(wanted))
    }
    XCTAssertEqual(outcome.output, expected)
  }
}
