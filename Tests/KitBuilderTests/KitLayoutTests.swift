// SPDX-License-Identifier: Apache-2.0
import KitBuilder
import XCTest

/// The layout, its hash, and the files that are made of it.
final class KitLayoutTests: XCTestCase {
  static let manifest = """
    kit demo
    version 1
    header demo_page.h
    kernel-written struct demo_page
    shared-writable struct demo_shared
    mode 0666
    private yes
    constant uint32_t DEMO_LIMIT = 64
    callout int32_t demo_full(uint32_t index) else -KIT_CALLOUT_MISSING
    export uint32_t demo_value(uint32_t index) else 0 most 9

    """
  /// As clang prints them.
  static let records = """

    *** Dumping AST Record Layout
             0 | struct demo_inner
             0 |   uint16_t low
             2 |   uint16_t high
               | [sizeof=4, align=2]

    *** Dumping AST Record Layout
             0 | struct demo_page
             0 |   uint8_t[8] layout_hash
             8 |   uint32_t cpus_online
            12 |   struct demo_inner pair
            12 |     uint16_t low
            14 |     uint16_t high
            16 |   char[32] name
               | [sizeof=48, align=4]

    *** Dumping AST Record Layout
             0 | struct demo_shared
             0 |   uint32_t[2048] counts
               | [sizeof=8192, align=4]

    """

  private func layout(
    _ manifest: String = manifest, records: String = records
  ) throws -> KitLayout {
    try KitLayout(KitManifest(manifest), records: records)
  }

  private func error(_ text: () throws -> Void) -> String? {
    do {
      try text()
      return nil
    } catch {
      return "\(error)"
    }
  }

  func testLayoutHasALineForEachPart() throws {
    XCTAssertEqual(
      try layout().lines,
      [
        "kit demo 1", "constant uint32_t DEMO_LIMIT 64", "kernel-written demo_page, 48 bytes",
        "field demo_page.layout_hash uint8_t[8] at 0", "field demo_page.cpus_online uint32_t at 8",
        "field demo_page.pair struct demo_inner at 12", "field demo_page.pair.low uint16_t at 12",
        "field demo_page.pair.high uint16_t at 14", "field demo_page.name char[32] at 16",
        "shared-writable demo_shared, 8192 bytes", "field demo_shared.counts uint32_t[2048] at 0",
        "callout int32_t demo_full(uint32_t index)", "export uint32_t demo_value(uint32_t index)",
        "export int32_t demo_give(const struct demo_callouts *table, uint32_t bytes, uint64_t hash)",
      ])
    XCTAssertEqual(try layout().pages(.kernelWritten), 1)
    XCTAssertEqual(try layout().pages(.ownPage), 0)
    XCTAssertEqual(try layout().pages(.sharedWritable), 2)
  }

  private static let members = """
             0 | struct kit_members
             0 |   uint8_t[8] layout_hash
             8 |   uint32_t change
               | [sizeof=144, align=4]
             0 | struct kit_member
             0 |   uint32_t slot
               | [sizeof=8, align=4]

    """

  func testEachMemberHasThePagesOfItsStructure() throws {
    let manifest = Self.manifest.replacing("kernel-written struct demo_page\n", with: "")
      .replacing("shared-writable", with: "member")
    let layout = try layout(manifest, records: Self.records + Self.members)
    XCTAssertEqual(KitManifest.Role.allCases.map(layout.pages), [1, 1, 0, 2])
    for line in [
      "kernel-written kit_members, 144 bytes", "own-page kit_member, 8 bytes",
      "member demo_shared, 8192 bytes",
    ] { XCTAssertTrue(layout.lines.contains(line), line) }
    XCTAssertNil(error { try layout.checkHeader("") }, "the kernel needs no hash of its own")
    XCTAssertTrue(layout.linkerScript.contains("HIDDEN(__kit_member_pages = ALIGN(4096) + 8192)"))
    XCTAssertTrue(layout.linkerScript.contains("LONG(2)"))
    XCTAssertTrue(layout.callerHeader.contains(".pages = 34,"))
    XCTAssertTrue(layout.callerHeader.contains("demo_kit_bind_writer"))
    XCTAssertTrue(layout.imageHeader.contains("kit_member_pages() + slot % KIT_MEMBERS * 8192u"))
    for line in [
      "extension MemberPages where Layout == demo_shared {",
      "  init(slot: UInt32) { self.init(slot: slot, bytes: 8192) }",
      "  var counts: PageArray<UInt32> { array(at: 0, count: 2048) }",
      "extension OwnMemberPages where Layout == demo_shared {",
      "  var counts: SharedWords { words(at: 0, count: 2048) }",
    ] { XCTAssertTrue(layout.pagesSource.contains(line + "\n"), line) }
    XCTAssertEqual(
      error {
        _ = try self.layout(
          manifest,
          records: (Self.records + Self.members).replacing("sizeof=8192", with: "sizeof=32769"))
      }, ":4: struct demo_shared has 32769 bytes; the limit is 8 pages")
  }

  func testAnyChangeOfTheLayoutChangesTheHash() throws {
    let changes = [
      ("version 1", "version 2"), ("= 64", "= 65"), ("uint32_t DEMO", "int32_t DEMO"),
      ("demo_full(uint32_t", "demo_full(int32_t"), ("uint32_t demo_value", "int32_t demo_value"),
      ("demo_value(uint32_t index)", "demo_value(uint32_t index, uint32_t other)"),
    ]
    var hashes = Set([try layout().hash])
    for (old, new) in changes {
      hashes.insert(try layout(Self.manifest.replacing(old, with: new)).hash)
    }
    let moves = [
      ("         8 |   uint32_t cpus_online", "         8 |   int32_t cpus_online"),
      ("cpus_online", "cpus_offline"), ("14 |     uint16_t high", "13 |     uint16_t high"),
      ("sizeof=48", "sizeof=52"), ("char[32]", "char[31]"),
    ]
    for (old, new) in moves {
      hashes.insert(try layout(records: Self.records.replacing(old, with: new)).hash)
    }
    XCTAssertEqual(hashes.count, 1 + changes.count + moves.count)
  }

  func testBoundModeAndRightsDoNotChangeTheHash() throws {
    for (old, new) in [("most 9", "most 10"), ("mode 0666", "mode 0644"), ("else 0", "else 1")] {
      XCTAssertEqual(try layout(Self.manifest.replacing(old, with: new)).hash, try layout().hash)
    }
  }

  func testBadStructureIsRefused() {
    let cases = [
      ("struct demo_page\n", "struct demo_pages\n", ":4: the header has no struct demo_page"),
      (
        "uint8_t[8] layout_hash", "uint8_t[8] hash",
        ":4: struct demo_page does not begin with uint8_t layout_hash[8]"
      ),
      ("sizeof=48", "sizeof=65537", ":4: struct demo_page has 65537 bytes; the limit is 16 pages"),
      (
        "sizeof=8192", "sizeof=262145",
        ":5: struct demo_shared has 262145 bytes; the limit is 64 pages"
      ),
      ("sizeof=8192", "sizeof=0", ":5: struct demo_shared has 0 bytes; the limit is 64 pages"),
      (
        "8 |   uint32_t cpus_online", "8:0-3 |   uint32_t cpus_online",
        ":4: struct demo_page has a bit-field, or another field without an offset"
      ),
      (
        "uint32_t cpus_online", "enum (unnamed enum at /a/b.h:1) cpus_online",
        ":4: the type of demo_page.cpus_online has no name"
      ),
    ]
    for (old, new, wanted) in cases {
      XCTAssertEqual(
        error { _ = try layout(records: Self.records.replacing(old, with: new)) }, wanted)
    }
  }

  func testHeaderOfAKernelsPageHasTheHash() throws {
    let layout = try layout()
    let hash = String(layout.hash, radix: 16)
    let digits = String(repeating: "0", count: 16 - hash.count) + hash
    XCTAssertNil(
      error { try layout.checkHeader("#define DEMO_LAYOUT_HASH UINT64_C(0x\(digits))\n") })
    XCTAssertEqual(
      error { try layout.checkHeader("\n#define DEMO_LAYOUT_HASH UINT64_C(0x1)\n") },
      "demo_page.h:2: the layout has changed: raise the version, or write "
        + "#define DEMO_LAYOUT_HASH UINT64_C(0x\(digits))")
    XCTAssertEqual(
      error { try layout.checkHeader("") },
      "demo_page.h: the kernel writes its pages: it needs "
        + "#define DEMO_LAYOUT_HASH UINT64_C(0x\(digits))")
  }

  func testHashIsFNV1a() throws {
    // The published test vectors of FNV-1a, 64 bits, are for "" and "a".
    XCTAssertEqual(KitLayout.hash([]), 0xcbf2_9ce4_8422_2325)
    XCTAssertEqual(KitLayout.hash(["a"]), 0xaf63_dc4c_8601_ec8c)
  }

  func testScriptsNameTheExportsAndTheParts() throws {
    let layout = try layout()
    XCTAssertTrue(
      layout.versionScript.contains("DEMO_1 {\n  global:\n    demo_value;\n    demo_give;\n"))
    XCTAssertTrue(layout.linkerScript.contains("private PT_LOAD FLAGS(6)"))
    XCTAssertTrue(layout.linkerScript.contains("HIDDEN(__kit_shared_pages = ALIGN(4096) + 4096)"))
    let bare = try self.layout(
      "kit demo\nversion 1\nexport void demo_f(void) most 1\n", records: "")
    XCTAssertFalse(bare.linkerScript.contains("private"))
    XCTAssertTrue(bare.linkerScript.contains("SIZEOF(.text)"))
  }

  func testFieldsBecomePropertiesByRole() throws {
    let source = try layout().pagesSource
    for line in [
      "extension KernelWritten where Layout == demo_page {",
      "  var cpusOnline: UInt32 { load(at: 8) }",
      "  var name: PageArray<CChar> { array(at: 16, count: 32) }",
      "extension SharedWritable where Layout == demo_shared {",
      "  var counts: SharedWords { words(at: 0, count: 2048) }",
    ] { XCTAssertTrue(source.contains(line + "\n"), line) }
    XCTAssertFalse(source.contains("pair"), "a structure has no property")
  }
}
