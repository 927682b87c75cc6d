// SPDX-License-Identifier: Apache-2.0
/// What mutations write into an image.
extension TestImage {
  mutating func put16(_ offset: Int, _ value: UInt16) {
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    bytes[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }

  mutating func put32(_ offset: Int, _ value: UInt32) {
    put16(offset, UInt16(truncatingIfNeeded: value))
    put16(offset + 2, UInt16(truncatingIfNeeded: value >> 16))
  }

  /// Puts a pair of words.
  mutating func put32(_ offset: Int, _ first: UInt32, _ second: UInt32) {
    put32(offset, first)
    put32(offset + 4, second)
  }

  /// Puts a field of the class's width.
  mutating func putWord(_ offset: Int, _ value: UInt32) {
    put32(offset, value)
    if Fields.wordSize == 8 { put32(offset + 4, 0) }
  }

  /// The offset of a section header.
  static func section(_ number: Int) -> Int { sections + number * Fields.sectionSize }

  /// The offset of a symbol.
  static func symbol(_ number: Int) -> Int { symbols + number * Fields.symbolSize }

  mutating func putSection(_ number: Int, _ field: Int, _ value: UInt32) {
    putWord(Self.section(number) + field, value)
  }

  mutating func putSymbol(_ number: Int, _ field: Int, _ value: UInt32) {
    if field == Fields.symbolName {
      put32(Self.symbol(number) + field, value)
    } else {
      putWord(Self.symbol(number) + field, value)
    }
  }

  /// Puts the tag of a dynamic entry.
  mutating func putTag(_ index: Int, _ tag: UInt32) {
    putWord(Self.dynamicTable + index * 2 * Fields.wordSize, tag)
  }

  /// Puts the value of a dynamic entry.
  mutating func putValue(_ index: Int, _ value: UInt32) {
    putWord(Self.dynamicTable + (index * 2 + 1) * Fields.wordSize, value)
  }

  /// Moves the section headers to the end of `count` bytes, so that the file has that many.
  mutating func grow(to count: Int) {
    let size = 3 * Fields.sectionSize
    let headers = Array(bytes[Self.sections..<Self.sections + size])
    bytes.replaceSubrange(
      Self.sections..<Self.sections + size, with: repeatElement(0, count: size))
    bytes += [UInt8](repeating: 0, count: count - bytes.count)
    bytes.replaceSubrange(count - size..<count, with: headers)
    putWord(Fields.sectionHeaders, UInt32(count - size))
  }

  /// Copies `count` bytes over others.
  mutating func copy(_ source: Int, to target: Int, _ count: Int) {
    bytes.replaceSubrange(target..<target + count, with: bytes[source..<source + count])
  }

  /// Another instruction.
  mutating func setCode(_ index: Int, _ word: UInt32) { put32(Self.text + index * 4, word) }

  /// Writes another offset of the symbols into every field that has it.
  mutating func moveSymbols(to place: UInt32) {
    putValue(3, place)
    putSection(1, Fields.sectionOffset, place)
  }

  /// The last `count` symbols are no more: neither in the tables of hashes nor in the section.
  mutating func dropSymbols(_ count: Int) {
    let left = Self.symbolCount - count
    put32(Self.hash + 4, UInt32(left))
    put32(Self.hash + 12 + (left - 1) * 4, 0)
    bytes[Self.gnuHashes + (left - 2) * 4] |= 1
    putSection(1, Fields.sectionLength, UInt32(left * Fields.symbolSize))
  }

  /// The second symbol gets the first one's name, and is found by it.
  mutating func doubleTheFirstExport() {
    copy(Self.symbol(1), to: Self.symbol(2), 4)
    copy(Self.gnuHashes, to: Self.gnuHashes + 4, 4)
  }
}
