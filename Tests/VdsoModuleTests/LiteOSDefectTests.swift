// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoInspection
import VdsoReader
import VmRegion
import VmRegionMocks
import XCTest

@testable import VdsoModule

/// Defects of the LiteOS vDSO that this one replaces, by their number in the list. Number 1 is in
/// LatchInterleavingTests, 3 in TimekeeperRaceTests; 5 to 7 and 12 to 16 need a program and are in
/// BootTests.
final class LiteOSDefectTests: XCTestCase {
  /// 2: a reader waited for a word that the compiler had loaded once: it hung permanently.
  func testDefect2ReaderNeverWaitsForAWriter() {
    let page = ScriptedPage()
    page.isCountMoving = true
    RecordingKernel.reset()
    var buffer: (UInt64, UInt64) = (0, 0)
    let result = withUnsafeMutableBytes(of: &buffer) {
      Clocks<ScriptedPage, RecordingKernel>.clockGettime64(5, $0.baseAddress, page)
    }
    XCTAssertEqual(result, RecordingKernel.answer)
    XCTAssertEqual(RecordingKernel.calls, ["clockGettime64(5)"])
    let passes = 1 + Clocks<ScriptedPage, RecordingKernel>.retries
    XCTAssertEqual(page.loads, ScriptedPage.loadsPerPass * passes, "the passes are bounded")
  }

  /// 4: the sample and the divisions were made inside the locked window.
  func testDefect4OnlyStoresHappenBetweenTheCounts() {
    let page = RecordingStore()
    ClockRecords(page).write(.numbered(1, isDiscontinuous: true))
    XCTAssertEqual(page.reads, 1, "the count, before the window")
  }

  /// 8: an image was mapped and announced whatever was in it, unless its first four bytes were
  /// wrong.
  func testDefect8BadImageIsNeitherMappedNorAnnounced() throws {
    let journal = MockMMU.Journal()
    var space = MockSpace(
      table: MockMMU(journal: journal), pool: MockMemory.makePool(frames: 64))
    for (rule, name, mutate) in Mutations<A32TestMachine>.all {
      var image = A32TestImage()
      mutate(&image)
      let vdso = Vdso(
        image: image.bytes.span.bytes, by: A32Rules.self, expecting: A32TestImage.buildID,
        at: 0x4020_1000,
        pageAt: 0x4020_0000)
      XCTAssertThrowsError(
        try vdso.load(into: &space, processPageFrame: PhysicalFrame(number: 0x4_8000)), name
      ) {
        XCTAssertEqual($0 as? Vdso.LoadError, .off(.image(rule)), name)
      }
    }
    XCTAssertEqual(journal.mapCount, 0)
    space.forEachRegion { XCTFail("\($0)") }
    space.teardown()
  }

  /// 9: the data page was executable, and both could be removed, moved or written.
  func testDefect9PageIsNotExecutableAndBothMappingsAreSealed() throws {
    let journal = MockMMU.Journal()
    var space = MockSpace(
      table: MockMMU(journal: journal), pool: MockMemory.makePool(frames: 64))
    let bytes = A32TestImage().bytes
    let vdso = Vdso(
      image: bytes.span.bytes, by: A32Rules.self, at: 0x4020_1000, pageAt: 0x4020_0000)
    let header = try vdso.load(
      into: &space, processPageFrame: PhysicalFrame(number: 0x4_8000)
    ).header
    XCTAssertEqual(space.region(at: header - 4096)?.permissions, .read)
    XCTAssertEqual(space.region(at: header)?.permissions, [.read, .execute])
    let mapped = journal.mappings
    for base in [header - 4096, header] {
      XCTAssertThrowsError(try space.unmap(base, length: 4096))
      for permissions in [.read, .write, .execute, []] as [Permissions] {
        XCTAssertThrowsError(try space.protect(base, length: 4096, permissions))
      }
      XCTAssertThrowsError(
        try space.map(MapRequest(.fixed(base), length: 4096, permissions: .read)))
    }
    XCTAssertThrowsError(try space.unmap(header - 8192, length: 5 * 4096), "nor as part of more")
    XCTAssertEqual(journal.mappings, mapped)
    space.teardown()
  }

  /// 10: the page was found by looking for the ELF magic, page by page, on every call.
  func testDefect10PageIsReachedInTwoInstructions() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let tool = try XCTUnwrap(Disassembly.findTool())
    let code = try Disassembly(path: BuiltImage.path, tool: tool)
    let findings = try DisassemblyRules.check(file, code).filter { $0.rule == "page" }
    XCTAssertEqual(findings, [])
    let first = code.instructions.filter { $0.function == "__vdso_clock_gettime64" }.prefix(10)
    XCTAssertEqual(first.count { $0.mnemonic == "sub" && $0.operands.contains("pc") }, 1)
  }

  /// 11: an image whose size is no multiple of a page was mapped until memory ended.
  func testDefect11AnySizeIsRoundedUpToPages() throws {
    for (size, pages) in [(4096, 1), (4100, 2), (8188, 2), (8192, 2), (8196, 3)] {
      let journal = MockMMU.Journal()
      var space = MockSpace(
        table: MockMMU(journal: journal), pool: MockMemory.makePool(frames: 64))
      var image = A32TestImage()
      image.grow(to: size)
      let vdso = Vdso(
        image: image.bytes.span.bytes, by: A32Rules.self, at: 0x4020_1000, pageAt: 0x4020_0000)
      let header = try vdso.load(
        into: &space, processPageFrame: PhysicalFrame(number: 0x4_8000)
      ).header
      for page: Word in 0..<4 {
        _ = space.handleFault(at: header + page * 4096, .execute)
      }
      XCTAssertEqual(journal.mappings.count, pages, "the pages that could be touched")
      XCTAssertEqual(space.region(at: header)?.end, header + Word(pages) * 4096)
      space.teardown()
    }
  }
}
