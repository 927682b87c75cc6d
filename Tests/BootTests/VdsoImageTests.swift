// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A kernel whose vDSO image is damaged works without one, and logs the reason.
final class VdsoImageTests: BootTestCase {
  private struct Damage {
    let name: String
    let reason: String
    let change: KernelImage.Change
  }

  private func damages() throws -> [Damage] {
    let image = ElfFile(bytes: try Data(contentsOf: Workspace.product("vdso.so")))
    let load = try XCTUnwrap(image.headers(ofType: 1).first)
    let dynamic = try XCTUnwrap(image.headers(ofType: 2).first)
    let note = try XCTUnwrap(image.headers(ofType: 4).first)
    let strings = try XCTUnwrap(image.bytes.range(of: Data("__vdso_clock_gettime".utf8)))
    let call = try XCTUnwrap(image.bytes.range(of: Data([0, 0, 0, 0xef])), "an svc")
    func one(_ name: String, _ offset: Int, _ byte: UInt8, _ reason: String) -> Damage {
      Damage(name: name, reason: reason, change: KernelImage.Change(offset: offset, bytes: [byte]))
    }
    /// The offset of a dynamic entry's value, and of the table that it points to.
    func entry(_ tag: UInt32) throws -> Int {
      let table = Int(image.word(dynamic + 4))
      let places = stride(from: table, to: table + Int(image.word(dynamic + 16)), by: 8)
      return try XCTUnwrap(places.first { image.word($0) == tag }) + 4
    }
    func table(_ tag: UInt32) throws -> Int { Int(image.word(try entry(tag))) }
    let headers = "program headers are missing, misplaced or of the wrong size"
    let (hash, gnu, symbols) = (try table(4), try table(0x6fff_fef5), try table(6))
    let (versions, definitions) = (try table(0x6fff_fff0), try table(0x6fff_fffc))
    return [
      one("tail", image.bytes.count, 1, "padding after the image is not zero"),
      one("magic", 3, 0x47, "image is no ELF file"),
      one("class", 4, 2, "image is of another ELF class"),
      one("byte order", 5, 2, "image is not little endian"),
      one("version", 6, 0, "unknown ELF version"),
      one("e_type", 16, 2, "image is no shared object"),
      one("e_machine", 18, 62, "image is for another machine"),
      one("EABI", 39, 4, "image is for another ABI"),
      one("e_ehsize", 40, 64, "ELF header has the wrong size"),
      one("e_phoff", 28, 56, headers),
      one("e_phentsize", 42, 56, headers),
      one("e_phnum", 44, 0, headers),
      one("e_phnum, high", 45, 0xff, headers),
      one("e_shentsize", 46, 64, "section headers are misplaced or of the wrong size"),
      one("load type", load, 0, "image has not exactly one loadable segment"),
      one("load flags", load + 24, 7, "loadable segment is not read and execute"),
      one("load offset", load + 5, 1, "loadable segment is not at the start"),
      one("load address", load + 9, 0x10, "loadable segment is not at the start"),
      one("load size", load + 19, 0x80, "a segment reaches beyond the image"),
      one("load alignment", load + 29, 0x20, "loadable segment is not aligned to pages"),
      one("dynamic type", dynamic, 0, "image has not exactly one dynamic segment"),
      one("dynamic flags", dynamic + 24, 6, "dynamic segment is writable"),
      one("note type", note, 3, "image has thread-local storage, an interpreter"),
      one("DT_HASH", try entry(4) - 4, 0x11, "image needs relocation, another library"),
      one("DT_SYMENT", try entry(11), 24, "symbols have the wrong size"),
      one("DT_SONAME", try entry(14) + 1, 0x40, "a name is outside of the string table"),
      one("DT_STRSZ", try entry(10) + 1, 0x40, "string table is misplaced"),
      one("bucket count", hash + 3, 0x40, "hash table leads out of the image"),
      one("GNU shift", gnu + 12, 32, "GNU hash table leads out of the image"),
      one("first symbol", symbols, 1, "symbol 0 is not empty"),
      one("st_shndx", symbols + 30, 0, "a symbol is not defined"),
      one("st_info", symbols + 28, 0x11, "a symbol is no global function"),
      one("st_value", symbols + 21, 0xf0, "a symbol is not inside the code"),
      one("version", versions + 3, 0x80, "an export has another version than in the manifest"),
      one("vd_hash", definitions + 8, 0, "a version's hash is wrong"),
      one("a name", strings.lowerBound, 0x58, "image exports what is not in the manifest"),
      one("svc #1", call.lowerBound, 1, "code makes an undeclared system call"),
      one("a coprocessor", call.lowerBound + 3, 0xed, "code accesses a system register"),
    ]
  }

  /// The answers to every call about time are those of a boot with the image.
  func testDamagedImageHasAReasonAndProgramsUseTheCalls() throws {
    let program = try Programs.build("vdso_parity")
    let whole = try Machine.run(program: program)
    assertOneLine(whole, "vdso: present")
    let damages = try damages()
    let kernels = try damages.map {
      try KernelImage.patched(at: "__vdso_text_start", [$0.change])
    }
    defer { for kernel in kernels { try? FileManager.default.removeItem(at: kernel) } }
    let outcomes = try Machine.runAll(
      kernels.map {
        Machine.Boot(
          program: program, options: ["--verbose"], environment: ["APUS_KERNEL": $0.path])
      })
    for (damage, outcome) in zip(damages, outcomes) {
      assertStatus(outcome, 0, damage.name)
      assertOneLine(outcome, "kit: vdso: refused: \(damage.reason)", damage.name)
      assertOneLine(outcome, "vdso: absent", damage.name)
      for call in ["gettime", "getres", "getcpu"] {
        XCTAssertEqual(outcome.lines(with: call), whole.lines(with: call), damage.name)
      }
    }
  }

  func testImageForAnotherPageIsRefused() throws {
    let image = try Data(contentsOf: Workspace.product("vdso.so"))
    let name = try XCTUnwrap(image.range(of: Data("Apus".utf8)), "the page's note")
    // The note's descriptor follows its name, padded to a word: TIS ELF 1.2, 2-4.
    let kernel = try KernelImage.patched(
      at: "__vdso_text_start",
      [KernelImage.Change(offset: name.lowerBound + 8, bytes: [0xff, 0xff, 0xff, 0xff])])
    defer { try? FileManager.default.removeItem(at: kernel) }
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("resolution"), environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "kit: vdso: refused: image is for another layout of the time page")
    assertOneLine(outcome, "vdso: absent")
  }

  func testImageOfAnotherBuildIsRefused() throws {
    let image = try Data(contentsOf: Workspace.product("vdso.so"))
    let name = try XCTUnwrap(image.range(of: Data("GNU\0".utf8)), "the build id's note")
    let kernel = try KernelImage.patched(
      at: "__vdso_text_start",
      [KernelImage.Change(offset: name.upperBound, bytes: [image[name.upperBound] ^ 1])])
    defer { try? FileManager.default.removeItem(at: kernel) }
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("resolution"), environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "kit: vdso: refused: image is of another build")
    assertOneLine(outcome, "vdso: absent")
  }

  func testUndamagedCopyKeepsItsVdso() throws {
    let kernel = try KernelImage.patched(
      at: "__vdso_text_start", [KernelImage.Change(offset: 0, bytes: [0x7f])])
    defer { try? FileManager.default.removeItem(at: kernel) }
    let outcome = try Machine.runVerbosely(
      program: try Programs.build("resolution"), environment: ["APUS_KERNEL": kernel.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "kit: vdso, version 3, ")
    assertOneLine(outcome, "vdso: present")
  }
}
