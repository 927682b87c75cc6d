// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// 2,000 programs whose headers were damaged: those that run on Linux 6.1 run here.
final class ElfMutantTests: InitCase {
  /// mutants.txt is the output of the same program on Linux 6.1, group by group.
  func testDamagedProgramsRunAsOnLinuxAndNeverStopTheKernel() throws {
    let groups = 0..<5
    let roots = try groups.map(rootOfMutants)
    defer { for root in roots { try? FileManager.default.removeItem(at: root) } }
    let program = try Programs.build("mutants")
    let outcomes = try Machine.runAll(
      roots.map { Machine.Boot(program: program, options: ["--root", $0.path]) })
    let expected = try String(
      contentsOf: Workspace.programs.appendingPathComponent("mutants.txt"), encoding: .utf8)
    let wanted = Array(expected.filter { $0 != "\n" })
    XCTAssertEqual(wanted.count, 2000)
    for (group, outcome) in zip(groups, outcomes) {
      assertStatus(outcome, 0, "group \(group)")
      let ends = Array(outcome.lines.joined())
      guard ends.count == 400 else {
        XCTFail("group \(group) has \(ends.count) ends: \(outcome.output)")
        continue
      }
      for (index, end) in ends.enumerated() where wanted[group * 400 + index] == "7" {
        XCTAssertEqual(end, "7", "mutant \(group * 400 + index)")
      }
    }
  }

  /// A folder with 400 of them in /m.
  private func rootOfMutants(_ group: Int) throws -> URL {
    let root = try Workspace.scratchFile("mutants-\(group)-\(UUID().uuidString)")
    let folder = root.appendingPathComponent("m")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for index in 0..<400 {
      let digits = String(index)
      let file = folder.appendingPathComponent(
        String(repeating: "0", count: 4 - digits.count) + digits)
      try ElfMutants.mutant(group * 400 + index).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    return root
  }
}
