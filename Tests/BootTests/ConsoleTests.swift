// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The console by interrupts. On virt with one, two and four CPUs; other boards have their own
/// number.
final class ConsoleTests: BootTestCase {
  private func boots(_ arguments: [String], input: URL? = nil) throws -> [Machine.Boot] {
    let program = try Programs.build("console")
    let options = Workspace.board == "virt" ? [1, 2, 4].map { ["--smp", "\($0)"] } : [[]]
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
    // The boot may lose a byte when it configures the UART.
    try (Data("........!".utf8) + Data(bytes)).write(to: file)
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
}
