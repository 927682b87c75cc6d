import XCTest

/// tools/symbolize turns a panic into files and lines.
final class SymbolizeTests: BootTestCase {
  private func symbolized(_ kind: String) throws -> Outcome {
    let panic = try Machine.run(program: seven(), append: "crash=\(kind)")
    assertStatus(panic, 125)
    let log = try Workspace.scratchFile("panic-\(kind)-\(UUID().uuidString)")
    try panic.bytes.write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    return try Command.run(
      Workspace.root.appendingPathComponent("tools/symbolize"), [], input: log)
  }

  func testATrapOfSwiftIsNamedWithItsReason() throws {
    let outcome = try symbolized("trap")
    assertStatus(outcome, 0)
    XCTAssertTrue(outcome.output.contains("reason: arithmetic overflow"), outcome.output)
    XCTAssertTrue(outcome.output.contains("CrashDrill.overflow"), outcome.output)
    XCTAssertTrue(outcome.output.contains("Sources/Kernel/CrashDrill.swift:"), outcome.output)
  }

  func testAWildStoreIsNamedWithFileAndLine() throws {
    let outcome = try symbolized("null")
    assertStatus(outcome, 0)
    let source = try String(
      contentsOf: Workspace.root.appendingPathComponent("Sources/Kernel/CrashDrill.swift"),
      encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let store = try XCTUnwrap(lines.firstIndex { $0.contains(".pointee = 1") }) + 1
    XCTAssertTrue(
      outcome.output.contains("Sources/Kernel/CrashDrill.swift:\(store)"), outcome.output)
    XCTAssertFalse(outcome.output.contains("reason:"), outcome.output)
  }

  func testALogWithoutAPanicIsRefused() throws {
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/symbolize"), [])
    XCTAssertNotEqual(outcome.status, 0)
    XCTAssertTrue(outcome.errors.contains("no panic"), outcome.errors)
  }
}
