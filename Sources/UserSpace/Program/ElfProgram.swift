// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A static ARM program that has been checked from its first byte to its entry point.
///
/// Responsible for saying no: who has an `ElfProgram` may map it without another look. It takes what
/// Linux takes (fs/binfmt_elf.c), which looks neither at the class and byte order of a file nor at
/// the order of segments, and refuses early what Linux would kill at once. Layout: ELF for the ARM
/// Architecture (ARM IHI 0044), System V ABI chapters 4 and 5. It maps nothing.
public struct ElfProgram: ~Escapable {
  /// The file.
  public let file: RawSpan
  /// The entry point as the file gives it; bit 0 selects Thumb.
  public let entry: UInt32
  /// A static PIE (ET_DYN): its addresses count from wherever it is loaded.
  public let isPositionIndependent: Bool
  /// Number of program headers, 1 to 128.
  public let headerCount: Int
  /// The address at which the program finds its own headers (AT_PHDR); 0 if it has not loaded
  /// them, as in Linux.
  public let headersAddress: UInt32
  /// The first page of the first segment, as an address; what is loose is loaded by it.
  public let base: UInt32
  /// The first address behind the highest page of the image.
  public let end: UInt32
  /// The last byte that a segment uses, plus one: the heap begins on the next page.
  public let lastByte: UInt32
  /// Whether the file asks for an executable stack (PT_GNU_STACK with PF_X).
  public let wantsExecutableStack: Bool
  /// Where the image is loaded if it is position-independent, page aligned: `looseBase`, or as much
  /// above it as the layout of an address space says.
  public var loadAddress = ElfProgram.looseBase

  private let tableOffset: Int

  /// Bytes of an ELF header, and of a program header.
  static var headerSize: Int { 52 }
  static var programHeaderSize: Int { 32 }
  /// The most headers that are accepted: Linux's page full of them.
  static var greatestHeaderCount: Int { 128 }
  /// Where a position-independent program is loaded: above what old tools think of as null, below
  /// where mappings go.
  public static var looseBase: UInt32 { 0x0040_0000 }

  /// Checks `file` completely.
  ///
  /// - Throws: the first rule it breaks.
  @_lifetime(copy file)
  public init(_ file: RawSpan) throws(ElfError) {
    let header = try ElfHeader(file)
    var layout = ImageLayout(isPositionIndependent: header.isPositionIndependent)
    for index in 0..<header.count {
      let place = header.tableOffset + index * ElfProgram.programHeaderSize
      try layout.add(ProgramHeader(file, at: place), of: file, header)
    }
    try layout.finish(entry: header.entry)
    self.file = file
    entry = header.entry
    isPositionIndependent = header.isPositionIndependent
    headerCount = header.count
    tableOffset = header.tableOffset
    headersAddress = layout.headersAddress
    base = layout.base
    end = layout.end
    lastByte = layout.lastByte
    wantsExecutableStack = layout.wantsExecutableStack
  }

  /// What to add to the file's addresses: 0 for a fixed program. Wrapping: `base` may be above.
  public var bias: UInt32 { isPositionIndependent ? loadAddress &- base : 0 }

  /// The segment of program header `index`, nil if that is none to load.
  public func segment(_ index: Int) -> ElfSegment? {
    ProgramHeader(file, at: tableOffset + index * ElfProgram.programHeaderSize).segment
  }
}

/// The fields of the ELF header that matter, checked.
private struct ElfHeader {
  let entry: UInt32
  let isPositionIndependent: Bool
  let tableOffset: Int
  let count: Int

  init(_ file: RawSpan) throws(ElfError) {
    guard file.byteCount >= ElfProgram.headerSize else { throw .tooShort }
    // What is read below lies in the header, so the defaults are never used.
    guard file.word(at: 0) == 0x464c_457f else { throw .notElf }
    let type = file.halfword(at: 16) ?? 0
    guard type == 2 || type == 3 else { throw .wrongType }  // ET_EXEC, ET_DYN
    guard file.halfword(at: 18) == 40 else { throw .wrongMachine }  // EM_ARM
    // No FDPIC, and without an EABI version no code for 26 bits (EF_ARM_APCS_26).
    let flags = file.word(at: 36) ?? 0
    guard file.byte(at: 7) != 65, flags >> 24 != 0 || flags & 8 == 0 else { throw .wrongAbi }
    guard Int(file.halfword(at: 42) ?? 0) == ElfProgram.programHeaderSize else {
      throw .wrongHeaderSize
    }
    count = Int(file.halfword(at: 44) ?? 0)
    guard count >= 1, count <= ElfProgram.greatestHeaderCount else { throw .wrongHeaderCount }
    let offset = file.word(at: 28) ?? .max
    guard UInt64(offset) + UInt64(count * ElfProgram.programHeaderSize) <= UInt64(file.byteCount)
    else { throw .headersOutsideFile }
    tableOffset = Int(offset)
    entry = file.word(at: 24) ?? 0
    // Bit 0 is Thumb; ARM code is aligned to words, as Linux's elf_check_arch demands.
    guard entry & 1 == 1 || entry & 3 == 0 else { throw .entryMisaligned }
    isPositionIndependent = type == 3
  }
}

/// One program header as it stands in the file, unchecked.
private struct ProgramHeader {
  let type: UInt32
  let offset: UInt32
  let address: UInt32
  let fileCount: UInt32
  let memoryCount: UInt32
  let flags: UInt32

  /// Reads the header at `place`; the table is known to lie in the file.
  init(_ file: RawSpan, at place: Int) {
    precondition(place >= 0 && place <= file.byteCount - ElfProgram.programHeaderSize)
    // SAFETY: checked just above, once for all; any bits are words, and both sides little-endian.
    type = unsafe file.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt32.self)
    offset = unsafe file.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 4, as: UInt32.self)
    address = unsafe file.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 8, as: UInt32.self)
    fileCount = unsafe file.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 16, as: UInt32.self)
    memoryCount = unsafe file.unsafeLoadUnaligned(
      fromUncheckedByteOffset: place + 20, as: UInt32.self)
    flags = unsafe file.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 24, as: UInt32.self)
  }

  /// The segment to load, nil for other types and for an empty one, which linkers do make.
  var segment: ElfSegment? {
    guard type == 1, memoryCount != 0 else { return nil }
    var permissions: Permissions = []
    if flags & 4 != 0 { permissions.insert(.read) }
    if flags & 2 != 0 { permissions.insert(.write) }
    if flags & 1 != 0 { permissions.insert(.execute) }
    return ElfSegment(
      fileOffset: offset, fileCount: fileCount, address: address, memoryCount: memoryCount,
      permissions: permissions)
  }
}

/// What the segments add up to, checked one by one.
private struct ImageLayout {
  let isPositionIndependent: Bool
  var base: UInt32 = 0
  var end: UInt32 = 0
  var lastByte: UInt32 = 0
  var headersAddress: UInt32 = 0
  var wantsExecutableStack = false
  private var isEmpty = true
  /// The executable segments seen so far that hold the entry point.
  private var entrySegments = 0

  init(isPositionIndependent: Bool) { self.isPositionIndependent = isPositionIndependent }

  /// Takes one header in.
  mutating func add(
    _ header: ProgramHeader, of file: RawSpan, _ elf: ElfHeader
  ) throws(ElfError) {
    switch header.type {
    case 1: try addLoad(header, of: file, elf)
    case 3: throw .needsInterpreter  // PT_INTERP
    case 0x6474_e551: wantsExecutableStack = header.flags & 1 != 0  // PT_GNU_STACK
    default: break  // TLS, notes and tables are the program's own business.
    }
  }

  private mutating func addLoad(
    _ header: ProgramHeader, of file: RawSpan, _ elf: ElfHeader
  ) throws(ElfError) {
    guard header.fileCount <= header.memoryCount else { throw .segmentFileExceedsMemory }
    guard let segment = header.segment else { return }
    let last = UInt64(segment.address) + UInt64(segment.memoryCount)
    guard last <= UInt64(UInt32.max & ~Page.offsetMask) else { throw .segmentWraps }
    // A segment without a page of the file needs no place in it.
    if segment.base != Page.roundedUp(segment.fileEnd) {
      guard (segment.address ^ segment.fileOffset) & Page.offsetMask == 0 else {
        throw .segmentMisaligned
      }
      let behind = UInt64(segment.fileOffset) + UInt64(segment.fileCount)
      guard behind <= UInt64(UInt32.max & ~Page.offsetMask) else { throw .segmentWraps }
    }
    if isEmpty { base = segment.base }
    try checkRange(segment)
    isEmpty = false
    end = max(end, segment.end)
    lastByte = max(lastByte, UInt32(last))
    if let address = segment.address(ofFileOffset: elf.tableOffset) { headersAddress = address }
    let place = elf.entry & ~1
    let isInside = place >= segment.base && place < segment.end
    if isInside && segment.permissions.contains(.execute) { entrySegments += 1 }
  }

  /// A segment must lie in the user range; a loose one counts from the first one's place.
  private func checkRange(_ segment: ElfSegment) throws(ElfError) {
    let moved = isPositionIndependent ? Int64(ElfProgram.looseBase) - Int64(base) : 0
    guard Int64(segment.base) + moved >= Int64(UserRange.lowest),
      Int64(segment.end) + moved <= Int64(UserRange.limit)
    else { throw .segmentOutsideUserRange }
  }

  /// The rules about all segments together.
  func finish(entry: UInt32) throws(ElfError) {
    guard !isEmpty else { throw .nothingToLoad }
    guard entrySegments != 0 else { throw .entryNotExecutable }
  }
}

extension ElfSegment {
  /// Where the byte at `offset` of the file is in memory, nil if this segment does not have it.
  fileprivate func address(ofFileOffset offset: Int) -> UInt32? {
    guard let offset = UInt32(exactly: offset), offset >= fileOffset,
      offset - fileOffset < fileCount
    else { return nil }
    return address + (offset - fileOffset)  // Below the segment's end.
  }
}
