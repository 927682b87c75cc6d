// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A damaged initrd is one error line and no files.
final class BadArchiveTests: BootTestCase {
  private static let nameSize = 6 + 8 * 11
  private static let fileSize = 6 + 8 * 6

  private func good() throws -> CpioFile {
    CpioFile(initProgram: try Data(contentsOf: try seven()))
  }

  /// Boots each of the archives as it is: QEMU takes the last -initrd that it is given.
  private func boot(_ archives: [Data]) throws -> [Outcome] {
    let files = try archives.map { bytes in
      let file = try Workspace.scratchFile("initrd-\(UUID().uuidString)")
      try bytes.write(to: file)
      return file
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    let program = try seven()
    return try Machine.runAll(
      files.map {
        Machine.Boot(
          program: program, options: ["--verbose"],
          environment: ["APUS_QEMU": "-initrd \($0.path)"])
      })
  }

  private func assertNoFiles(_ outcome: Outcome, _ reason: String, _ what: String) {
    assertStatus(outcome, 127, what)
    assertOneLine(outcome, "initrd: \(reason)", what)
    assertOneLine(outcome, "init: /init: not found", what)
    XCTAssertFalse(outcome.output.contains("panic"), what)
  }

  func testUndamagedArchiveBoots() throws {
    assertStatus(try boot([try good().bytes])[0], 7)
  }

  func testDamagedArchiveIsReported() throws {
    let good = try good()
    var cases: [(Data, String)] = []
    func damage(_ reason: String, _ header: Int, _ offset: Int, _ text: String) {
      var archive = good
      archive.set(header, offset, text)
      cases.append((archive.bytes, reason))
    }
    damage("neither a newc cpio archive nor an ELF file", 0, 0, "080707")
    damage("a header without the newc magic", 0, 0, "070707")
    damage("a header without the newc magic", 1, 0, "x")
    damage("a file reaches beyond the archive", 1, Self.fileSize, "ffffffff")
    damage("a file reaches beyond the archive", 1, Self.fileSize, "7fffffff")
    damage("a header without the newc magic", 0, Self.fileSize, "00000070")
    damage("a header field is not hexadecimal", 1, Self.fileSize, "0000 123")
    damage("a name is empty, too long or not terminated", 0, Self.nameSize, "00000000")
    damage("a name is empty, too long or not terminated", 0, Self.nameSize, "ffffffff")
    damage("a name is empty, too long or not terminated", 1, Self.nameSize, "00000004")
    cases.append((Data([0x1f, 0x8b, 8, 0] + [UInt8](repeating: 9, count: 500)), "compressed"))
    cases.append((Data("hello\n".utf8), "neither a newc cpio archive nor an ELF file"))
    for (outcome, (_, reason)) in zip(try boot(cases.map(\.0)), cases) {
      assertNoFiles(outcome, reason, reason)
    }
  }

  func testTruncatedArchiveIsReported() throws {
    let archive = try good()
    let lengths = [
      6, 109, 110, 114, archive.headers[1], archive.headers[1] + 50, archive.headers[1] + 1000,
      archive.headers[2], archive.headers[2] + 109, archive.bytes.count - 8,
    ]
    let outcomes = try boot(lengths.map { archive.bytes.prefix($0) })
    for (length, outcome) in zip(lengths, outcomes) {
      assertNoFiles(outcome, "", "\(length) bytes")
    }
  }
}
