// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The console by interrupts. On virt with one, two and four CPUs; other boards have their own
/// number.
final class ConsoleTests: BootTestCase {
  /// Without an input, the console has none, but no end of it either.
  private func boots(_ arguments: [String], input: URL? = nil) throws -> [Machine.Boot] {
    let program = try Programs.build("console")
    let mode = input == nil ? ["--append", "console=raw"] : []
    let options = (Workspace.board == "virt" ? [1, 2, 4].map { ["--smp", "\($0)"] } : [[]])
      .map { mode + $0 }
    return options.map {
      Machine.Boot(program: program, arguments: arguments, options: $0, input: input)
    }
  }

  private func check(_ arguments: [String], input: URL? = nil, says output: String) throws {
    let boots = try boots(arguments, input: input)
    for (boot, outcome) in zip(boots, try Machine.runAll(boots)) {
      assertStatus(outcome, 0, "\(boot.options)")
      XCTAssertEqual(outcome.output, output, "\(boot.options)")
    }
  }

  func testConsoleInputArrivesWithoutLoss() throws {
    let count = 1 << 20
    var state: UInt32 = 1
    let bytes = (0..<count).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
    let file = try Workspace.scratchFile("input-\(UUID().uuidString)")
    try (Data("!".utf8) + Data(bytes)).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try check(["copy", "\(count)"], input: file, says: "\(count) bytes\n")
  }

  func testBlockedReaderNeedsNoTicksAndIsKilled() throws {
    try check(["idle"], says: "ticks: few\n")
  }

  func testWritesOfSeveralProcessesStayWhole() throws {
    let boots = try boots(["lines"])
    for (boot, outcome) in zip(boots, try Machine.runAll(boots)) {
      assertStatus(outcome, 0, "\(boot.options)")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      XCTAssertEqual(lines.count, 160, "\(boot.options)")
      for line in Set(lines) {
        XCTAssertEqual(line.count, 700, "\(boot.options)")
        XCTAssertEqual(Set(line).count, 1, "\(boot.options): \(line)")
      }
    }
  }

  func testConsoleWaitsEndAsOnLinux() throws {
    try check(["waits"], says: "waits: as on Linux\n")
  }

  /// Types the text at the program, which has a terminal unless `append` says something else. With
  /// `isAfterEcho`, only the end of the output is compared.
  private func type(
    _ text: String, to arguments: [String], append: String? = "console=terminal,24x80",
    says output: String, status: Int32 = 0, isAfterEcho: Bool = false
  ) throws {
    let file = try Workspace.scratchFile("typed-\(UUID().uuidString)")
    // The boot may lose a byte when it configures the UART: KILL, which has no effect.
    try Data(("\u{15}" + text).utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let options = Workspace.board == "virt" ? [1, 4].map { ["--smp", "\($0)"] } : [[]]
    let program = try Programs.build("terminal")
    let boots = options.map {
      Machine.Boot(
        program: program, arguments: arguments, options: $0, append: append, input: file)
    }
    for (boot, outcome) in zip(boots, try Machine.runAll(boots)) {
      assertStatus(outcome, status, "\(boot.options)")
      let end = isAfterEcho ? outcome.output.suffix(output.count) : outcome.output[...]
      XCTAssertEqual(String(end), output, "\(boot.options)")
    }
  }

  func testInputHasAnEnd() throws {
    try type("..\u{10}E\u{10}", to: ["end"], append: nil, says: "end of file\n")
    let program = try Programs.build("terminal")
    let outcome = try Machine.run(program: program, arguments: ["end"])
    XCTAssertEqual(outcome.output, "end of file\n", "/dev/null")
  }

  func testTerminalAnswersAsOnLinux() throws {
    try type("", to: ["settings"], says: "settings: as on Linux\r\n")
  }

  func testLineIsEdited() throws {
    try type("ab\u{7f}c\r", to: ["line"], says: "ab\u{8} \u{8}c\r\n3: <ac>\r\n")
  }

  func testKeySendsItsSignalAlthoughNobodyReads() throws {
    // The key drops the echo that is not sent yet: only the end is certain.
    try type(
      String(repeating: "x", count: 60) + "\u{3}", to: ["key"], says: "^Csignal 2\r\n",
      isAfterEcho: true)
  }

  func testKeyEndsTheFirstProgram() throws {
    try type("\u{1c}", to: ["line"], says: "^\\", status: 131)
  }

  func testPastedLinesArriveWithoutLoss() throws {
    let lines = (0..<16384).map { number in
      let text = "\(number) "
      return text + String(repeating: "x", count: 63 - text.count) + "\r"
    }
    try type(
      lines.joined(), to: ["paste", "16384"], says: "16384 lines\r\n", isAfterEcho: true)
  }
}
