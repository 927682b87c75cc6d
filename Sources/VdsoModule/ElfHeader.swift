// SPDX-License-Identifier: Apache-2.0
/// The first 52 bytes of an image (TIS ELF 1.2, 1-3), reduced to what the rest of the check needs.
///
///      0  7f 'E' 'L' 'F'   4 class  5 byte order  6 version
///     16  type   18 machine   20 version   24 entry   28 program headers   32 section headers
///     36  flags  40 header size   42, 44 size and count of program headers   46, 48 of sections
struct ElfHeader {
  /// Bytes of this header.
  static var size: Int { 52 }
  /// Bytes of one program header.
  static var programHeaderSize: UInt32 { 32 }
  /// Bytes of one section header.
  static var sectionHeaderSize: UInt32 { 40 }
  /// The most headers of either table; this project's image never has more.
  private static var largestCount: UInt16 { 64 }

  /// The file offset of the program headers.
  let programHeaders: UInt32
  /// The number of program headers, at least one.
  let programHeaderCount: UInt32
  /// The file offset of the section headers.
  let sectionHeaders: UInt32
  /// The number of section headers, at least one.
  let sectionHeaderCount: UInt16

  /// Checks the header; `file` has at least 52 bytes.
  ///
  /// - Throws: the first violated rule.
  init(checking file: borrowing ImageBytes) throws(VdsoImage.Violation) {
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
    // Go expects the program headers right after the ELF header and ignores e_phoff.
    guard programHeaders == UInt32(ElfHeader.size), file.half(42) == UInt16(Self.programHeaderSize),
      (1...UInt32(Self.largestCount)).contains(programHeaderCount),
      file.contains(programHeaders, programHeaderCount * Self.programHeaderSize)
    else { throw .programHeaderTable }
    // bionic gets the symbol count from a section header, so these must be in the mapped pages.
    sectionHeaders = file.word(32)
    sectionHeaderCount = file.half(48)
    guard file.half(46) == UInt16(Self.sectionHeaderSize),
      (1...Self.largestCount).contains(sectionHeaderCount), sectionHeaders % 4 == 0,
      file.contains(sectionHeaders, UInt32(sectionHeaderCount) * Self.sectionHeaderSize)
    else { throw .sectionHeaderTable }
  }

  /// The file offset of the first byte after the section headers.
  var sectionHeadersEnd: UInt32 {
    sectionHeaders + UInt32(sectionHeaderCount) * Self.sectionHeaderSize
  }
}
