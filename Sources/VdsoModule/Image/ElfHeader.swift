// SPDX-License-Identifier: Apache-2.0
/// The ELF header of an image, reduced to what the rest of the check needs. Its first 24 bytes are
/// the same in both classes (TIS ELF 1.2, 1-3):
///
///      0  7f 'E' 'L' 'F'   4 class  5 byte order  6 version   16  type   18 machine   20 version
struct ElfHeader<Rules: CodeRules> {
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

  /// Checks the header; `file` has at least its size.
  ///
  /// - Throws: the first violated rule.
  init(checking file: borrowing ImageBytes) throws(VdsoImage.Violation) {
    guard file.word(0) == 0x464c_457f else { throw .magic }
    guard file.byte(4) == Rules.Class.identification else { throw .elfClass }
    guard file.byte(5) == 1 else { throw .byteOrder }
    guard file.byte(6) == 1, file.word(20) == 1 else { throw .elfVersion }
    guard file.half(16) == 3 else { throw .type }
    guard file.half(18) == Rules.machine else { throw .machine }
    let header = Rules.Class.header(file)
    guard header.flags == Rules.flags else { throw .flags }
    guard file.half(header.sizes) == UInt16(Rules.Class.headerSize) else { throw .headerSize }
    programHeaders = header.programHeaders
    programHeaderCount = UInt32(file.half(header.sizes + 4))
    // Go expects the program headers right after the ELF header and ignores e_phoff.
    guard programHeaders == Rules.Class.headerSize,
      file.half(header.sizes + 2) == UInt16(Rules.Class.programHeaderSize),
      (1...UInt32(Self.largestCount)).contains(programHeaderCount),
      file.contains(programHeaders, programHeaderCount * Rules.Class.programHeaderSize)
    else { throw .programHeaderTable }
    // bionic gets the symbol count from a section header, so these must be in the mapped pages.
    sectionHeaders = header.sectionHeaders
    sectionHeaderCount = file.half(header.sizes + 8)
    guard file.half(header.sizes + 6) == UInt16(Rules.Class.sectionHeaderSize),
      (1...Self.largestCount).contains(sectionHeaderCount),
      sectionHeaders % Rules.Class.wordSize == 0,
      file.contains(sectionHeaders, UInt32(sectionHeaderCount) * Rules.Class.sectionHeaderSize)
    else { throw .sectionHeaderTable }
  }

  /// The file offset of the first byte after the program headers.
  var programHeadersEnd: UInt32 {
    programHeaders + programHeaderCount * Rules.Class.programHeaderSize
  }

  /// The file offset of the first byte after the section headers.
  var sectionHeadersEnd: UInt32 {
    sectionHeaders + UInt32(sectionHeaderCount) * Rules.Class.sectionHeaderSize
  }
}
