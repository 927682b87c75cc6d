// SPDX-License-Identifier: Apache-2.0
import XCTest

/// The memory model of these tests against the results that are known for ARM. Source: L. Maranget,
/// S. Sarkar and P. Sewell, "A Tutorial Introduction to the ARM and POWER Relaxed Memory Models",
/// 2012; the tests have its names.
final class MemoryModelTests: XCTestCase {
  /// Whether a test of processors whose instructions are separated by `;` can end in `state`. R1 to
  /// R3 are the addresses of x, y and z on all of them.
  private func isPossible(_ threads: [String], _ state: String) throws -> Bool {
    let columns = threads.map { $0.split(separator: ";").map(String.init) }
    let rows = (0..<(columns.map(\.count).max() ?? 0)).map { row in
      columns.map { row < $0.count ? $0[row] : "" }.joined(separator: "|") + ";\n"
    }
    let registers = threads.indices.map { "\($0):R1=x; \($0):R2=y; \($0):R3=z;" }.joined()
    let names = threads.indices.map { "P\($0)" }.joined(separator: "|")
    return try Execution.isPossible(
      LitmusTest("ARM test\n{\(registers)}\n\(names);\n\(rows.joined())exists (\(state))"))
  }

  /// Two stores, with `between` in between.
  private func store(_ between: String = "", _ first: String = "R1", _ second: String = "R2")
    -> String
  {
    "MOV R0,#1;STR R0,[\(first)];\(between)STR R0,[\(second)]"
  }

  private let address = "EOR R5,R4,R4;LDR R6,[R1,R5]"
  private let control = "CMP R4,#0;BNE L;L:;"

  func testMessagePassing() throws {
    let state = "1:R4=1 /\\ 1:R6=0"
    let load = "LDR R4,[R2];"
    XCTAssertTrue(try isPossible([store(), "\(load)LDR R6,[R1]"], state), "MP")
    XCTAssertTrue(try isPossible([store("DMB;"), "\(load)LDR R6,[R1]"], state), "MP+dmb+po")
    XCTAssertTrue(try isPossible([store(), "\(load)DMB;LDR R6,[R1]"], state), "MP+po+dmb")
    XCTAssertFalse(try isPossible([store("DMB;"), "\(load)DMB;LDR R6,[R1]"], state), "MP+dmbs")
    XCTAssertFalse(
      try isPossible([store("DMB ST;"), "\(load)DMB;LDR R6,[R1]"], state), "MP+dmb.st+dmb")
    XCTAssertTrue(
      try isPossible([store("DMB;"), "\(load)DMB ST;LDR R6,[R1]"], state), "MP+dmb+dmb.st")
    XCTAssertFalse(try isPossible([store("DMB;"), load + address], state), "MP+dmb+addr")
    XCTAssertTrue(
      try isPossible([store("DMB;"), load + control + "LDR R6,[R1]"], state), "MP+dmb+ctrl")
    XCTAssertFalse(
      try isPossible([store("DMB;"), load + control + "ISB;LDR R6,[R1]"], state),
      "MP+dmb+ctrlisb")
  }

  func testStoreBuffering() throws {
    func run(_ first: String, _ second: String) throws -> Bool {
      try isPossible(
        [
          "MOV R0,#1;STR R0,[R1];\(first)LDR R4,[R2]", "MOV R0,#1;STR R0,[R2];\(second)LDR R4,[R1]",
        ], "0:R4=0 /\\ 1:R4=0")
    }
    XCTAssertTrue(try run("", ""), "SB")
    XCTAssertTrue(try run("DMB;", ""), "SB+dmb+po")
    XCTAssertTrue(try run("DMB ST;", "DMB ST;"), "SB+dmb.sts")
    XCTAssertFalse(try run("DMB;", "DMB;"), "SB+dmbs")
  }

  func testLoadBuffering() throws {
    func run(_ between: String, value: String = "R0") throws -> Bool {
      try isPossible(
        [
          "MOV R0,#1;LDR R4,[R1];\(between)STR \(value),[R2]",
          "MOV R0,#1;LDR R4,[R2];\(between)STR \(value),[R1]",
        ], "0:R4=1 /\\ 1:R4=1")
    }
    XCTAssertTrue(try run(""), "LB")
    XCTAssertFalse(try run("EOR R5,R4,R4;ADD R0,R5,#1;"), "LB+datas")
    XCTAssertFalse(try run(control), "LB+ctrls")
    XCTAssertFalse(try run("DMB;"), "LB+dmbs")
  }

  func testStoresToTwoLocations() throws {
    func run(_ between: String) throws -> Bool {
      try isPossible(
        [
          "MOV R0,#2;STR R0,[R1];\(between)MOV R0,#1;STR R0,[R2]",
          "MOV R0,#2;STR R0,[R2];\(between)MOV R0,#1;STR R0,[R1]",
        ], "x=2 /\\ y=2")
    }
    XCTAssertTrue(try run(""), "2+2W")
    XCTAssertFalse(try run("DMB ST;"), "2+2W+dmb.sts")
  }

  func testThreeAndFourProcessors() throws {
    let relay = "LDR R4,[R1];DMB;MOV R0,#1;STR R0,[R2]"
    let one = "MOV R0,#1;STR R0,[R1]"
    let seen = "1:R4=1 /\\ 2:R4=1 /\\ 2:R6=0"
    XCTAssertFalse(
      try isPossible([one, relay, "LDR R4,[R2];" + address], seen), "WRC+dmb+addr")
    XCTAssertTrue(
      try isPossible(
        [
          one, "LDR R4,[R1];EOR R5,R4,R4;ADD R0,R5,#1;STR R0,[R2]", "LDR R4,[R2];" + address,
        ], seen), "WRC+data+addr")
    let two = "MOV R0,#1;STR R0,[R2]"
    let apart = "2:R4=1 /\\ 2:R6=0 /\\ 3:R4=1 /\\ 3:R6=0"
    func readers(_ between: String) -> [String] {
      ["LDR R4,[R1];\(between)LDR R6,[R2]", "LDR R4,[R2];\(between)LDR R6,[R1]"]
    }
    XCTAssertTrue(try isPossible([one, two] + readers(""), apart), "IRIW")
    XCTAssertFalse(try isPossible([one, two] + readers("DMB;"), apart), "IRIW+dmbs")
  }

  func testOneLocationIsCoherent() throws {
    XCTAssertFalse(
      try isPossible(
        ["MOV R0,#1;STR R0,[R1]", "LDR R4,[R1];LDR R6,[R1]"], "1:R4=1 /\\ 1:R6=0"), "CoRR")
    XCTAssertFalse(
      try isPossible(["MOV R0,#1;STR R0,[R1];MOV R0,#2;STR R0,[R1]"], "x=1"), "CoWW")
  }

  func testExclusiveStoresDoNotLoseAnAddition() throws {
    let add = "LDREX R4,[R1];ADD R5,R4,#1;STREX R6,R5,[R1]"
    XCTAssertFalse(
      try isPossible([add, add], "0:R6=0 /\\ 1:R6=0 /\\ x=1"), "two additions, one of them lost")
    XCTAssertTrue(try isPossible([add, add], "0:R6=0 /\\ 1:R6=0 /\\ x=2"))
    let plain = "LDR R4,[R1];ADD R5,R4,#1;STR R5,[R1]"
    XCTAssertTrue(try isPossible([plain, plain], "x=1"))
  }

  func testUnreadableTestsAreRefused() {
    for text in [
      "ARM a\n{}\nP0;\nLDM R0,{R1};\nexists (0:R0=1)", "ARM a",
      "ARM a\n{}\nP0;\nLDR R0,[R1];\nexists (0:R0=1)",
      "ARM a\n{0:R1=x}\nP0;\nL:;\nB L;\nexists (0:R0=1)",
      "ARM a\n{}\nP0;\nDMB;\nexists (R0)",
    ] { XCTAssertThrowsError(try Execution.isPossible(LitmusTest(text)), text) }
  }
}
