// SPDX-License-Identifier: Apache-2.0
// The rules for the linked image: what libcs and debuggers require, and what the kernel relies on.

/// Checks the image's file, except for its code.
public struct ImageRules {
  private let file: ElfFile
  /// The most bytes that the image may have.
  private let sizeLimit: Int
  private var findings: [Finding] = []

  /// All findings in `file`, whose exports must be those of `manifest`.
  public static func check(
    _ file: ElfFile, manifest: Manifest, sizeLimit: Int = 4096
  ) throws -> [Finding] {
    var rules = ImageRules(file: file, sizeLimit: sizeLimit)
    try rules.checkHeader()
    rules.checkSegments()
    rules.checkSections()
    try rules.checkDynamic()
    try rules.checkSymbols(manifest)
    return rules.findings
  }

  private init(file: ElfFile, sizeLimit: Int) {
    self.file = file
    self.sizeLimit = sizeLimit
  }

  private mutating func expect(
    _ condition: Bool, _ rule: String, _ what: String, at place: String = ""
  ) {
    if !condition { findings.append(Finding(rule, what, at: place)) }
  }

  private mutating func checkHeader() throws {
    expect(file.bytes.count <= sizeLimit, "size", "\(file.bytes.count) bytes, limit \(sizeLimit)")
    expect(try file.half(16) == 3, "header", "no shared object", at: "e_type")
    expect(try file.half(18) == 40, "header", "not for ARM", at: "e_machine")
    expect(
      try file.word(36) == 0x0500_0000, "header", "not EABI 5 without float bits", at: "e_flags")
    expect(try file.word(28) == 52, "header", "not right after the ELF header", at: "e_phoff")
    let sectionEnd = Int(try file.word(32)) + file.sections.count * 40
    expect(
      !file.sections.isEmpty && sectionEnd <= file.bytes.count, "sections",
      "headers missing or outside of the file", at: "e_shoff")
  }

  private mutating func checkSegments() {
    let loads = file.segments.filter { $0.type == 1 }
    expect(loads.count == 1, "load", "\(loads.count) PT_LOAD, must be 1")
    for load in loads {
      expect(load.offset == 0 && load.address == 0, "load", "not at offset 0, address 0")
      expect(load.fileSize == load.memorySize, "load", "not all of it is in the file")
      expect(load.flags == 5, "load", "not read and execute")
      expect(load.alignment == 4096, "load", "not aligned to pages")
      expect(Int(load.fileSize) <= file.bytes.count, "load", "reaches beyond the file")
    }
    let dynamics = file.segments.filter { $0.type == 2 }
    expect(dynamics.count == 1, "dynamic", "\(dynamics.count) PT_DYNAMIC, must be 1")
    expect(dynamics.allSatisfy { $0.flags & 2 == 0 }, "dynamic", "PT_DYNAMIC is writable")
    expect(file.segments.contains { $0.type == 4 }, "note", "no PT_NOTE")
    expect(
      file.segments.contains { $0.type == 0x7000_0001 && $0.fileSize > 0 }, "unwind",
      "no PT_ARM_EXIDX: backtraces would end in the image")
    for segment in file.segments where [3, 7, 0x6474_e552].contains(segment.type) {
      expect(false, "segment", "TLS, INTERP or RELRO", at: "type \(segment.type)")
    }
  }

  private mutating func checkSections() {
    for section in file.sections {
      expect(
        section.type != 4 && section.type != 9, "relocation", "a relocation section",
        at: section.name)
      expect(section.flags & 1 == 0, "writable", "a writable section", at: section.name)
    }
  }

  private mutating func checkDynamic() throws {
    let entries = try file.dynamicEntries()
    expect(entries.last?.tag == 0, "dynamic", "does not end with DT_NULL")
    let once: [UInt32: String] = [
      4: "HASH", 0x6fff_fef5: "GNU_HASH", 5: "STRTAB", 10: "STRSZ", 6: "SYMTAB", 11: "SYMENT",
      14: "SONAME", 0x6fff_fff0: "VERSYM", 0x6fff_fffc: "VERDEF", 0x6fff_fffd: "VERDEFNUM",
    ]
    for (tag, name) in once.sorted(by: { $0.key < $1.key }) {
      let count = entries.count { $0.tag == tag }
      expect(count == 1, "dynamic", "\(count) entries, must be 1", at: "DT_\(name)")
    }
    let never: [UInt32: String] = [
      1: "NEEDED", 2: "PLTRELSZ", 7: "RELA", 12: "INIT", 13: "FINI", 17: "REL", 20: "PLTREL",
      22: "TEXTREL", 23: "JMPREL", 25: "INIT_ARRAY", 26: "FINI_ARRAY", 32: "PREINIT_ARRAY",
      35: "RELRSZ", 36: "RELR",
    ]
    for entry in entries {
      let name = never[entry.tag]
      expect(name == nil, "relocation", "not allowed", at: "DT_\(name ?? "")")
    }
  }

  private mutating func checkSymbols(_ manifest: Manifest) throws {
    for symbol in try file.dynamicSymbols().dropFirst() where symbol.section == 0 {
      expect(false, "undefined", "symbol is not defined", at: symbol.name)
    }
    let exports = try file.exports()
    for name in manifest.names.subtracting(exports.keys).sorted() {
      expect(false, "manifest", "is in the manifest, not in the image", at: "\(name)")
    }
    for name in Set(exports.keys).subtracting(manifest.names).sorted() {
      expect(false, "manifest", "is in the image, not in the manifest", at: "\(name)")
    }
    let text = file.sections.first { $0.flags & 4 != 0 }
    for (name, symbol) in exports {
      expect(symbol.info & 15 == 2, "symbol", "is not a function", at: "\(name)")
      let isInside = text.map {
        symbol.value >= $0.address
          && UInt64(symbol.value) + UInt64(symbol.size) <= UInt64($0.address) + UInt64($0.size)
      }
      expect(isInside == true, "symbol", "is not inside the code", at: "\(name)")
    }
  }
}
