// SPDX-License-Identifier: Apache-2.0
import KitBuilder
import VdsoInspection
import XCTest

/// The rules for a linked kit, each broken once.
final class KitImageRulesTests: XCTestCase {
  func testBuiltKitsKeepTheRules() throws {
    for name in ["vstat", "tally", "template"] {
      XCTAssertEqual(try BuiltKit(name).findings(), [], name)
    }
  }

  func testMissingExportIsFound() throws {
    let more = "\nexport uint32_t vstat_more(void) else 0 most 8\nmode 0444"
    XCTAssertEqual(
      try BuiltKit("vstat").findings([("\nmode 0444", more)]),
      ["export: vstat_more@VSTAT_1: in the manifest, but not in the image"])
  }

  func testUndeclaredExportIsFound() throws {
    XCTAssertEqual(
      try BuiltKit("vstat").findings([("export uint32_t vstat_cpus(void) else 0 most 8\n", "")]),
      ["export: vstat_cpus@VSTAT_1: in the image, but not in the manifest"])
  }

  func testAnotherVersionIsAnotherName() throws {
    let findings = try BuiltKit("tally").findings([("version 1", "version 2")])
    XCTAssertEqual(findings.count, 12)
    XCTAssertTrue(
      findings.contains("export: tally_add@TALLY_2: in the manifest, but not in the image"))
  }

  func testBoundIsTheLongestPath() throws {
    let kit = try BuiltKit("vstat")
    XCTAssertEqual(
      try kit.findings([("vstat_cpus(void) else 0 most 8", "vstat_cpus(void) else 0 most 4")]),
      ["bound: vstat_cpus: up to 5 instructions, not 4"])
    XCTAssertEqual(
      try kit.findings([("vstat_cpus(void) else 0 most 8", "vstat_cpus(void) else 0 most 5")]), [])
  }

  func testPrivateDataMustBeDeclared() throws {
    let findings = try BuiltKit("template").findings([("private yes", "private no")])
    XCTAssertEqual(findings, ["segment: 2 of them"])
  }

  func testOtherRelocationIsFound() throws {
    let kit = try BuiltKit("tally")
    let layout = try KitLayout(KitManifest(kit.manifest), records: kit.records)
    let table = try XCTUnwrap(kit.linked.section(".rel.dyn"))
    for (place, value, wanted) in [
      (4, 2, "is not R_ARM_RELATIVE"), (1, 0, "is not in the private data"),
      (2, 1, "is not in the private data"),
    ] as [(Int, UInt8, String)] {
      var bytes = kit.linked.bytes
      bytes[Int(table.offset) + place] = value
      let findings = try KitImageRules.check(ElfFile(bytes: bytes), kit.code, layout: layout)
      XCTAssertEqual(findings.map(\.what), [wanted])
    }
  }

  func testForbiddenInstructionIsFound() throws {
    let kit = try BuiltKit("vstat")
    for (instruction, rule) in [
      ("svc\t#0", "svc"), ("mcr\tp15, #0x0, r0, c7, c5, #0x0", "coprocessor"),
      ("vadd.f32\ts0, s0, s1", "float"), ("<unknown>", "unknown"), ("blx\tr3", "indirect"),
      ("bx\tr3", "indirect"), ("bxne\tr3", "indirect"), ("ldr\tpc, [r0]", "indirect"),
      ("add\tpc, r2, r1", "indirect"), ("mov\tpc, r0", "indirect"),
    ] {
      let findings = try kit.findings(instructions: [instruction])
      XCTAssertEqual(findings.count, 1, instruction)
      XCTAssertTrue(findings.first?.hasPrefix("\(rule): 0x10000 in more") == true, instruction)
    }
    for instruction in [
      "bx\tlr", "bxne\tlr", "pop\t{r4, pc}", "blx\t0x10000", ".word\t0xee070f95", "cmp\tpc, r0",
    ] { XCTAssertEqual(try kit.findings(instructions: [instruction]), [], instruction) }
  }

  func testDeclarationsPermitCallsAndSystemCalls() throws {
    XCTAssertEqual(
      try BuiltKit("vstat").findings(
        [("mode 0444", "mode 0444\nsystem-calls yes")], instructions: ["svc\t#0"]), [])
    XCTAssertEqual(try BuiltKit("tally").findings(instructions: ["blx\tr3"]), [])
  }
}
