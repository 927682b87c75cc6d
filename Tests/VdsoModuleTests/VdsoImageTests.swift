import VdsoInspection
import VdsoPage
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class VdsoImageTests: XCTestCase {
  private func flaw(_ bytes: [UInt8]) -> VdsoImage.Flaw? {
    do {
      _ = try VdsoImage(checking: bytes.span.bytes)
      return nil
    } catch {
      return error
    }
  }

  func testAnImageThatBreaksNoRuleIsAccepted() throws {
    let image = try VdsoImage(checking: TestImage().bytes.span.bytes)
    XCTAssertEqual(image.size, 4096)
    XCTAssertEqual(image.buildID.bytes[0], 0xa0)
    XCTAssertEqual(image.buildID.bytes[19], 0xb3)
  }

  func testTheBuiltImageIsAccepted() throws {
    let bytes = try BuiltImage.bytes()
    XCTAssertNil(flaw(bytes), "as it is")
    XCTAssertNil(flaw(bytes + [UInt8](repeating: 0, count: 4096 - bytes.count)), "padded")
  }

  /// One change for every rule; the rule it breaks, and no other, is the reason.
  private typealias Mutation = (VdsoImage.Flaw, String, @Sendable (inout TestImage) -> Void)
  private static let mutations: [Mutation] = [
    (.size, "empty", { $0.bytes = [] }),
    (.size, "shorter than the header", { $0.bytes = Array($0.bytes.prefix(51)) }),
    (.size, "too large", { $0.bytes += [UInt8](repeating: 0, count: 4 * 4096) }),
    (.magic, "magic", { $0.bytes[1] = 0x65 }),
    (.elfClass, "64 bits", { $0.bytes[4] = 2 }),
    (.byteOrder, "big endian", { $0.bytes[5] = 2 }),
    (.elfVersion, "e_ident", { $0.bytes[6] = 0 }),
    (.elfVersion, "e_version", { $0.put32(20, 2) }),
    (.type, "executable", { $0.put16(16, 2) }),
    (.machine, "x86", { $0.put16(18, 3) }),
    (.flags, "hard float", { $0.put32(36, 0x0500_0400) }),
    (.flags, "EABI 4", { $0.put32(36, 0x0400_0000) }),
    (.headerSize, "64", { $0.put16(40, 64) }),
    (.programHeaderTable, "none", { $0.put16(44, 0) }),
    (.programHeaderTable, "65535", { $0.put16(44, 65535) }),
    (.programHeaderTable, "entry size", { $0.put16(42, 56) }),
    (.programHeaderTable, "elsewhere", { $0.put32(28, 56) }),
    (.programHeaderTable, "at the end of memory", { $0.put32(28, 0xffff_fff0) }),
    (.sectionHeaderTable, "outside", { $0.put32(32, 4080) }),
    (.sectionHeaderTable, "wraps", { $0.put32(32, 0xffff_fffc) }),
    (.sectionHeaderTable, "none", { $0.put16(48, 0) }),
    (.sectionHeaderTable, "entry size", { $0.put16(46, 64) }),
    (.sectionHeaderTable, "misaligned", { $0.put32(32, 1026) }),
    (.segmentBounds, "size", { $0.put32(TestImage.load + 16, 4097) }),
    (.segmentBounds, "offset", { $0.put32(TestImage.note + 4, 4096) }),
    (.segmentBounds, "sum wraps", { $0.put32(TestImage.dynamic + 16, 0xffff_ffff) }),
    (.segmentBounds, "dynamic address", { $0.put32(TestImage.dynamic + 8, 516) }),
    (.segmentBounds, "a note beyond its segment", { $0.put32(TestImage.pageNote + 4, 16) }),
    (.segmentBounds, "a note of 4 GiB", { $0.put32(TestImage.notes, 0xffff_ffff) }),
    (.segmentBounds, "half a note", { $0.put32(TestImage.note + 16, 72) }),
    (.loadCount, "none", { $0.put32(TestImage.load, 0) }),
    (
      .loadCount, "two",
      { image in
        let load = image.bytes[TestImage.load..<TestImage.load + 32]
        image.bytes.replaceSubrange(TestImage.stack..<TestImage.stack + 32, with: load)
      }
    ),
    (.loadPlace, "offset", { $0.put32(TestImage.load + 4, 4) }),
    (.loadPlace, "address", { $0.put32(TestImage.load + 8, 0x1000) }),
    (.loadSize, "bss", { $0.put32(TestImage.load + 20, 4096) }),
    (
      .loadSize, "without the headers",
      {
        $0.put32(TestImage.load + 16, 64)
        $0.put32(TestImage.load + 20, 64)
      }
    ),
    (.loadAlignment, "64 KiB", { $0.put32(TestImage.load + 28, 0x10000) }),
    (.loadPermissions, "writable", { $0.put32(TestImage.load + 24, 7) }),
    (.loadPermissions, "not executable", { $0.put32(TestImage.load + 24, 4) }),
    (.dynamicCount, "none", { $0.put32(TestImage.dynamic, 0) }),
    (.dynamicWritable, "writable", { $0.put32(TestImage.dynamic + 24, 6) }),
    (.forbiddenSegment, "TLS", { $0.put32(TestImage.stack, 7) }),
    (.forbiddenSegment, "interpreter", { $0.put32(TestImage.stack, 3) }),
    (.forbiddenSegment, "RELRO", { $0.put32(TestImage.stack, 0x6474_e552) }),
    (.executableStack, "stack", { $0.put32(TestImage.stack + 24, 7) }),
    (.noPageNote, "other owner", { $0.put32(TestImage.pageNote + 12, 0x4141_4141) }),
    (.noPageNote, "no notes", { $0.put32(TestImage.note, 0) }),
    (.stalePage, "version", { $0.put32(TestImage.pageNote + 20, 0) }),
    (.stalePage, "size", { $0.put32(TestImage.pageNote + 24, 4) }),
    (.stalePage, "layout", { $0.put32(TestImage.pageNote + 28, 1) }),
    (.dynamicEnd, "no DT_NULL", { $0.put32(TestImage.dynamicTable + 80, 0x6000_0000) }),
    (.dynamicEnd, "cut off", { $0.put32(TestImage.dynamic + 16, 80) }),
    (.dynamicEntry, "empty", { $0.put32(TestImage.dynamicTable, 0) }),
    (.dynamicEntry, "no HASH", { $0.put32(TestImage.dynamicTable, 0x6000_0000) }),
    (.dynamicEntry, "two SYMTAB", { $0.put32(TestImage.dynamicTable, 6) }),
    (.dynamicEntry, "no VERDEFNUM", { $0.put32(TestImage.dynamicTable + 72, 0x6000_0000) }),
    (.dynamicBounds, "HASH", { $0.put32(TestImage.dynamicTable + 4, 4096) }),
    (.dynamicBounds, "VERDEF", { $0.put32(TestImage.dynamicTable + 44, 0xffff_fffe) }),
    (.dynamicForbidden, "REL", { $0.put32(TestImage.dynamicTable + 80, 17) }),
    (.dynamicForbidden, "NEEDED", { $0.put32(TestImage.dynamicTable + 80, 1) }),
    (.dynamicForbidden, "TEXTREL", { $0.put32(TestImage.dynamicTable + 80, 22) }),
    (.dynamicForbidden, "INIT", { $0.put32(TestImage.dynamicTable + 64, 12) }),
    (.noBuildID, "other type", { $0.put32(TestImage.notes + 8, 4) }),
  ]

  func testEveryBrokenRuleIsTheReason() {
    for (rule, name, mutate) in Self.mutations {
      var image = TestImage()
      mutate(&image)
      XCTAssertEqual(flaw(image.bytes), rule, name)
    }
  }

  func testThereIsAMutationForEveryRule() {
    let tested = Self.mutations.map(\.0)
    for rule in VdsoImage.Flaw.allCases { XCTAssertTrue(tested.contains(rule), "\(rule)") }
  }

  func testEveryReasonHasATextOfItsOwn() {
    let texts = Set(VdsoImage.Flaw.allCases.map { "\($0.text)" })
    XCTAssertEqual(texts.count, VdsoImage.Flaw.allCases.count)
  }

  func testNoTruncationOfTheBuiltImageTrapsOrIsTakenForWhole() throws {
    let bytes = try BuiltImage.bytes()
    for count in 0..<bytes.count { XCTAssertNotNil(flaw(Array(bytes.prefix(count))), "\(count)") }
  }

  /// Random bytes at random places of the headers and tables, one to eight at a time.
  func testFiftyThousandRandomMutationsNeverTrap() throws {
    let good = try BuiltImage.bytes()
    var random = Dice(seed: 1)
    for _ in 0..<50_000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let place = Int.random(in: 0..<min(1024, bytes.count), using: &random)
        bytes[place] = .random(in: 0...255, using: &random)
      }
      if Int.random(in: 0..<16, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
      }
      guard flaw(bytes) == nil else { continue }
      // The build's own check, written apart from this one, agrees about what was accepted.
      guard let file = try? ElfFile(bytes: bytes),
        let findings = try? ImageRules.check(file, manifest: Manifest(""))
      else { continue }
      XCTAssertEqual(findings.filter { ["header", "load"].contains($0.rule) }, [])
    }
  }

  func testNoSingleChangedByteOfTheHeadersTraps() throws {
    let bytes = try BuiltImage.bytes()
    for offset in 0..<min(bytes.count, 800) {
      for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = bytes
        changed[offset] = value
        _ = flaw(changed)
      }
    }
  }
}
