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
    XCTAssertEqual(symbols.size / 16, 7)
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

  func testTheLongestWayOfACoarseReadWithoutATearIsInTheBudget() throws {
    let budgets = [
      "__vdso_clock_gettime64": 22, "__vdso_clock_gettime": 23, "__vdso_clock_getres": 14,
      "__vdso_clock_getres_time64": 15,
    ]
    let tool = try XCTUnwrap(Disassembly.findTool())
    let code = try Disassembly(path: BuiltImage.path, tool: tool).instructions
    for (name, budget) in budgets {
      let count = try XCTUnwrap(straightPath(of: name, in: code))
      XCTAssertLessThanOrEqual(count, budget, name)
    }
  }

  /// Instructions from a function's first to its return: the branches that leave for other clocks
  /// (`bhi`) or without a resolution (`beq` before any barrier) are not taken, the one to the
  /// stores (`beq` behind two barriers) is.
  private func straightPath(of name: String, in code: [Instruction]) -> Int? {
    guard var index = code.firstIndex(where: { $0.function == name }) else { return nil }
    var count = 0
    var barriers = 0
    while count < 100 {
      let instruction = code[index]
      count += 1
      if instruction.mnemonic == "bx" || instruction.operands.hasSuffix("pc}") { return count }
      if instruction.mnemonic == "dmb" { barriers += 1 }
      if instruction.mnemonic == "beq", barriers == 2 {
        let target = instruction.operands.split(separator: " ")[0].dropFirst(2)
        guard let address = UInt32(target, radix: 16),
          let place = code.firstIndex(where: { $0.address == address })
        else { return nil }
        index = place
      } else {
        index += 1
      }
    }
    return nil
  }
}
