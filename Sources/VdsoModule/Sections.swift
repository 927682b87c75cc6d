// SPDX-License-Identifier: Apache-2.0
/// The section headers of an image (TIS ELF 1.2, 1-8). bionic reads them for the number of symbols,
/// debuggers for everything. They follow the loaded part, in the same pages.
///
///      0 name   4 type   8 flags   12 address   16 offset   20 size   24 link   28 info
///     32 alignment   36 size of an entry
struct Sections {
  /// The range of the code, and the number of its section.
  private(set) var text: (start: UInt32, size: UInt32, number: UInt16) = (0, 0, 0)

  private enum Kind {
    static let addends: UInt32 = 4
    static let relocations: UInt32 = 9
    static let dynamicSymbols: UInt32 = 11
  }

  private enum Flag {
    static let write: UInt32 = 1
    static let execute: UInt32 = 4
  }

  /// Checks all section headers of `file`, of which the first `loaded` bytes are loaded.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ header: ElfHeader, loaded: UInt32,
    _ dynamic: DynamicTable, symbolCount: UInt32
  ) throws(VdsoImage.Violation) {
    var textCount = 0
    var symbolTables = 0
    for number in 0..<header.sectionHeaderCount {
      let entry = header.sectionHeaders + UInt32(number) * ElfHeader.sectionHeaderSize
      let kind = file.word(entry + 4)
      let flags = file.word(entry + 8)
      guard flags & Flag.write == 0, kind != Kind.relocations, kind != Kind.addends else {
        throw .sectionForbidden
      }
      if kind == Kind.dynamicSymbols {
        symbolTables += 1
        guard file.word(entry + 16) == dynamic.value(.symbols),
          file.word(entry + 20) == symbolCount * SymbolTable.entrySize,
          file.word(entry + 36) == SymbolTable.entrySize
        else { throw .sectionOfSymbols }
      }
      if flags & Flag.execute != 0 {
        textCount += 1
        text = (file.word(entry + 16), file.word(entry + 20), number)
        guard file.word(entry + 12) == text.start else { throw .textSection }
      }
    }
    guard symbolTables == 1 else { throw .sectionOfSymbols }
    guard textCount == 1, text.start <= loaded, text.size <= loaded - text.start,
      text.start % 4 == 0, text.size % 4 == 0, text.size > 0
    else { throw .textSection }
  }
}
