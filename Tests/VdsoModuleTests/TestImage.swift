// SPDX-License-Identifier: Apache-2.0
import VdsoPage

@testable import VdsoModule

/// A small image that breaks no rule, built byte by byte from the manifest, with the offsets that
/// tests change to break exactly one.
struct TestImage {
  var bytes = [UInt8](repeating: 0, count: 4096)

  static let load = 52
  static let dynamic = 84
  static let note = 116
  static let unwind = 148
  static let stack = 180
  static let notes = 256
  static let pageNote = notes + 36
  static let dynamicTable = 512
  /// Bucket and symbol count, one bucket, a chain for each symbol.
  static let hash = 640
  /// Four words, one word of filter, one bucket, a hash for each symbol but the first.
  static let gnuHash = 768
  static let symbols = 896
  static let versions = 1152
  static let definitions = 1184
  static let strings = 1280
  static let unwindTable = 1792
  static let text = 1856
  static let sections = 3072
  static let symbolCount = Int(A32Manifest.exportCount) + 1
  static let lastLink = hash + 12 + (symbolCount - 1) * 4
  static let lastGnuHash = gnuHash + 24 + (symbolCount - 2) * 4
  static let buildID = BuildID(bytes: InlineArray { UInt8($0 + 0xa0) })

  /// Access to the banks, the counter between barriers, a branch, a system call; from 13 on the
  /// sigreturn trampolines.
  static let code: [UInt32] = [
    0xe24f_3c16, 0xe243_3048, 0xf57f_f05b, 0xf57f_f06f, 0xec51_0f1e, 0xf57f_f05b,
    0x1aff_fff8, 0xe12f_ff1e, 0xe300_c193, 0xe92d_4080, 0xe1a0_700c, 0xef00_0000,
    0xe8bd_8080,
    0xe320_f000, 0xe3a0_7077, 0xef00_0000, 0xe7ff_defe,
    0xe320_f000, 0xe3a0_70ad, 0xef00_0000, 0xe7ff_defe,
  ]

  init() {
    putHeader()
    putNotes()
    let names = putStrings()
    putDynamicTable(names)
    putSymbols(names)
    putDefinitions(names)
    for (index, word) in Self.code.enumerated() { put32(Self.text + index * 4, word) }
    putUnwindTable()
    putSection(1, type: 11, flags: 2, at: Self.symbols, size: Self.symbolCount * 16, entry: 16)
    putSection(2, type: 1, flags: 6, at: Self.text, size: Self.code.count * 4, entry: 0)
  }

  private mutating func putHeader() {
    put32(0, 0x464c_457f)
    bytes[4] = 1
    bytes[5] = 1
    bytes[6] = 1
    put16(16, 3)
    put16(18, 40)
    put32(20, 1)
    put32(28, 52)
    put32(32, UInt32(Self.sections))
    put32(36, 0x0500_0000)
    put16(40, 52)
    put16(42, 32)
    put16(44, 5)
    put16(46, 40)
    put16(48, 3)
    putSegment(Self.load, type: 1, offset: 0, size: 2048, flags: 5, alignment: 4096)
    putSegment(Self.dynamic, type: 2, offset: 512, size: 96, flags: 4, alignment: 4)
    putSegment(Self.note, type: 4, offset: Self.notes, size: 68, flags: 4, alignment: 4)
    putSegment(
      Self.unwind, type: 0x7000_0001, offset: Self.unwindTable, size: 32, flags: 4, alignment: 4)
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
  struct Names {
    var offsets: [String: Int] = [:]
    var size = 1
  }

  private mutating func putStrings() -> Names {
    var names = Names()
    let exports = (0..<A32Manifest.exportCount).map { "\(A32Manifest.export($0).name)" }
    for text in exports + ["LINUX_2.6", "OHOS", "linux-vdso.so.1"] {
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
      (0x6fff_fff0, Self.versions), (0x6fff_fffc, Self.definitions), (10, names.size), (11, 16),
      (14, names.offsets["linux-vdso.so.1"] ?? 0), (0x6fff_fffd, 3), (30, 2),
    ]
    for (index, entry) in entries.enumerated() {
      put32(Self.dynamicTable + index * 8, entry.0)
      put32(Self.dynamicTable + index * 8 + 4, UInt32(entry.1))
    }
  }

  private mutating func putSymbols(_ names: Names) {
    let count = Self.symbolCount
    put32(Self.hash, 1)
    put32(Self.hash + 4, UInt32(count))
    put32(Self.hash + 8, 1)
    for (index, word) in [1, 1, 1, 5, 0, 1].enumerated() {
      put32(Self.gnuHash + index * 4, UInt32(word))
    }
    var filter: UInt32 = 0
    for number in 0..<A32Manifest.exportCount {
      let export = A32Manifest.export(number)
      let index = Int(number) + 1
      let symbol = Self.symbols + index * 16
      put32(symbol, UInt32(names.offsets["\(export.name)"] ?? 0))
      put32(symbol + 4, UInt32(Self.text) + number * 4)
      put32(symbol + 8, 4)
      bytes[symbol + 12] = 0x12
      bytes[symbol + 13] = 3
      put16(symbol + 14, 2)
      put16(Self.versions + index * 2, export.node)
      put32(Self.hash + 12 + index * 4, index + 1 < count ? UInt32(index + 1) : 0)
      let hash = MappedImage.gnuHash("\(export.name)")
      filter |= 1 << (hash % 32) | 1 << (hash >> 5 % 32)
      put32(Self.gnuHash + 24 + (index - 1) * 4, index + 1 < count ? hash & ~1 : hash | 1)
    }
    put32(Self.gnuHash + 16, filter)
  }

  private mutating func putDefinitions(_ names: Names) {
    for (index, name) in ["linux-vdso.so.1", "LINUX_2.6", "OHOS"].enumerated() {
      let place = Self.definitions + index * 28
      put16(place, 1)
      put16(place + 2, index == 0 ? 1 : 0)
      put16(place + 4, UInt16(index + 1))
      put16(place + 6, 1)
      put32(place + 8, MappedImage.sysvHash(name))
      put32(place + 12, 20)
      put32(place + 16, index < 2 ? 28 : 0)
      put32(place + 20, UInt32(names.offsets[name] ?? 0))
    }
  }

  /// Four entries: the code, the two trampolines, the end.
  private mutating func putUnwindTable() {
    let entries: [(Int, UInt32)] = [
      (0, 0x80b0_b0b0), (13, 0x800b_8fff), (17, 0x802b_8fff), (21, 1),
    ]
    for (index, entry) in entries.enumerated() {
      putUnwindEntry(index, at: Self.text + entry.0 * 4, entry.1)
    }
  }

  /// An entry of the unwind table for the code that begins at an offset.
  mutating func putUnwindEntry(_ index: Int, at place: Int, _ program: UInt32) {
    let entry = Self.unwindTable + index * 8
    put32(entry, UInt32(truncatingIfNeeded: place - entry) & 0x7fff_ffff, program)
  }

  mutating func put16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  mutating func put32(_ offset: Int, _ value: UInt32) {
    put16(offset, UInt16(truncatingIfNeeded: value))
    put16(offset + 2, UInt16(truncatingIfNeeded: value >> 16))
  }

  /// Moves the section headers to the end of `count` bytes, so that the file has that many.
  mutating func grow(to count: Int) {
    let headers = bytes[Self.sections..<Self.sections + 120]
    bytes.replaceSubrange(Self.sections..<Self.sections + 120, with: repeatElement(0, count: 120))
    bytes += [UInt8](repeating: 0, count: count - bytes.count)
    bytes.replaceSubrange(count - 120..<count, with: headers)
    put32(32, UInt32(count - 120))
  }

  /// Puts a pair of words.
  mutating func put32(_ offset: Int, _ first: UInt32, _ second: UInt32) {
    put32(offset, first)
    put32(offset + 4, second)
  }

  /// Copies `count` bytes over others.
  mutating func copy(_ source: Int, to target: Int, _ count: Int) {
    bytes.replaceSubrange(target..<target + count, with: bytes[source..<source + count])
  }

  /// Another instruction.
  mutating func setCode(_ index: Int, _ word: UInt32) { put32(Self.text + index * 4, word) }

  /// Writes another offset of the symbols into every field that has it.
  mutating func moveSymbols(to place: UInt32) {
    put32(Self.dynamicTable + 28, place)
    put32(Self.sections + 56, place)
  }

  /// The last `count` symbols are no more: neither in the tables of hashes nor in the section.
  mutating func dropSymbols(_ count: Int) {
    let left = Self.symbolCount - count
    put32(Self.hash + 4, UInt32(left))
    put32(Self.hash + 12 + (left - 1) * 4, 0)
    bytes[Self.gnuHash + 24 + (left - 2) * 4] |= 1
    put32(Self.sections + 60, UInt32(left * 16))
  }

  /// The second symbol gets the first one's name, and is found by it.
  mutating func doubleTheFirstExport() {
    copy(Self.symbols + 16, to: Self.symbols + 32, 4)
    copy(Self.gnuHash + 24, to: Self.gnuHash + 28, 4)
  }

  private mutating func putSegment(
    _ place: Int, type: UInt32, offset: Int, size: Int, flags: UInt32, alignment: UInt32
  ) {
    put32(place, type)
    for field in [4, 8, 12] { put32(place + field, UInt32(offset)) }
    for field in [16, 20] { put32(place + field, UInt32(size)) }
    put32(place + 24, flags)
    put32(place + 28, alignment)
  }

  private mutating func putSection(
    _ number: Int, type: UInt32, flags: UInt32, at offset: Int, size: Int, entry: UInt32
  ) {
    let place = Self.sections + number * 40
    put32(place + 4, type)
    put32(place + 8, flags)
    put32(place + 12, UInt32(offset))
    put32(place + 16, UInt32(offset))
    put32(place + 20, UInt32(size))
    put32(place + 36, entry)
  }
}
