// SPDX-License-Identifier: Apache-2.0
import XCTest

/// tools/symbolize turns a panic into files and lines.
final class SymbolizeTests: BootTestCase {
  private func panic(_ kind: String, environment: [String: String] = [:]) throws -> Outcome {
    let panic = try Machine.run(
      program: seven(), append: "crash=\(kind)", environment: environment)
    assertStatus(panic, 125)
    return panic
  }

  private func symbolized(_ text: String, _ arguments: [String] = []) throws -> Outcome {
    let log = try Workspace.scratchFile("panic-\(UUID().uuidString)")
    try Data(text.utf8).write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    return try Command.run(
      Workspace.root.appendingPathComponent("tools/symbolize"), arguments, input: log)
  }

  func testSwiftTrapIsNamedWithItsReason() throws {
    let outcome = try symbolized(panic("trap").output)
    assertStatus(outcome, 0)
    XCTAssertTrue(outcome.output.contains("reason: arithmetic overflow"), outcome.output)
    XCTAssertTrue(outcome.output.contains("CrashDrill.overflow"), outcome.output)
    XCTAssertTrue(outcome.output.contains("Sources/PortARMv7A/CrashDrill.swift:"), outcome.output)
  }

  func testWildStoreIsNamedWithFileAndLine() throws {
    let outcome = try symbolized(panic("null").output)
    assertStatus(outcome, 0)
    let source = try String(
      contentsOf: Workspace.root.appendingPathComponent("Sources/PortARMv7A/CrashDrill.swift"),
      encoding: .utf8)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    let store = try XCTUnwrap(lines.firstIndex { $0.contains(".pointee = 1") }) + 1
    XCTAssertTrue(
      outcome.output.contains("Sources/PortARMv7A/CrashDrill.swift:\(store)"), outcome.output)
    XCTAssertFalse(outcome.output.contains("reason:"), outcome.output)
  }

  func testBootLineAndPanicHaveTheBuildIdOfTheElfFile() throws {
    let note = try Command.run(
      Workspace.tool("llvm-objdump"),
      ["-s", "-j", ".note.gnu.build-id", Workspace.product("kernel.elf").path])
    // 16 bytes a line: the note's header, then the id.
    let words = try XCTUnwrap(note.lines.suffix(2).first).split(separator: " ")
    let identity = "build id \(words[1])\(words[2])"
    let outcome = try Machine.runVerbosely(program: seven(), append: "crash=null")
    XCTAssertTrue(try XCTUnwrap(outcome.lines.first).hasPrefix("boot: Apus"), outcome.output)
    XCTAssertTrue(try XCTUnwrap(outcome.lines.first).hasSuffix(identity), outcome.output)
    assertOneLine(outcome, "panic: \(identity)")
  }

  func testBuildIdFindsTheTestKernelAndTheDebugKernel() throws {
    guard Workspace.board == "virt" else { throw XCTSkip("these kernels are built for virt") }
    for kernel in ["test-kernel", "debug-kernel"] {
      let image = try Workspace.product("\(kernel).bin").path
      let outcome = try symbolized(panic("trap", environment: ["APUS_KERNEL": image]).output)
      assertStatus(outcome, 0, kernel)
      XCTAssertTrue(outcome.output.contains("reason: arithmetic overflow"), outcome.output)
      XCTAssertTrue(outcome.output.contains("CrashDrill.overflow"), outcome.output)
    }
  }

  func testMissingElfFileIsRefused() throws {
    let lines = try panic("null").lines
    let place = try XCTUnwrap(lines.firstIndex { $0.contains("panic: build id ") })
    var others = lines
    others[place] = "panic: build id 0123456789abcdef"
    let absent = try symbolized(others.joined(separator: "\n"))
    XCTAssertNotEqual(absent.status, 0)
    XCTAssertTrue(absent.errors.contains("no ELF file"), absent.errors)
    XCTAssertTrue(absent.errors.contains("0123456789abcdef"), absent.errors)
    XCTAssertEqual(absent.output, "")
    let named = try symbolized(
      others.joined(separator: "\n"), [Workspace.product("kernel.elf").path])
    XCTAssertNotEqual(named.status, 0)
    XCTAssertTrue(named.errors.contains("is not the kernel that panicked"), named.errors)
    others.remove(at: place)
    let unnamed = try symbolized(others.joined(separator: "\n"))
    XCTAssertNotEqual(unnamed.status, 0)
    XCTAssertTrue(unnamed.errors.contains("its kernel is not known"), unnamed.errors)
    let twice = try symbolized(
      (lines + ["panic: build id 0123456789abcdef"]).joined(separator: "\n"))
    XCTAssertNotEqual(twice.status, 0)
    XCTAssertTrue(twice.errors.contains("two kernels"), twice.errors)
  }

  func testLogWithoutAPanicIsRefused() throws {
    let outcome = try Command.run(
      Workspace.root.appendingPathComponent("tools/symbolize"), [])
    XCTAssertNotEqual(outcome.status, 0)
    XCTAssertTrue(outcome.errors.contains("no panic"), outcome.errors)
  }
}
