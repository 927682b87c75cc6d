// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The arguments of a program, from the kernel's command line.
final class ArgumentTests: BootTestCase {
  private func arguments(
    _ words: [String], options: [String] = [], append: String? = nil
  ) throws -> [String] {
    let outcome = try Machine.run(
      program: try Programs.build("arguments"), arguments: words, options: options,
      append: append)
    assertStatus(outcome, 0)
    return outcome.lines
  }

  func testProgramWithoutArgumentsGetsItsName() throws {
    XCTAssertEqual(try arguments([]), ["[/init]"])
  }

  func testArgumentsWithBlanksArriveWhole() throws {
    let words = ["two words", " ", "", "plain", "a=b c", "--", "-x", "quiet", "tick=3", "'"]
    XCTAssertEqual(try arguments(words), ["[/init]"] + words.map { "[\($0)]" })
  }

  func testKernelOptionsAreNotArguments() throws {
    XCTAssertEqual(try arguments(["only"], append: "tick=100 nothing=1"), ["[/init]", "[only]"])
  }

  func testHundredsOfArgumentsArrive() throws {
    let words = (0..<350).map { "a\($0)" }
    XCTAssertEqual(try arguments(words).count, 351)
  }

  func testInitOptionNamesAnotherProgram() throws {
    let folder = try Workspace.scratchFile("root-\(UUID().uuidString)")
    let place = folder.appendingPathComponent("sbin")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.copyItem(
      at: try Programs.build("arguments"), to: place.appendingPathComponent("other"))
    let outcome = try Machine.run(
      program: seven(), arguments: ["x"], options: ["--root", folder.path],
      append: "init=/sbin/other")
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.lines, ["[/sbin/other]", "[x]"])
  }
}
