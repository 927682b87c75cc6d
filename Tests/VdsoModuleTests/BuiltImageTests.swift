// SPDX-License-Identifier: Apache-2.0
import VdsoInspection
import VdsoPage
import XCTest

@testable import VdsoModule

/// The built image, read by the lookup algorithms of libcs and by the build's checks.
final class BuiltImageTests: XCTestCase {
  private let lookups = Lookups.all

  func testEveryLibcFindsEveryExport() throws {
    let bytes = try BuiltImage.bytes()
    let exports = try ElfFile(bytes: bytes).exports()
    let manifest = Manifest(try BuiltImage.manifest())
    XCTAssertEqual(Set(exports.keys), manifest.names)
    let image = MappedImage(bytes: bytes)
    for name in manifest.names {
      for (libc, find) in lookups {
        XCTAssertEqual(
          try find(name.name, name.version, image).map { $0 &- MappedImage.base },
          exports[name]?.value, "\(libc) \(name)")
      }
    }
  }

  func testNoLibcFindsAMissingName() throws {
    let image = MappedImage(bytes: try BuiltImage.bytes())
    for (libc, find) in lookups {
      XCTAssertNil(try find("__vdso_getrandom", "LINUX_2.6", image), libc)
      if libc != "bionic" {  // It knows no versions.
        XCTAssertNil(try find("__vdso_clock_gettime64", "OHOS", image), libc)
        XCTAssertNil(try find("VdsoClockGettime", "LINUX_2.6", image), libc)
      }
      XCTAssertNil(try find("vdso_ask_gettimeofday", "LINUX_2.6", image), libc)
    }
  }

  /// The kernel's manifest of symbols agrees with the linker script.
  func testManifestIsTheLinkersScript() throws {
    let names = (0..<A32Manifest.exportCount).map { number in
      let export = A32Manifest.export(number)
      return VersionedName("\(export.name)", "\(A32Manifest.node(export.node))")
    }
    XCTAssertEqual(Set(names), Manifest(try BuiltImage.manifest()).names)
    XCTAssertEqual(Set(names).count, names.count)
    for number in stride(from: 0, to: A32Manifest.pairedCount, by: 2) {
      let pair = ["\(A32Manifest.export(number).name)", "\(A32Manifest.export(number + 1).name)"]
      XCTAssertTrue([pair[0] + "64", pair[0] + "_time64"].contains(pair[1]), "\(pair)")
    }
  }

  /// The two lists are separate, so that each checks the other.
  func testSystemCallsAreThoseOfTheBuildsCheck() {
    let allowed = (0..<UInt32(1024)).filter { A32Manifest.maySystemCall($0) }.map { Int($0) }
    XCTAssertEqual(Set(allowed), DisassemblyRules.allowedCalls)
  }

  /// gdb and libunwind know a signal's frame by the two instructions that its handler returns to.
  func testHandlersReturnToInstructionsThatDebuggersKnow() throws {
    let bytes = try BuiltImage.bytes()
    let file = try ElfFile(bytes: bytes)
    let back = try VdsoImage(checking: bytes.span.bytes, by: A32Rules.self).signalTrampolines
    for (place, number) in [(back.plain, 119), (back.realTime, 173)] {
      XCTAssertEqual(try file.word(Int(place)), 0xe3a0_7000 | UInt32(number))
      XCTAssertEqual(try file.word(Int(place) + 4), 0xef00_0000)
    }
  }

  func testVersionHashesAreThoseOfTheContract() {
    XCTAssertEqual(MappedImage.sysvHash("LINUX_2.6"), 0x3ae_75f6)
    XCTAssertEqual(MappedImage.sysvHash("OHOS"), 0x53d43)
  }

  /// bionic takes the number of symbols from the section header of the dynamic symbols.
  func testBionicFindsTheSymbolCountInTheMappedPages() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let symbols = try XCTUnwrap(file.sections.first { $0.type == 11 })
    XCTAssertEqual(symbols.size / 16, A32Manifest.exportCount + 1)
    XCTAssertLessThanOrEqual(
      Int(try file.word(32)) + file.sections.count * 40, file.bytes.count)
  }

  func testImageKeepsAllRules() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let manifest = Manifest(try BuiltImage.manifest())
    XCTAssertEqual(try ImageRules.check(file, manifest: manifest), [])
    let tool = try XCTUnwrap(Disassembly.findTool())
    let code = try Disassembly(path: BuiltImage.path, tool: tool)
    XCTAssertEqual(try DisassemblyRules.check(file, code), [])
  }

  func testImageIsForThisKernelsPage() throws {
    let bytes = try BuiltImage.bytes()
    let image = try VdsoImage(checking: bytes.span.bytes, by: A32Rules.self)
    let note = try XCTUnwrap(try ElfFile(bytes: bytes).section(".note.gnu.build-id"))
    let identity = (0..<20).map { image.buildID.bytes[$0] }
    XCTAssertEqual(identity, Array(bytes[Int(note.offset) + 16..<Int(note.offset) + 36]))
  }

  /// The budgets are measured on the target; this test finds growth without it.
  func testImageIsOnePage() throws {
    XCTAssertLessThanOrEqual(try BuiltImage.bytes().count, 4096)
  }
}
