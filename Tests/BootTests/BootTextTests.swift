// SPDX-License-Identifier: Apache-2.0
import XCTest

/// tools/boot-text finds the symbols of functions by their names in Swift.
final class BootTextTests: BootTestCase {
  private static let load = "$e10PortARMv7A0B10ARegistersO10loadFloats4fromySV_tFZ"
  private static let store = "$e10PortARMv7A0B10ARegistersO11storeFloats2toySv_tFZ"
  /// An init, which the name of its argument distinguishes from a property.
  private static let scale = "$e11TickHandler10ClockScaleV9frequencyACSgs6UInt32V_tcfC"
  private static let frequency = "$e11TickHandler10ClockScaleV9frequencys6UInt32Vvg"
  private static let names = [load, store, scale, frequency, "OsHwiInit", "OsTickInit"]

  private func patterns(_ entries: String...) throws -> Outcome {
    let list = try Workspace.scratchFile("list-\(UUID().uuidString)")
    let names = try Workspace.scratchFile("names-\(UUID().uuidString)")
    try Data(entries.joined(separator: "\n").utf8).write(to: list)
    try Data(Self.names.joined(separator: "\n").utf8).write(to: names)
    defer {
      try? FileManager.default.removeItem(at: list)
      try? FileManager.default.removeItem(at: names)
    }
    return try Command.run(
      Workspace.root.appendingPathComponent("tools/boot-text"), [list.path], input: names)
  }

  private func assertFinds(
    _ entry: String, _ symbols: [String], line: UInt = #line
  ) throws {
    let outcome = try patterns(entry)
    assertStatus(outcome, 0, entry)
    XCTAssertEqual(
      Set(outcome.lines), Set(symbols.map { "    *(.text.\($0))" }), entry, line: line)
  }

  func testFunctionIsFoundByModuleTypeAndName() throws {
    try assertFinds("PortARMv7A.ARMv7ARegisters.loadFloats", [Self.load])
    try assertFinds("PortARMv7A.ARMv7ARegisters.loadFloats(from:)", [Self.load])
    try assertFinds("TickHandler.ClockScale.init  # a comment", [Self.scale])
    try assertFinds("TickHandler.ClockScale.init(frequency:)", [Self.scale])
    try assertFinds("TickHandler.ClockScale.frequency", [Self.frequency])
  }

  func testTypeHasAllItsFunctions() throws {
    try assertFinds("PortARMv7A.ARMv7ARegisters.*", [Self.load, Self.store])
  }

  func testFunctionInCIsFoundByItsWholeName() throws {
    try assertFinds("OsHwiInit", ["OsHwiInit"])
  }

  func testNameWithoutAFunctionFails() throws {
    for entry in [
      "PortARMv7A.ARMv7ARegisters.load", "PortARMv7A.ARMv7ARegisters.loadFloats(to:)",
      "PortARMv7A.ARMv7ARegister.*", "ARMv7ARegisters.loadFloats", "OsHwi",
    ] {
      let outcome = try patterns(entry, "PortARMv7A.ARMv7ARegisters.storeFloats")
      assertStatus(outcome, 1, entry)
      XCTAssertTrue(outcome.errors.contains("no function is named \(entry)"), outcome.errors)
    }
  }

  func testNameWithAQuestionMarkMayBeMissing() throws {
    assertStatus(try patterns("BoardSupport.GICv2.configureDistributor?", "OsHwiInit"), 0)
  }
}
