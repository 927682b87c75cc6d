// SPDX-License-Identifier: Apache-2.0
/// The first 52 bytes of an image (TIS ELF 1.2, 1-3), reduced to what the rest of the check needs.
///
///      0  7f 'E' 'L' 'F'   4 class  5 byte order  6 version
///     16  type   18 machine   20 version   24 entry   28 program headers   32 section headers
///     36  flags  40 header size   42, 44 size and count of program headers   46, 48 of sections
struct ElfHeader {
  /// Its own size.
  static var size: Int { 52 }
  /// Bytes of one program header.
  static var programHeaderSize: UInt32 { 32 }
  /// Bytes of one section header.
  static var sectionHeaderSize: UInt32 { 40 }
  /// More would not be this project's image.
  private static var largestCount: UInt16 { 64 }

  /// Where the program headers begin.
  let programHeaders: UInt32
  /// How many there are, at least one.
  let programHeaderCount: UInt32
  /// Where the section headers begin.
  let sectionHeaders: UInt32
  /// How many there are, at least one.
  let sectionHeaderCount: UInt16

  /// Checks the header; `file` has room for it.
  init(checking file: borrowing ImageBytes) throws(VdsoImage.Flaw) {
    guard file.word(0) == 0x464c_457f else { throw .magic }
    guard file.byte(4) == 1 else { throw .elfClass }
    guard file.byte(5) == 1 else { throw .byteOrder }
    guard file.byte(6) == 1, file.word(20) == 1 else { throw .elfVersion }
    guard file.half(16) == 3 else { throw .type }
    guard file.half(18) == 40 else { throw .machine }
    guard file.word(36) == 0x0500_0000 else { throw .flags }
    guard file.half(40) == UInt16(ElfHeader.size) else { throw .headerSize }
    programHeaders = file.word(28)
    programHeaderCount = UInt32(file.half(44))
    // Go reads the program headers behind the ELF header, wherever e_phoff leads.
    guard programHeaders == UInt32(ElfHeader.size), file.half(42) == UInt16(Self.programHeaderSize),
      (1...UInt32(Self.largestCount)).contains(programHeaderCount),
      file.contains(programHeaders, programHeaderCount * Self.programHeaderSize)
    else { throw .programHeaderTable }
    // bionic counts symbols by a section header, so they must be in the mapped pages.
    sectionHeaders = file.word(32)
    sectionHeaderCount = file.half(48)
    guard file.half(46) == UInt16(Self.sectionHeaderSize),
      (1...Self.largestCount).contains(sectionHeaderCount), sectionHeaders % 4 == 0,
      file.contains(sectionHeaders, UInt32(sectionHeaderCount) * Self.sectionHeaderSize)
    else { throw .sectionHeaderTable }
  }

  /// Where the section headers end.
  var sectionHeadersEnd: UInt32 {
    sectionHeaders + UInt32(sectionHeaderCount) * Self.sectionHeaderSize
  }
}
