// SPDX-License-Identifier: Apache-2.0
/// The section headers of an image (TIS ELF 1.2, 1-8). bionic reads them for the number of symbols,
/// debuggers for everything. They follow the loaded part, in the same pages.
struct Sections<Rules: CodeRules> {
  /// The range of the code.
  private(set) var text = ImageRange(start: 0, size: 0)
  /// The number of the code's section.
  private(set) var textNumber: UInt16 = 0

  private enum Kind {
    static var addends: UInt32 { 4 }
    static var relocations: UInt32 { 9 }
    static var dynamicSymbols: UInt32 { 11 }
  }

  private enum Flag {
    static var write: UInt32 { 1 }
    static var execute: UInt32 { 4 }
  }

  /// Checks all section headers of `file`, of which the first `loaded` bytes are loaded.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ header: ElfHeader<Rules>, loaded: UInt32,
    _ dynamic: DynamicTable, symbolCount: UInt32
  ) throws(VdsoImage.Violation) {
    var textCount = 0
    var symbolTables = 0
    for number in 0..<header.sectionHeaderCount {
      let section = Rules.Class.sectionHeader(
        file, at: header.sectionHeaders + UInt32(number) * Rules.Class.sectionHeaderSize)
      guard section.flags & Flag.write == 0, section.type != Kind.relocations,
        section.type != Kind.addends
      else { throw .sectionForbidden }
      if section.type == Kind.dynamicSymbols {
        symbolTables += 1
        guard section.offset == dynamic.value(.symbols),
          section.size == symbolCount * Rules.Class.symbolSize,
          section.entrySize == Rules.Class.symbolSize
        else { throw .sectionOfSymbols }
      }
      if section.flags & Flag.execute != 0 {
        textCount += 1
        text = ImageRange(start: section.offset, size: section.size)
        textNumber = number
        guard section.address == text.start else { throw .textSection }
      }
    }
    guard symbolTables == 1 else { throw .sectionOfSymbols }
    guard textCount == 1, text.start <= loaded, text.size <= loaded - text.start,
      text.start % Rules.codeAlignment == 0, text.size % Rules.codeAlignment == 0, text.size > 0
    else { throw .textSection }
  }
}
