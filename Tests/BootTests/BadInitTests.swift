// SPDX-License-Identifier: Apache-2.0
import XCTest

/// An /init that is missing ends with 127, one that is no program for this machine with 126.
final class BadInitTests: InitCase {
  func testMissingInitIs127() throws {
    let outcome = try Machine.runVerbosely(program: seven(), append: "init=/nope")
    assertStatus(outcome, 127)
    assertOneLine(outcome, "init: /nope: not found")
  }

  func testFolderOrLongPathIsNotAnInit() throws {
    let root = Workspace.programs.appendingPathComponent("Files").path
    let long = "/" + String(repeating: "x", count: 300)
    let cases = [("/sub", "a directory"), ("/hello/x", "not reached"), (long, "init: /x")]
    for (path, reason) in cases {
      let outcome = try Machine.runVerbosely(
        program: seven(), options: ["--root", root], append: "init=\(path)")
      assertStatus(outcome, 127, path)
      XCTAssertEqual(outcome.lines(with: "init: /").count, 1, outcome.output)
      XCTAssertTrue(outcome.output.contains(reason), outcome.output)
    }
  }

  func testTextFileIsNotAProgram() throws {
    let long = Data(String(repeating: "no program\n", count: 20).utf8)
    let outcomes = try boot([long, Data("short".utf8), Data(), Data(count: 100_000)])
    assertRefused(outcomes[0], "not an ELF file", "a text")
    assertRefused(outcomes[1], "the file is shorter than an ELF header", "five bytes")
    assertRefused(outcomes[2], "the file is shorter than an ELF header", "an empty file")
    assertRefused(outcomes[3], "not an ELF file", "zeros")
  }

  func testTextFileWithoutARootIs126() throws {
    let file = try Workspace.scratchFile("text-\(UUID().uuidString)")
    try Data(String(repeating: "no program\n", count: 20).utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    assertRefused(try Machine.runVerbosely(program: file), "not an ELF file", "text")
  }

  func testProgramForTheHostIsRefused() throws {
    let host = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe"))
    XCTAssertEqual(host[4], 2, "this test's own program has 64 bits")
    assertRefused(try boot([host.prefix(200_000)])[0], "not for this machine", "this test")
  }

  func testForeignHeaderIsRefused() throws {
    let good = ElfFile(bytes: try Data(contentsOf: try seven()))
    var cases: [(ElfFile, String)] = []
    func damage(_ reason: String, _ change: (inout ElfFile) -> Void) {
      var file = good
      change(&file)
      cases.append((file, reason))
    }
    damage("not an ELF file") { $0.set(0, UInt8(0)) }
    damage("neither an executable nor a shared object") { $0.set(.type, UInt16(1)) }
    damage("not for this machine") { $0.set(.machine, UInt16(3)) }  // x86
    damage("not for this ABI") { $0.set(.flags, UInt32(8)) }
    damage("program headers are not 32 bytes each") { $0.set(.headerSize, UInt16(56)) }
    damage("the number of program headers") { $0.set(.headerCount, UInt16(0)) }
    damage("the number of program headers") { $0.set(.headerCount, UInt16(65535)) }
    damage("the program headers reach beyond") { $0.set(.headers, UInt32(0xffff_fff0)) }
    damage("the entry point is not aligned") { $0.set(.entry, UInt32(0x10002)) }
    damage("the entry point is in no executable segment") { $0.set(.entry, UInt32(0x8001_0000)) }
    damage("the entry point is in no executable segment") { $0.set(.entry, UInt32(0)) }
    for (outcome, (_, reason)) in zip(try boot(cases.map(\.0.bytes)), cases) {
      assertRefused(outcome, reason, reason)
    }
  }
}
