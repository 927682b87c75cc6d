// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A kernel bug, triggered on purpose with `crash=KIND`, is reported in full and ends with 125.
final class PanicTests: BootTestCase {
  private func crash(_ kind: String, options: [String] = []) throws -> Outcome {
    try Machine.run(program: seven(), options: options, append: "crash=\(kind)")
  }

  /// The text of each kind: its reason, and the decoded fault status.
  private static let kinds: [(kind: String, reason: String, fault: String?)] = [
    ("trap", "undefined instruction", nil),
    ("null", "data abort", "translation fault, section at 0x00000010"),
    ("text", "data abort", "permission fault, page at 0x80010000"),
    ("vdso", "data abort", "permission fault, page at 0x"),
    ("data", "prefetch abort", "permission fault, page at 0x"),
    ("stack", "kernel stack overflow", "translation fault, page at 0x"),
  ]

  func testPanicPrintsReasonRegistersAndBacktraceWithStatus125() throws {
    let program = try seven()
    let outcomes = try Machine.runAll(
      Self.kinds.map { Machine.Boot(program: program, append: "crash=\($0.kind)") })
    for ((kind, reason, fault), outcome) in zip(Self.kinds, outcomes) {
      assertStatus(outcome, 125, kind)
      assertOneLine(outcome, "panic: \(reason), cpu 0, task ", kind)
      if let fault { assertOneLine(outcome, "panic: \(fault)", kind) }
      for register in ["pc 0x8", "sp 0x8", "r0 0x", "r3 0x", "r6 0x", "r9 0x"] {
        assertOneLine(outcome, "panic: \(register)", kind)
      }
      assertOneLine(outcome, "panic: backtrace: 0x8", kind)
      XCTAssertTrue(outcome.lines.allSatisfy { $0.hasPrefix("panic: ") }, outcome.output)
    }
  }

  func testPanicStopsTheOtherCPUsAndPrintsTheirPosition() throws {
    let outcome = try crash("trap", options: ["--smp", "4"])
    assertStatus(outcome, 125)
    for cpu in 1...3 { assertOneLine(outcome, "panic: cpu \(cpu) stopped in task ") }
    XCTAssertTrue(outcome.lines.allSatisfy { $0.hasPrefix("panic: ") }, outcome.output)
  }

  func testPanicDistinguishesAWriteFromAFetch() throws {
    assertOneLine(try crash("null"), "DFSR 0x00000805, write")
    assertOneLine(try crash("data"), "IFSR 0x0000000f, fetch")
  }

  func testBacktraceBeginsAtTheFaultAndReachesTheBoot() throws {
    let outcome = try crash("null")
    let words = try XCTUnwrap(outcome.lines(with: "backtrace:").first).split(separator: " ")
    let pc = try XCTUnwrap(outcome.lines(with: "panic: pc").first).split(separator: " ")[2]
    XCTAssertEqual(String(words[2]), String(pc.dropLast()))
    XCTAssertGreaterThanOrEqual(words.count - 2, 4)
  }

  func testLongBacktraceEndsWithAWholeAddress() throws {
    let outcome = try crash("stack")
    let words = try XCTUnwrap(outcome.lines(with: "backtrace:").first).split(separator: " ")
    XCTAssertEqual(words.count, 2 + 21)
    XCTAssertEqual(Set(words.dropFirst(2).map(\.count)), [10])
  }

  func testPanicIsTheSameOnACortexA15() throws {
    assertStatus(try crash("stack", options: ["--cpu", "cortex-a15"]), 125)
  }

  func testUnknownCrashOptionIsIgnored() throws {
    let outcome = try Machine.runVerbosely(program: seven(), append: "crash=nothing")
    assertStatus(outcome, 7)
    assertOneLine(outcome, "crash: no such kind")
  }
}
