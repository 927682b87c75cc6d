// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class KitImageTests: XCTestCase {
  private func flaw(_ bytes: [UInt8]) -> KitImage.Violation? {
    do {
      _ = try A32Rules.checkKit(bytes.span.bytes)
      return nil
    } catch {
      return error
    }
  }

  /// A kit with everything.
  static var full: KitFile {
    KitFile(
      "full_1", version: 12, mode: 0o666, kernelPages: 1, ownPages: 2, sharedPages: 3,
      privateData: [7, 0x1000, 0x480], privateSize: 0x1004, relocated: [1, 2])
  }

  func testKitIsWhatItsNoteSays() throws {
    let kit = try A32Rules.checkKit(Self.full.bytes.span.bytes)
    let name: [UInt8] = Array("full_1".utf8)
    XCTAssertTrue(kit.name.isEqual(to: name.span))
    XCTAssertEqual(kit.version, 12)
    XCTAssertEqual(kit.layoutHash, 0x1122_3344_5566_7788)
    XCTAssertEqual(kit.mode, 0o666)
    XCTAssertEqual([kit.kernelPages, kit.ownPages, kit.sharedPages], [1, 2, 3])
    XCTAssertEqual(kit.textSize, UInt32(KitFile.textSize))
    XCTAssertEqual(
      kit.privateData, KitPrivateData(offset: 4096, size: 0x1004, fileSize: 12, fileOffset: 4096))
    XCTAssertEqual(kit.relocations, ImageRange(start: UInt32(KitFile.relocations), size: 16))
    XCTAssertEqual([kit.privatePage, kit.kernelPage, kit.pageCount], [1, 3, 9])
    XCTAssertEqual(kit.exportCount, 2)
    XCTAssertFalse(kit.maySystemCall)
    XCTAssertEqual(kit.buildID.bytes[19], 0xb3)
  }

  func testEachSlotOfMembersHasItsPages() throws {
    let file = KitFile(
      mode: 0o666, kernelPages: 1, ownPages: 1, sharedPages: 2, memberPages: 8)
    let kit = try A32Rules.checkKit(file.bytes.span.bytes)
    XCTAssertEqual(kit.memberPages, 8)
    XCTAssertEqual(
      [kit.ownPage, kit.sharedPage, kit.memberPage, kit.pageCount], [2, 3, 5, 5 + 16 * 8])
  }

  func testKitWithTextOnlyIsAccepted() throws {
    let kit = try A32Rules.checkKit(KitFile().bytes.span.bytes)
    XCTAssertEqual([kit.privatePage, kit.kernelPage, kit.pageCount], [1, 1, 1])
    XCTAssertEqual(kit.privateData.size, 0)
  }

  private typealias Mutation = (
    rule: KitImage.Violation, name: String, mutate: (inout KitFile) -> Void
  )

  /// At least one change for each rule that is a kit's own, or that is checked by a kit's own code.
  private var mutations: [Mutation] {
    [
      (.size, "empty", { $0.bytes = [] }),
      (.size, "large", { $0.bytes += [UInt8](repeating: 0, count: 1 << 18) }),
      (.elfClass, "64 bits", { $0.bytes[4] = 2 }),
      (.machine, "x86", { $0.put16(18, 3) }),
      (.flags, "hard float", { $0.put32(36, 0x0500_0400) }),
      (.segmentBounds, "beyond the file", { $0.put32(KitFile.data + 16, 0x1000) }),
      (.segmentBounds, "note beyond the text", { $0.put32(KitFile.note + 16, 0x800) }),
      (.segmentBounds, "dynamic elsewhere", { $0.put32(KitFile.dynamic + 8, 0) }),
      (.loadCount, "no segment", { for place in [52, 84] { $0.put32(place, 0) } }),
      (.loadAddress, "text at a page", { $0.put32(KitFile.load + 8, 4096) }),
      (.loadSize, "bss in the text", { $0.put32(KitFile.load + 20, 0x800) }),
      (.loadAlignment, "64 KiB", { $0.put32(KitFile.load + 28, 0x10000) }),
      (.loadAlignment, "data: 4", { $0.put32(KitFile.data + 28, 4) }),
      (.loadPermissions, "writable and executable", { $0.put32(KitFile.load + 24, 7) }),
      (.loadPermissions, "data is executable", { $0.put32(KitFile.data + 24, 7) }),
      (.loadPermissions, "data is not writable", { $0.put32(KitFile.data + 24, 4) }),
      (.kitSize, "large data", { $0.put32(KitFile.data + 20, 0x10001) }),
      (.kitSize, "note: large data", { $0.put32(KitFile.kitNote + 32, 0x10001) }),
      (.kitPrivateData, "data elsewhere", { $0.put32(KitFile.data + 8, 0x2000) }),
      (.kitPrivateData, "less memory than file", { $0.put32(KitFile.data + 20, 8) }),
      (.kitPrivateData, "note: none", { $0.put32(KitFile.kitNote + 32, 0) }),
      (.kitPrivateData, "note: more", { $0.put32(KitFile.kitNote + 32, 0x1008) }),
      (
        .kitSegment, "a third",
        { file in
          file.bytes.replaceSubrange(
            KitFile.stack..<KitFile.stack + 32, with: file.bytes[KitFile.data..<KitFile.data + 32])
        }
      ),
      (.dynamicCount, "none", { $0.put32(KitFile.dynamic, 0) }),
      (.dynamicWritable, "writable", { $0.put32(KitFile.dynamic + 24, 6) }),
      (.executableStack, "stack", { $0.put32(KitFile.stack + 24, 7) }),
      (.forbiddenSegment, "TLS", { $0.put32(KitFile.stack, 7) }),
      (.forbiddenSegment, "RELRO", { $0.put32(KitFile.stack, 0x6474_e552) }),
      (.kitNote, "none", { $0.put32(KitFile.note, 0) }),
      (.kitNote, "type", { $0.put32(KitFile.notes + 44, 0x4b49_5403) }),
      (.kitNote, "format", { $0.put32(KitFile.kitNote, 2) }),
      (.kitNote, "unknown flag", { $0.put32(KitFile.kitNote + 40, 2) }),
      (
        .kitNote, "size",
        {
          $0.put32(KitFile.notes + 40, 68)
          $0.put32(KitFile.note + 16, 124)
        }
      ),
      (.noBuildID, "type", { $0.put32(KitFile.notes + 8, 1) }),
      (.kitName, "capital", { $0.bytes[KitFile.kitNote + 44] = 0x41 }),
      (.kitName, "digit first", { $0.bytes[KitFile.kitNote + 44] = 0x30 }),
      (.kitName, "dot", { $0.bytes[KitFile.kitNote + 45] = 0x2e }),
      (.kitName, "not filled up", { $0.bytes[KitFile.kitNote + 52] = 0x61 }),
      (.kitName, "not the file's", { $0.bytes[KitFile.kitNote + 44] = 0x62 }),
      (.kitMode, "executable", { $0.put32(KitFile.kitNote + 16, 0o755) }),
      (.kitMode, "not readable", { $0.put32(KitFile.kitNote + 16, 0o222) }),
      (.kitPages, "kernel", { $0.put32(KitFile.kitNote + 20, 17) }),
      (.kitPages, "own", { $0.put32(KitFile.kitNote + 24, 17) }),
      (.kitPages, "members", { $0.put32(KitFile.kitNote + 68, 9) }),
      (
        .kitPages, "members without the kernel's page",
        { file in
          file.put32(KitFile.kitNote + 20, 0)
          file.put32(KitFile.kitNote + 68, 1)
        }
      ),
      (.kitPages, "members with two own pages", { $0.put32(KitFile.kitNote + 68, 1) }),
      (.kitPages, "shared", { $0.put32(KitFile.kitNote + 28, 0xffff_ffff) }),
      (.kitCode, "beyond the text", { $0.put32(KitFile.kitNote + 64, 20) }),
      (.kitCode, "empty", { $0.put32(KitFile.kitNote + 64, 0) }),
      (.kitCode, "half an instruction", { $0.put32(KitFile.kitNote + 64, 14) }),
      (.kitCode, "wraps", { $0.put32(KitFile.kitNote + 60, 0xffff_fff0) }),
      (.dynamicForbidden, "needs a library", { $0.put32(KitFile.dynamicTable + 80, 1) }),
      (.dynamicForbidden, "DT_RELA", { $0.put32(KitFile.dynamicTable + 88, 7) }),
      (.dynamicForbidden, "DT_TEXTREL", { $0.put32(KitFile.dynamicTable + 80, 22) }),
      (.dynamicForbidden, "DT_JMPREL", { $0.put32(KitFile.dynamicTable + 80, 23) }),
      (
        .dynamicEntry, "no hash",
        {
          $0.put32(KitFile.dynamicTable, 30); $0.put32(0x184, 2)
        }
      ),
      (.kitExports, "more", { $0.put32(KitFile.kitNote + 36, 3) }),
      (.exportTwice, "name", { $0.put32(KitFile.symbols + 32, 1) }),
      (.symbolUndefined, "undefined", { $0.put16(KitFile.symbols + 16 + 14, 0) }),
      (.symbolType, "data", { $0.bytes[KitFile.symbols + 16 + 12] = 0x11 }),
      (.symbolAddress, "in the tables", { $0.put32(KitFile.symbols + 20, 0x400) }),
      (.symbolAddress, "behind the code", { $0.put32(KitFile.symbols + 40, 12) }),
      (.notInHash, "no chain", { $0.put32(KitFile.hash + 16, 0) }),
      (.notInGnuHash, "another", { $0.put32(KitFile.gnuHash + 24, 2) }),
      (.exportVersion, "of the file", { $0.put16(KitFile.versions + 2, 1) }),
      (.versionNode, "another version", { $0.put32(KitFile.kitNote + 4, 13) }),
      (.versionNode, "a shorter number", { $0.put32(KitFile.kitNote + 4, 1) }),
      (.versionCount, "none", { $0.put32(KitFile.definitions + 16, 0) }),
      (.kitRelocation, "absolute", { $0.put32(KitFile.relocations + 4, 2) }),
      (.kitRelocation, "of a symbol", { $0.put32(KitFile.relocations + 4, 0x117) }),
      (.kitRelocation, "in the text", { $0.put32(KitFile.relocations, 0x480) }),
      (.kitRelocation, "behind the file", { $0.put32(KitFile.relocations + 8, 0x100c) }),
      (.kitRelocation, "not a whole word", { $0.put32(KitFile.relocations, 0x1002) }),
      (.kitRelocation, "twice", { $0.put32(KitFile.relocations + 8, 0x1004) }),
      (.kitRelocation, "to an address outside", { $0.put32(0x1004, 9 * 4096) }),
      (.kitRelocation, "table elsewhere", { $0.put32(KitFile.dynamicTable + 92, 0x490) }),
      (.kitRelocation, "other size", { $0.put32(KitFile.dynamicTable + 108, 12) }),
      (.kitRelocation, "another number", { $0.put32(KitFile.dynamicTable + 116, 3) }),
      (
        .kitRelocation, "only their number",
        {
          for tag in 11..<14 {
            $0.put32(KitFile.dynamicTable + tag * 8, 30)
            $0.put32(KitFile.dynamicTable + tag * 8 + 4, 2)
          }
        }
      ),
      (.codeFloat, "vmov d0, r2, r3", { $0.put32(KitFile.code, 0xec43_2b10) }),
      (.codeFloat, "vadd.i32 d0, d0, d1", { $0.put32(KitFile.code, 0xf220_0801) }),
      (.codeRegister, "mcr p15, 0, r0, c7, c10, 5", { $0.put32(KitFile.code, 0xee07_0fba) }),
      (.codeRegister, "mcr TPIDRURW", { $0.put32(KitFile.code, 0xee0d_0f50) }),
      (.codeSystem, "bkpt", { $0.put32(KitFile.code, 0xe120_0070) }),
      (.codeSystem, "cpsid i", { $0.put32(KitFile.code, 0xf10c_0080) }),
      (.codeSystem, "blx to Thumb", { $0.put32(KitFile.code, 0xfa00_0000) }),
      (.codeCall, "svc", { $0.put32(KitFile.code, 0xef00_0000) }),
      (.codeBranch, "before", { $0.put32(KitFile.code, 0xeaff_fffd) }),
      (.codeBranch, "after", { $0.put32(KitFile.code, 0xeb00_0002) }),
    ]
  }

  func testEveryBrokenRuleIsTheReason() {
    XCTAssertNil(flaw(Self.full.bytes))
    for (rule, name, mutate) in mutations {
      var file = Self.full
      mutate(&file)
      XCTAssertEqual(flaw(file.bytes), rule, name)
    }
    let tested = Set(mutations.map(\.rule))
    XCTAssertEqual(KitImageTests.kitRules.subtracting(tested), [], "have no mutation")
  }

  /// The rules that only kits have.
  static let kitRules: Set<KitImage.Violation> = [
    .kitNote, .kitName, .kitMode, .kitPages, .kitSize, .kitSegment, .kitPrivateData, .kitCode,
    .kitRelocation, .kitExports,
  ]

  func testPermittedInstructionsPass() {
    for word in [
      0xf57f_f05b, 0xf57f_f05a, 0xf57f_f06f, 0xf57f_f01f, 0xf5d0_f000, 0xee1d_0f50, 0xee1d_0f70,
      0xec51_0f1e, 0xe59f_0000, 0xffff_fb80, 0x0000_0b80, 0xe7ff_defe,
    ] as [UInt32] {
      var file = KitFile()
      file.put32(KitFile.code, word)
      XCTAssertNil(flaw(file.bytes), String(word, radix: 16))
    }
  }

  func testSystemCallPassesIfDeclared() {
    var file = KitFile()
    file.put32(KitFile.code, 0xef00_0000)
    file.put32(KitFile.kitNote + 40, 1)
    XCTAssertNil(flaw(file.bytes))
    file.put32(KitFile.code, 0xef00_0001)
    XCTAssertEqual(flaw(file.bytes), .codeCall)
  }

  func testNoTruncatedKitPasses() {
    let bytes = Self.full.bytes
    for count in 0..<bytes.count { XCTAssertNotNil(flaw(Array(bytes.prefix(count))), "\(count)") }
  }

  /// Random mutations never trap, and what passes is a group that the loader can map: its parts are
  /// inside the file, and each relocation is for a word of its data.
  func testNoMutationTrapsOrPassesWithABrokenGroup() {
    var dice = Dice(fuzzing: 14)
    let good = Self.full.bytes
    let places = Array(0..<0x4a0) + Array(0x1000..<good.count)
    var passed = 0
    let rounds = Dice.rounds(20_000)
    for number in 0..<rounds {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &dice) {
        let place = places.randomElement(using: &dice) ?? 0
        let word = min(place & ~3, bytes.count - 4)
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: bytes[place] = .random(in: 0...255, using: &dice)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
        case 2:
          let values: [UInt32] = [0, 4, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, .max]
          let value = values.randomElement(using: &dice) ?? 0
          withUnsafeBytes(of: value.littleEndian) {
            bytes.replaceSubrange(word..<word + 4, with: $0)
          }
        default:
          let source = Int.random(in: 0..<bytes.count / 4, using: &dice) * 4
          bytes.replaceSubrange(word..<word + 4, with: bytes[source..<source + 4])
        }
      }
      guard let kit = try? A32Rules.checkKit(bytes.span.bytes) else { continue }
      passed += 1
      let data = kit.privateData
      XCTAssertLessThanOrEqual(Int(kit.textSize), bytes.count, "\(number)")
      XCTAssertLessThanOrEqual(Int(data.fileOffset + data.fileSize), bytes.count, "\(number)")
      XCTAssertLessThanOrEqual(kit.pageCount, 16 + 17 + 16 + 16 + 64, "\(number)")
      for entry in stride(from: Int(kit.relocations.start), to: Int(kit.relocations.end), by: 8) {
        let place = UInt32(
          littleEndian: bytes.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: entry, as: UInt32.self)
          })
        XCTAssertTrue(
          place >= data.offset && place - data.offset + 4 <= data.fileSize, "\(number)")
      }
    }
    XCTAssertGreaterThan(passed, rounds / 100)
    XCTAssertLessThan(passed, rounds * 3 / 4)
  }
}
