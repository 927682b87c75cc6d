// SPDX-License-Identifier: Apache-2.0
/// ELFCLASS32 (TIS ELF 1.2, book I).
public enum ElfClass32: ElfClass {
  /// ELFCLASS32.
  public static var identification: UInt8 { 1 }
  /// 32 bits.
  public static var wordSize: UInt32 { 4 }
  /// The size of Elf32_Ehdr.
  public static var headerSize: UInt32 { 52 }
  /// The size of Elf32_Phdr.
  public static var programHeaderSize: UInt32 { 32 }
  /// The size of Elf32_Shdr.
  public static var sectionHeaderSize: UInt32 { 40 }
  /// The size of Elf32_Sym.
  public static var symbolSize: UInt32 { 16 }

  /// Reads an Elf32_Ehdr:
  ///
  ///     16  type   18 machine   20 version   24 entry   28 program headers   32 section headers
  ///     36  flags  40 header size   42, 44 size and count of program headers   46, 48 of sections
  public static func header(_ file: borrowing ImageBytes) -> FileHeader {
    FileHeader(
      programHeaders: file.word(28), sectionHeaders: file.word(32), flags: file.word(36), sizes: 40)
  }

  /// Reads an Elf32_Phdr:
  ///
  ///      0 type   4 offset   8 address   16 bytes in file   20 bytes in memory   24 flags
  ///     28 alignment
  public static func programHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> ProgramHeader
  {
    ProgramHeader(
      type: file.word(entry), flags: file.word(entry + 24), offset: file.word(entry + 4),
      address: file.word(entry + 8), size: file.word(entry + 16), memorySize: file.word(entry + 20),
      alignment: file.word(entry + 28))
  }

  /// Reads an Elf32_Shdr:
  ///
  ///      0 name   4 type   8 flags   12 address   16 offset   20 size   24 link   28 info
  ///     32 alignment   36 size of an entry
  public static func sectionHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> SectionHeader
  {
    SectionHeader(
      type: file.word(entry + 4), flags: file.word(entry + 8), address: file.word(entry + 12),
      offset: file.word(entry + 16), size: file.word(entry + 20), entrySize: file.word(entry + 36))
  }

  /// Reads an Elf32_Sym:
  ///
  ///     0 name   4 value   8 size   12 type and binding   13 visibility   14 section
  public static func symbol(_ file: borrowing ImageBytes, at entry: UInt32) -> Symbol {
    Symbol(
      name: file.word(entry), value: file.word(entry + 4), size: file.word(entry + 8),
      info: file.byte(entry + 12), visibility: file.byte(entry + 13), section: file.half(entry + 14)
    )
  }

  /// Reads a word of 32 bits.
  public static func word(_ file: borrowing ImageBytes, _ offset: UInt32) -> UInt32 {
    file.word(offset)
  }
}
