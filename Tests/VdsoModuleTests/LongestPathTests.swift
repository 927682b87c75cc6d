// SPDX-License-Identifier: Apache-2.0
import VdsoInspection
import XCTest

/// The bound of the image's functions.
final class LongestPathTests: XCTestCase {
  private func bound(_ lines: [String]) throws -> Int {
    let text = lines.enumerated().map { "  \(String($0.offset * 4, radix: 16)):\t\($0.element)\n" }
    var longest = LongestPath(Disassembly(text: "\n0 <f>:\n" + text.joined()))
    return try longest.instructions(from: 0)
  }

  func testLongerOfTwoBranchesCounts() throws {
    XCTAssertEqual(try bound(["bx\tlr"]), 1)
    XCTAssertEqual(try bound(["cmp\tr0, #0", "beq\t0xc <f+0xc>", "nop", "bx\tlr"]), 4)
    XCTAssertEqual(try bound(["beq\t0x8 <f+0x8>", "bx\tlr", "nop", "nop", "bx\tlr"]), 4)
    XCTAssertEqual(try bound(["b\t0x8 <f+0x8>", "nop", "pop\t{r7, pc}"]), 2)
  }

  func testCallIsEnteredAndReturns() throws {
    XCTAssertEqual(
      try bound(["bl\t0x10 <g>", "bl\t0x10 <g>", "nop", "bx\tlr", "nop", "nop", "bx\tlr"]), 10)
    XCTAssertEqual(try bound(["blne\t0x8 <g>", "bx\tlr", "nop", "bx\tlr"]), 4)
  }

  func testLoopHasNoBound() {
    XCTAssertThrowsError(try bound(["nop", "subs\tr0, r0, #1", "bne\t0x0 <f>", "bx\tlr"]))
    XCTAssertThrowsError(try bound(["nop"]), "over its end")
  }

  /// `make bench` prints the numbers; a path with a retry must be longer than the path without.
  func testEveryFunctionOfTheImageHasABound() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let tool = try XCTUnwrap(Disassembly.findTool())
    var longest = LongestPath(try Disassembly(path: BuiltImage.path, tool: tool))
    for (name, symbol) in try file.exports() {
      let bound = try longest.instructions(from: symbol.value)
      XCTAssertLessThanOrEqual(bound, 200, "\(name)")
      if name.name.contains("gettime") { XCTAssertGreaterThan(bound, 100, "\(name)") }
    }
  }
}
