import VdsoInspection
import VdsoPage
import XCTest

@testable import VdsoModule

/// The image that the build made, seen by those who will read it.
final class BuiltImageTests: XCTestCase {
  private typealias Lookup = (String, String, MappedImage) throws -> UInt32?

  private let lookups: [(String, Lookup)] = [
    ("musl", { try MuslLookup.find($0, $1, in: $2) }),
    ("glibc", { try GlibcLookup.find($0, $1, in: $2) }),
    ("reference", { try ReferenceLookup.find($0, $1, in: $2) }),
  ]

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

  func testNoLibcFindsWhatIsNotThere() throws {
    let image = MappedImage(bytes: try BuiltImage.bytes())
    for (libc, find) in lookups {
      XCTAssertNil(try find("__vdso_getcpu", "LINUX_2.6", image), libc)
      XCTAssertNil(try find("__vdso_clock_gettime64", "OHOS", image), libc)
      XCTAssertNil(try find("VdsoClockGettime", "LINUX_2.6", image), libc)
      XCTAssertNil(try find("vdso_ask_gettimeofday", "LINUX_2.6", image), libc)
    }
  }

  func testTheVersionHashesAreThoseOfTheContract() {
    XCTAssertEqual(MappedImage.sysvHash("LINUX_2.6"), 0x3ae_75f6)
    XCTAssertEqual(MappedImage.sysvHash("OHOS"), 0x53d43)
  }

  /// bionic takes the number of symbols from the section header of the dynamic symbols.
  func testBionicFindsTheSymbolCountInTheMappedPages() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let symbols = try XCTUnwrap(file.sections.first { $0.type == 11 })
    XCTAssertEqual(symbols.size / 16, 8)
    XCTAssertLessThanOrEqual(
      Int(try file.word(32)) + file.sections.count * 40, file.bytes.count)
  }

  func testTheImageKeepsAllRules() throws {
    let file = try ElfFile(bytes: BuiltImage.bytes())
    let manifest = Manifest(try BuiltImage.manifest())
    XCTAssertEqual(try ImageRules.check(file, manifest: manifest), [])
    let tool = try XCTUnwrap(Disassembly.findTool())
    let code = try Disassembly(path: BuiltImage.path, tool: tool)
    XCTAssertEqual(try CodeRules.check(file, code), [])
  }

  func testTheImageIsForThisKernelsPage() throws {
    let bytes = try BuiltImage.bytes()
    let image = try VdsoImage(checking: bytes.span.bytes)
    let note = try XCTUnwrap(try ElfFile(bytes: bytes).section(".note.gnu.build-id"))
    let identity = (0..<20).map { image.buildID.bytes[$0] }
    XCTAssertEqual(identity, Array(bytes[Int(note.offset) + 16..<Int(note.offset) + 36]))
  }

  /// The budgets are measured on the target; this finds what grew without it.
  func testTheImageIsOnePage() throws {
    XCTAssertLessThanOrEqual(try BuiltImage.bytes().count, 4096)
  }
}
