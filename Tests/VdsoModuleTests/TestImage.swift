// SPDX-License-Identifier: Apache-2.0
import VdsoPage

@testable import VdsoModule

/// A small image that breaks no rule, built byte by byte from the manifest of a machine, with the
/// offsets that tests change to break exactly one.
struct TestImage<Machine: TestMachine> {
  typealias Fields = Machine.Fields
  typealias Manifest = Machine.Rules.Manifest

  var bytes = [UInt8](repeating: 0, count: 4096)

  /// Offsets of the program headers.
  static var load: Int { Fields.headerSize }
  static var dynamic: Int { load + Fields.segmentSize }
  static var note: Int { load + 2 * Fields.segmentSize }
  static var unwind: Int { load + 3 * Fields.segmentSize }
  static var stack: Int { load + 4 * Fields.segmentSize }

  static var notes: Int { 384 }
  static var pageNote: Int { notes + 36 }
  static var dynamicTable: Int { 512 }
  /// Bucket and symbol count, one bucket, a chain for each symbol.
  static var hash: Int { 704 }
  /// Four words, one word of filter, one bucket, a hash for each symbol but the first.
  static var gnuHash: Int { 768 }
  static var gnuBucket: Int { gnuHash + 16 + Fields.wordSize }
  static var gnuHashes: Int { gnuBucket + 4 }
  static var symbols: Int { 896 }
  static var versions: Int { 1152 }
  static var definitions: Int { 1184 }
  static var strings: Int { 1280 }
  static var unwindTable: Int { 1728 }
  static var text: Int { 1856 }
  static var textSize: Int { Machine.code.count * 4 }
  static var sections: Int { 3072 }
  static var symbolCount: Int { Int(Manifest.exportCount) + 1 }
  static var lastLink: Int { hash + 12 + (symbolCount - 1) * 4 }
  static var lastGnuHash: Int { gnuHashes + (symbolCount - 2) * 4 }
  static var buildID: BuildID { BuildID(bytes: InlineArray { UInt8($0 + 0xa0) }) }

  init() {
    putHeader()
    putNotes()
    let names = putStrings()
    putDynamicTable(names)
    putSymbols(names)
    putDefinitions(names)
    for (index, word) in Machine.code.enumerated() { setCode(index, word) }
    Machine.putUnwindTable(in: &self)
    putSection(
      1, type: 11, flags: 2, at: Self.symbols, size: Self.symbolCount * Fields.symbolSize,
      entry: Fields.symbolSize)
    putSection(2, type: 1, flags: 6, at: Self.text, size: Self.textSize, entry: 0)
  }

  private mutating func putHeader() {
    put32(0, 0x464c_457f)
    bytes[4] = Fields.wordSize == 8 ? 2 : 1
    bytes[5] = 1
    bytes[6] = 1
    put16(16, 3)
    put16(18, Machine.number)
    put32(20, 1)
    putWord(Fields.programHeaders, UInt32(Fields.headerSize))
    putWord(Fields.sectionHeaders, UInt32(Self.sections))
    put32(Fields.flags, Machine.flags)
    let sizes = [Fields.headerSize, Fields.segmentSize, 5, Fields.sectionSize, 3]
    for (index, size) in sizes.enumerated() { put16(Fields.sizes + index * 2, UInt16(size)) }
    putSegment(Self.load, type: 1, offset: 0, size: 2048, flags: 5, alignment: 4096)
    putSegment(
      Self.dynamic, type: 2, offset: Self.dynamicTable, size: 24 * Fields.wordSize, flags: 4,
      alignment: 4)
    putSegment(Self.note, type: 4, offset: Self.notes, size: 68, flags: 4, alignment: 4)
    putSegment(
      Self.unwind, type: Machine.unwindSegment, offset: Self.unwindTable,
      size: Machine.unwindTableSize, flags: 4, alignment: 4)
    putSegment(Self.stack, type: 0x6474_e551, offset: 0, size: 0, flags: 6, alignment: 0)
  }

  private mutating func putNotes() {
    put32(Self.notes, 4)
    put32(Self.notes + 4, 20)
    put32(Self.notes + 8, 3)
    put32(Self.notes + 12, 0x0055_4e47)
    for index in 0..<20 { bytes[Self.notes + 16 + index] = UInt8(index + 0xa0) }
    put32(Self.pageNote, 5)
    put32(Self.pageNote + 4, 12)
    put32(Self.pageNote + 8, 1)
    put32(Self.pageNote + 12, 0x7375_7041)
    put32(Self.pageNote + 20, UInt32(VDSO_PAGE_VERSION))
    put32(Self.pageNote + 24, vdso_page_size())
    put32(Self.pageNote + 28, vdso_page_layout_hash())
  }

  /// Offsets of strings, and how many bytes there are.
  private struct Names {
    var offsets: [String: Int] = [:]
    var size = 1
  }

  /// The names of the version definitions, the image's own first.
  private static var versionNames: [String] {
    ["linux-vdso.so.1"] + (0..<Manifest.nodeCount).map { "\(Manifest.node($0 + 2))" }
  }

  private mutating func putStrings() -> Names {
    var names = Names()
    let exports = (0..<Manifest.exportCount).map { "\(Manifest.export($0).name)" }
    for text in exports + Self.versionNames {
      names.offsets[text] = names.size
      for byte in text.utf8 {
        bytes[Self.strings + names.size] = byte
        names.size += 1
      }
      names.size += 1
    }
    return names
  }

  private mutating func putDynamicTable(_ names: Names) {
    let entries: [(UInt32, Int)] = [
      (4, Self.hash), (0x6fff_fef5, Self.gnuHash), (5, Self.strings), (6, Self.symbols),
      (0x6fff_fff0, Self.versions), (0x6fff_fffc, Self.definitions), (10, names.size),
      (11, Fields.symbolSize), (14, names.offsets["linux-vdso.so.1"] ?? 0),
      (0x6fff_fffd, Self.versionNames.count), (30, 2),
    ]
    for (index, entry) in entries.enumerated() {
      putTag(index, entry.0)
      putValue(index, UInt32(entry.1))
    }
  }

  private mutating func putSymbols(_ names: Names) {
    let count = Self.symbolCount
    put32(Self.hash, 1)
    put32(Self.hash + 4, UInt32(count))
    put32(Self.hash + 8, 1)
    for (index, word) in ([1, 1, 1, 5] as [UInt32]).enumerated() {
      put32(Self.gnuHash + index * 4, word)
    }
    put32(Self.gnuBucket, 1)
    for number in 0..<Manifest.exportCount {
      let export = Manifest.export(number)
      let index = Int(number) + 1
      putSymbol(index, Fields.symbolName, UInt32(names.offsets["\(export.name)"] ?? 0))
      putSymbol(index, Fields.symbolValue, UInt32(Self.text) + number * 4)
      putSymbol(index, Fields.symbolLength, 4)
      bytes[Self.symbol(index) + Fields.symbolInfo] = 0x12
      bytes[Self.symbol(index) + Fields.symbolInfo + 1] = 3
      put16(Self.symbol(index) + Fields.symbolInfo + 2, 2)
      put16(Self.versions + index * 2, export.node)
      put32(Self.hash + 12 + index * 4, index + 1 < count ? UInt32(index + 1) : 0)
      let hash = MappedImage.gnuHash("\(export.name)")
      for bit in [hash, hash >> 5] {
        let bit = Int(bit) % (Fields.wordSize * 8)
        bytes[Self.gnuHash + 16 + bit / 8] |= 1 << UInt8(bit % 8)
      }
      put32(Self.gnuHashes + (index - 1) * 4, index + 1 < count ? hash & ~1 : hash | 1)
    }
  }

  private mutating func putDefinitions(_ names: Names) {
    for (index, name) in Self.versionNames.enumerated() {
      let place = Self.definitions + index * 28
      put16(place, 1)
      put16(place + 2, index == 0 ? 1 : 0)
      put16(place + 4, UInt16(index + 1))
      put16(place + 6, 1)
      put32(place + 8, MappedImage.sysvHash(name))
      put32(place + 12, 20)
      put32(place + 16, index + 1 < Self.versionNames.count ? 28 : 0)
      put32(place + 20, UInt32(names.offsets[name] ?? 0))
    }
  }

  private mutating func putSegment(
    _ place: Int, type: UInt32, offset: Int, size: Int, flags: UInt32, alignment: UInt32
  ) {
    put32(place, type)
    put32(place + Fields.segmentFlags, flags)
    for field in 0..<3 {
      putWord(place + Fields.segmentOffset + field * Fields.wordSize, UInt32(offset))
    }
    putWord(place + Fields.segmentLength, UInt32(size))
    putWord(place + Fields.segmentLength + Fields.wordSize, UInt32(size))
    putWord(place + Fields.segmentAlignment, alignment)
  }

  private mutating func putSection(
    _ number: Int, type: UInt32, flags: UInt32, at offset: Int, size: Int, entry: Int
  ) {
    put32(Self.section(number) + 4, type)
    putSection(number, Fields.sectionFlags, flags)
    putSection(number, Fields.sectionOffset - Fields.wordSize, UInt32(offset))
    putSection(number, Fields.sectionOffset, UInt32(offset))
    putSection(number, Fields.sectionLength, UInt32(size))
    putSection(number, Fields.sectionEntry, UInt32(entry))
  }
}
