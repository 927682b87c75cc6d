// SPDX-License-Identifier: Apache-2.0
/// ELFCLASS64 (ELF-64 Object File Format 1.5).
public enum ElfClass64: ElfClass {
  /// ELFCLASS64.
  public static var identification: UInt8 { 2 }
  /// 64 bits.
  public static var wordSize: UInt32 { 8 }
  /// The size of Elf64_Ehdr.
  public static var headerSize: UInt32 { 64 }
  /// The size of Elf64_Phdr.
  public static var programHeaderSize: UInt32 { 56 }
  /// The size of Elf64_Shdr.
  public static var sectionHeaderSize: UInt32 { 64 }
  /// The size of Elf64_Sym.
  public static var symbolSize: UInt32 { 24 }

  /// Reads an Elf64_Ehdr:
  ///
  ///     16  type   18 machine   20 version   24 entry   32 program headers   40 section headers
  ///     48  flags  52 header size   54, 56 size and count of program headers   58, 60 of sections
  public static func header(_ file: borrowing ImageBytes) -> FileHeader {
    FileHeader(
      programHeaders: file.wide(32), sectionHeaders: file.wide(40), flags: file.word(48), sizes: 52)
  }

  /// Reads an Elf64_Phdr:
  ///
  ///      0 type   4 flags   8 offset   16 address   32 bytes in file   40 bytes in memory
  ///     48 alignment
  public static func programHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> ProgramHeader
  {
    ProgramHeader(
      type: file.word(entry), flags: file.word(entry + 4), offset: file.wide(entry + 8),
      address: file.wide(entry + 16), size: file.wide(entry + 32),
      memorySize: file.wide(entry + 40), alignment: file.wide(entry + 48))
  }

  /// Reads an Elf64_Shdr:
  ///
  ///      0 name   4 type   8 flags   16 address   24 offset   32 size   40 link   44 info
  ///     48 alignment   56 size of an entry
  public static func sectionHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> SectionHeader
  {
    SectionHeader(
      type: file.word(entry + 4), flags: file.wide(entry + 8), address: file.wide(entry + 16),
      offset: file.wide(entry + 24), size: file.wide(entry + 32), entrySize: file.wide(entry + 56))
  }

  /// Reads an Elf64_Sym:
  ///
  ///     0 name   4 type and binding   5 visibility   6 section   8 value   16 size
  public static func symbol(_ file: borrowing ImageBytes, at entry: UInt32) -> Symbol {
    Symbol(
      name: file.word(entry), value: file.wide(entry + 8), size: file.wide(entry + 16),
      info: file.byte(entry + 4), visibility: file.byte(entry + 5), section: file.half(entry + 6))
  }

  /// Reads a word of 64 bits.
  public static func word(_ file: borrowing ImageBytes, _ offset: UInt32) -> UInt32 {
    file.wide(offset)
  }
}
