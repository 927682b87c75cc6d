// SPDX-License-Identifier: Apache-2.0
import VdsoInspection
import XCTest

/// The checks of the build: each broken rule is found.
final class InspectionRulesTests: XCTestCase {
  private func listing() throws -> String {
    let tool = try XCTUnwrap(Disassembly.findTool())
    let code = try Disassembly(path: BuiltImage.path, tool: tool).instructions
    var text = ""
    var function = ""
    for instruction in code {
      if instruction.function != function {
        function = instruction.function
        text += "\n\(hex(instruction.address)) <\(function)>:\n"
      }
      text += "  \(hex(instruction.address)):\t\(instruction.mnemonic)\t\(instruction.operands)\n"
    }
    return text
  }

  private func hex(_ value: UInt32) -> String { String(value, radix: 16) }

  private func rules(_ text: String) throws -> Set<String> {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    return Set(try DisassemblyRules.check(file, Disassembly(text: text)).map(\.rule))
  }

  /// Replaces the first occurrence after the start of `function`.
  private func replacing(
    _ old: String, with new: String, in function: String, _ text: String
  ) throws -> String {
    let start = try XCTUnwrap(text.range(of: "<\(function)>:"))
    let place = try XCTUnwrap(text.range(of: old, range: start.upperBound..<text.endIndex), old)
    return text.replacingCharacters(in: place, with: new)
  }

  func testUnchangedCodeHasNoFinding() throws {
    XCTAssertEqual(try rules(listing()), [])
  }

  func testForbiddenInstructionsAreFound() throws {
    let text = try listing()
    for (new, rule) in [
      ("vmov\td0, r2, r3", "float"), ("vpush\t{d8}", "float"), ("vld1.32\t{d16}, [r1]", "float"),
      ("mcr\tp15, #0, r0, c7, c10, #5", "coprocessor"),
      ("mcrr\tp15, #0, r0, r1, c2", "coprocessor"),
      ("<unknown>", "unknown"), ("ldr\tr0, [pc, #0x10]", "indirect"), ("blx\tr3", "indirect"),
    ] {
      let changed = try replacing("sub\tr3, r0, #5", with: new, in: "__vdso_clock_gettime64", text)
      XCTAssertTrue(try rules(changed).contains(rule), new)
    }
  }

  func testLoadOutsideOfTheBarriersIsFound() throws {
    let text = try listing()
    let name = "__vdso_clock_gettime64"
    let early = try replacing("mov\tr0, #0", with: "ldr\tr0, [r2, #0x80]", in: name, text)
    XCTAssertEqual(try rules(early), ["barrier"])
    let missing = try replacing("dmb\tish", with: "nop\t", in: name, text)
    XCTAssertTrue(try rules(missing).contains("barrier"))
    let weak = try replacing("dmb\tish", with: "dmb\tishst", in: "VdsoClockGettime", text)
    XCTAssertEqual(try rules(weak), ["barrier"])
    let store = try replacing("eor\t", with: "str\t", in: name, text)
    XCTAssertTrue(try rules(store).contains("barrier"))
  }

  func testCounterReadTooEarlyOrWithoutABarrierIsFound() throws {
    let text = try listing()
    for name in ["__vdso_clock_gettime64", "__vdso_clock_gettime", "__vdso_gettimeofday"] {
      for (old, new) in [
        ("isb\tsy", "nop\t"), ("eor\t", "mov\t"), ("mrrc\tp15, #0x1", "mrrc\tp15, #0x0"),
      ] {
        XCTAssertEqual(try rules(replacing(old, with: new, in: name, text)), ["counter"], new)
      }
    }
  }

  func testSystemCallElsewhereIsFound() throws {
    let text = try listing()
    let inline = try replacing("mov\tr0, #0", with: "svc\t#0", in: "__vdso_clock_getres", text)
    XCTAssertEqual(try rules(inline), ["svc"])
    for (old, new) in [
      ("#0x193", "#0x1"), ("mov\tr7, r12", "mov\tr7, r0"), ("movw\tr12", "movw\tr3"),
      ("push\t{r7, lr}", "push\t{r7, r8}"),
    ] {
      let other = try replacing(old, with: new, in: "VdsoClockGettime", text)
      XCTAssertEqual(try rules(other), ["svc"], old)
    }
    // A branch into the body that has no number.
    let jump = try XCTUnwrap(text.firstMatch(of: /movw\tr12, #0x107\n.*\tb\t(0x[0-9a-f]+)/)).1
    let early = try replacing("mov\tr0, r2", with: "b\t\(jump) <>", in: "VdsoClockGettime", text)
    XCTAssertEqual(try rules(early), ["svc"])
    // The sigreturn trampolines: missing, twice, and without the instruction before them.
    for (old, new) in [("#119", "#118"), ("#173", "#119"), ("nop", "dmb ish")] {
      XCTAssertTrue(try rules(replacing(old, with: new, in: ".text", text)).contains("svc"), new)
    }
  }

  func testChangedHeadersAreFound() throws {
    let good = try BuiltImage.bytes()
    let manifest = Manifest(try BuiltImage.manifest())
    let file = try ElfFile(bytes: good)
    let dynamic = Int(try XCTUnwrap(file.segments.first { $0.type == 2 }).offset)
    let names = Int(try XCTUnwrap(file.section(".dynsym")).offset)
    let mutations: [(String, Int, UInt8)] = [
      ("header", 39, 4), ("header", 37, 4), ("header", 16, 2), ("load", 52 + 24, 7),
      ("load", 52 + 8, 16), ("dynamic", 84 + 24, 6), ("segment", 116, 7),
      ("dynamic", dynamic, 0x15), ("relocation", dynamic, 17), ("undefined", names + 16 + 14, 0),
      ("symbol", names + 16 + 12, 0x11), ("manifest", names + 16, 2),
    ]
    for (rule, offset, value) in mutations {
      var bytes = good
      bytes[offset] = value
      let found = try ImageRules.check(ElfFile(bytes: bytes), manifest: manifest).map(\.rule)
      XCTAssertTrue(found.contains(rule), "\(rule) at \(offset): \(found)")
    }
    let large = try ElfFile(bytes: good + [UInt8](repeating: 0, count: 4096))
    XCTAssertEqual(try ImageRules.check(large, manifest: manifest).map(\.rule), ["size"])
  }

  /// The unwind tables are compared with what the code needs; code that the check cannot follow is
  /// an error.
  func testChangedUnwindTableIsFound() throws {
    let good = try BuiltImage.bytes()
    let file = try ElfFile(bytes: good)
    XCTAssertEqual(try UnwindRules.check(file), [])
    let table = Int(try XCTUnwrap(file.section(".ARM.exidx")).offset)
    for (offset, value) in [(table + 16, 0x10), (table + 28, 0xaf), (164, 7)] as [(Int, UInt8)] {
      var bytes = good
      bytes[offset] = bytes[offset] &+ value &+ 1
      let found = try UnwindRules.check(ElfFile(bytes: bytes)).map(\.rule)
      XCTAssertEqual(found, ["unwind"], "\(offset)")
    }
    let code = Int(
      try XCTUnwrap(file.exports().first { $0.key.name == "__vdso_clock_getres" }).value.value)
    let frames = Int(try XCTUnwrap(file.section(".eh_frame")).offset)
    for offset in [frames + 9, frames + 40] {
      var bytes = good
      bytes[offset] ^= 1
      let found = try UnwindRules.check(ElfFile(bytes: bytes)).map(\.place)
      XCTAssertEqual(found, [".eh_frame"])
    }
    for word in [0xe24d_d008, 0xe52d_e004, 0xe1a0_d000, 0xe8bd_0010, 0xe8bd_8000 as UInt32] {
      var bytes = good
      withUnsafeBytes(of: word.littleEndian) { bytes.replaceSubrange(code..<code + 4, with: $0) }
      XCTAssertThrowsError(try UnwindRules.check(ElfFile(bytes: bytes)), "\(word)")
    }
  }

  func testKernelRulesFindFloatAndHeap() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let code = Disassembly(text: "80010000 <save>:\n80010000: \tvstm\tr0!, {d0}\n")
    let all = try KernelRules.check(file, code, floatFunctions: [], bootFunctions: [])
    XCTAssertEqual(all.map(\.rule), ["symbols", "float", "boot"])
    let allowed = try KernelRules.check(file, code, floatFunctions: ["save"], bootFunctions: [])
    XCTAssertEqual(allowed.map(\.rule), ["symbols", "boot"])
  }

  /// A call, a tail call, a constant, and one relative to the program counter; a branch and a
  /// constant that lead elsewhere.
  func testKernelRulesFindEveryReferenceToTheBootText() {
    let code = Disassembly(
      text: """
        80020000 <call>:
        80020000: \tbl\t0x80011000 <gone> @ imm = #-0xf004
        80020004: \tbeq.w\t0x80011100 <gone+0x100>
        80020008: \tcbz\tr0, 0x80011200 <gone+0x200>
        8002000c: \tb\t0x80020000 <call>
        80021000 <constant>:
        80021000: \t.word\t0x80011001
        80021004: \t.word\t0x80011003
        80022000 <relative>:
        80022010: \tadd\tr0, pc
        80022014: \t.word\t0xfffeefec
        80022018: \t.word\t0xfffeeff8

        """)
    let ways = KernelRules.references(
      from: code.instructions, into: 0x8001_1000..<0x8001_2000, [0x8001_1000])
    XCTAssertEqual(
      Set(ways.map(\.place)).count, 5, ways.map { "\($0)" }.joined(separator: "\n"))
    XCTAssertEqual(Set(ways.map(\.rule)), ["boot"])
  }
}
