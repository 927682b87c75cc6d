// SPDX-License-Identifier: Apache-2.0
/// The layout of an ELF file of one class (TIS ELF 1.2; ELF-64 Object File Format 1.5): the sizes
/// of its tables' entries, and readers that return an entry's fields.
///
/// A field of 64 bits is read by `ImageBytes.wide`, so that offsets and sizes are 32 bits in both
/// classes.
public protocol ElfClass {
  /// EI_CLASS, the fifth byte of a file.
  static var identification: UInt8 { get }
  /// Bytes of an address, an offset or a size, and the alignment of tables that have them.
  static var wordSize: UInt32 { get }
  /// Bytes of the ELF header.
  static var headerSize: UInt32 { get }
  /// Bytes of one program header.
  static var programHeaderSize: UInt32 { get }
  /// Bytes of one section header.
  static var sectionHeaderSize: UInt32 { get }
  /// Bytes of one symbol.
  static var symbolSize: UInt32 { get }

  /// Reads the ELF header.
  static func header(_ file: borrowing ImageBytes) -> FileHeader
  /// Reads the program header at offset `entry`.
  static func programHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> ProgramHeader
  /// Reads the section header at offset `entry`.
  static func sectionHeader(_ file: borrowing ImageBytes, at entry: UInt32) -> SectionHeader
  /// Reads the symbol at offset `entry`.
  static func symbol(_ file: borrowing ImageBytes, at entry: UInt32) -> Symbol
  /// Reads the field of `wordSize` bytes at `offset`.
  static func word(_ file: borrowing ImageBytes, _ offset: UInt32) -> UInt32
}

/// The fields of an ELF header that depend on the class.
public struct FileHeader {
  /// `e_phoff`.
  public var programHeaders: UInt32
  /// `e_shoff`.
  public var sectionHeaders: UInt32
  /// `e_flags`.
  public var flags: UInt32
  /// The offset of `e_ehsize`; five more numbers of 16 bits follow it.
  public var sizes: UInt32

  /// A header with the given fields.
  public init(programHeaders: UInt32, sectionHeaders: UInt32, flags: UInt32, sizes: UInt32) {
    self.programHeaders = programHeaders
    self.sectionHeaders = sectionHeaders
    self.flags = flags
    self.sizes = sizes
  }
}

/// A program header.
public struct ProgramHeader {
  /// `p_type`.
  public var type: UInt32
  /// `p_flags`: 1 execute, 2 write, 4 read.
  public var flags: UInt32
  /// `p_offset`.
  public var offset: UInt32
  /// `p_vaddr`.
  public var address: UInt32
  /// `p_filesz`.
  public var size: UInt32
  /// `p_memsz`.
  public var memorySize: UInt32
  /// `p_align`.
  public var alignment: UInt32

  /// A header with the given fields.
  public init(
    type: UInt32, flags: UInt32, offset: UInt32, address: UInt32, size: UInt32, memorySize: UInt32,
    alignment: UInt32
  ) {
    self.type = type
    self.flags = flags
    self.offset = offset
    self.address = address
    self.size = size
    self.memorySize = memorySize
    self.alignment = alignment
  }
}

/// A section header.
public struct SectionHeader {
  /// `sh_type`.
  public var type: UInt32
  /// `sh_flags`: 1 writable, 2 in memory, 4 executable.
  public var flags: UInt32
  /// `sh_addr`.
  public var address: UInt32
  /// `sh_offset`.
  public var offset: UInt32
  /// `sh_size`.
  public var size: UInt32
  /// `sh_entsize`.
  public var entrySize: UInt32

  /// A header with the given fields.
  public init(
    type: UInt32, flags: UInt32, address: UInt32, offset: UInt32, size: UInt32, entrySize: UInt32
  ) {
    self.type = type
    self.flags = flags
    self.address = address
    self.offset = offset
    self.size = size
    self.entrySize = entrySize
  }
}

/// A symbol.
public struct Symbol {
  /// `st_name`, an offset in the string table.
  public var name: UInt32
  /// `st_value`.
  public var value: UInt32
  /// `st_size`.
  public var size: UInt32
  /// `st_info`: binding in the high four bits, type in the low ones.
  public var info: UInt8
  /// `st_other`: the visibility.
  public var visibility: UInt8
  /// `st_shndx`; 0 is undefined.
  public var section: UInt16

  /// A symbol with the given fields.
  public init(
    name: UInt32, value: UInt32, size: UInt32, info: UInt8, visibility: UInt8, section: UInt16
  ) {
    self.name = name
    self.value = value
    self.size = size
    self.info = info
    self.visibility = visibility
    self.section = section
  }
}
