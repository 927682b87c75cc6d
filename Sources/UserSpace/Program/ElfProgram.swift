// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A program, or the interpreter of one, for `ABI` that has been validated completely.
///
/// The initializer makes all checks, so an `ElfProgram` can be mapped without further ones. It
/// accepts what Linux accepts (fs/binfmt_elf.c), which ignores the class and byte order of a file
/// and the order of segments. It refuses programs that Linux would load but kill at once. Layout:
/// System V ABI chapters 4 and 5; the fields have the size of `ABI.Long`. `ImageMapper` maps the
/// program.
public struct ElfProgram<ABI: ProgramABI>: ~Escapable {
  /// The beginning of the file, with its headers.
  private let head: RawSpan
  /// The size of the file in bytes.
  let fileSize: UInt64
  /// The entry point as stored in the file.
  public let entry: UserAddress
  /// Whether the program is a PIE or a shared object (ET_DYN), whose addresses are relative to its
  /// load address.
  public let isPositionIndependent: Bool
  /// Number of program headers, 1 to 128.
  public let headerCount: Int
  /// The address of the program headers in memory as the file gives it (AT_PHDR); 0 if no segment
  /// contains them, as on Linux.
  public let headersAddress: UserAddress
  /// The address of the first segment's first page; a position-independent image is loaded relative
  /// to it.
  public let base: UserAddress
  /// The address of the lowest page of the image. Linkers order segments by address, so that it
  /// equals `base`; Linux does not require that.
  public let lowest: UserAddress
  /// The first address after the highest page of the image.
  public let end: UserAddress
  /// The first address after the last byte of all segments; the heap begins on the next page.
  public let lastByte: UserAddress
  /// Where the file has the path of its interpreter, the dynamic linker, without the terminating
  /// zero (PT_INTERP); nil for a static program. The interpreter's own is ignored.
  private let interpreter: Range<Int>?
  /// Whether the file requests an executable stack (PT_GNU_STACK with PF_X).
  public let wantsExecutableStack: Bool
  /// The load address of a position-independent image, page aligned. For a program it is
  /// `positionIndependentBase` plus the random offset of the address space's layout, for an
  /// interpreter a free range.
  public var loadAddress = ElfProgram<ABI>.positionIndependentBase

  private let tableOffset: Int

  /// Bytes of an ELF header and of a program header.
  static var headerSize: Int { isLong ? 64 : 52 }
  static var programHeaderSize: Int { isLong ? 56 : 32 }
  /// Whether files have ELF's 64-bit class.
  fileprivate static var isLong: Bool { ABI.Long.bitWidth == 64 }
  /// The most program headers that are accepted: Linux accepts one page of them.
  static var greatestHeaderCount: Int { 128 }
  /// The lowest load address of a position-independent program: above the addresses that old tools
  /// treat as null, below the area for mappings.
  public static var positionIndependentBase: UserAddress { 0x0040_0000 }

  /// Checks a file of `size` bytes completely; `file` is its beginning, in which the headers must
  /// be.
  ///
  /// - Throws: the first rule that the file violates.
  @_lifetime(copy file)
  public init(_ file: RawSpan, ofFileWith size: UInt64) throws(ElfError) {
    let header = try ElfHeader<ABI>(file)
    var layout = ImageLayout<ABI>(isPositionIndependent: header.isPositionIndependent)
    for index in 0..<header.count {
      let place = header.tableOffset + index * ElfProgram<ABI>.programHeaderSize
      guard ProgramHeader<ABI>.isUsed(file, at: place) else { continue }
      try layout.add(ProgramHeader<ABI>(file, at: place), of: file, header)
    }
    try layout.finish(entry: header.entry)
    head = file
    fileSize = size
    entry = header.entry
    isPositionIndependent = header.isPositionIndependent
    headerCount = header.count
    tableOffset = header.tableOffset
    headersAddress = layout.headersAddress
    base = layout.base
    lowest = layout.lowest
    end = layout.end
    interpreter = layout.interpreter
    lastByte = layout.lastByte
    wantsExecutableStack = layout.wantsExecutableStack
  }

  /// The value to add to addresses of the file; 0 for a fixed program. Wrapping: `base` may exceed
  /// the load address.
  public var bias: Word { isPositionIndependent ? loadAddress.word &- base.word : 0 }

  /// The path of the program's interpreter; nil for a static program.
  public var interpreterPath: Span<UInt8>? {
    @_lifetime(copy self)
    get {
      guard let interpreter else { return nil }
      return Span<UInt8>(_bytes: head.extracting(interpreter))
    }
  }

  /// The segment of program header `index`; nil if the header is not for a loadable segment.
  public func segment(_ index: Int) -> ElfSegment? {
    let place = tableOffset + index * ElfProgram<ABI>.programHeaderSize
    guard ProgramHeader<ABI>.isUsed(head, at: place) else { return nil }
    return ProgramHeader<ABI>(head, at: place).segment
  }
}

/// The relevant fields of the ELF header, validated.
private struct ElfHeader<ABI: ProgramABI> {
  let entry: UserAddress
  /// The address of the first instruction.
  let code: UserAddress
  let isPositionIndependent: Bool
  let tableOffset: Int
  let count: Int

  init(_ file: RawSpan) throws(ElfError) {
    guard file.byteCount >= ElfProgram<ABI>.headerSize else { throw .tooShort }
    // The fields read below are inside the header, so the defaults are never used.
    guard file.word(at: 0) == 0x464c_457f else { throw .notElf }
    let type = file.halfword(at: 16) ?? 0
    guard type == 2 || type == 3 else { throw .wrongType }  // ET_EXEC, ET_DYN
    guard file.halfword(at: 18) == ABI.elfMachine else { throw .wrongMachine }
    let isLong = ElfProgram<ABI>.isLong
    let flags = file.word(at: isLong ? 48 : 36) ?? 0
    guard ABI.canRun(elfFlags: flags, osABI: file.byte(at: 7) ?? 0) else { throw .wrongAbi }
    guard Int(file.halfword(at: isLong ? 54 : 42) ?? 0) == ElfProgram<ABI>.programHeaderSize else {
      throw .wrongHeaderSize
    }
    count = Int(file.halfword(at: isLong ? 56 : 44) ?? 0)
    guard count >= 1, count <= ElfProgram<ABI>.greatestHeaderCount else { throw .wrongHeaderCount }
    let offset = file.long(at: isLong ? 32 : 28, ABI.Long.self)
    let room = file.byteCount - count * ElfProgram<ABI>.programHeaderSize
    guard room >= 0, UInt64(offset) <= UInt64(room) else { throw .headersOutsideFile }
    tableOffset = Int(offset)
    entry = UserAddress(file.long(at: 24, ABI.Long.self))
    guard let code = ABI.codeAddress(ofEntry: entry) else { throw .entryMisaligned }
    self.code = code
    isPositionIndependent = type == 3
  }
}

/// One program header as stored in the file, unchecked.
private struct ProgramHeader<ABI: ProgramABI> {
  let type: UInt32
  let offset: Word
  let address: UserAddress
  let fileCount: Word
  let memoryCount: Word
  let flags: UInt32

  /// Whether the header at offset `place`, which is inside the file, is of a type that matters here.
  @inline(__always)
  static func isUsed(_ file: RawSpan, at place: Int) -> Bool {
    switch file.word(at: place) ?? 0 {
    case 1, 3, 0x6474_e551: true  // PT_LOAD, PT_INTERP, PT_GNU_STACK
    default: false  // TLS, notes and tables are for the program.
    }
  }

  /// Reads the header at offset `place`, which is inside the file.
  init(_ file: RawSpan, at place: Int) {
    type = file.word(at: place) ?? 0
    let isLong = ElfProgram<ABI>.isLong
    let size = isLong ? 8 : 4
    let fields = place + (isLong ? 8 : 4)
    offset = file.long(at: fields, ABI.Long.self)
    address = UserAddress(file.long(at: fields + size, ABI.Long.self))
    fileCount = file.long(at: fields + 3 * size, ABI.Long.self)
    memoryCount = file.long(at: fields + 4 * size, ABI.Long.self)
    flags = file.word(at: place + (isLong ? 4 : 24)) ?? 0
  }

  /// The segment to load; nil for other types and for empty segments, which linkers do emit.
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

/// The extent of the image: accumulates the segments and checks each of them.
private struct ImageLayout<ABI: ProgramABI> {
  let isPositionIndependent: Bool
  var base: UserAddress = 0
  var lowest: UserAddress = 0
  var end: UserAddress = 0
  var lastByte: UserAddress = 0
  var headersAddress: UserAddress = 0
  var interpreter: Range<Int>?
  var wantsExecutableStack = false
  private var isEmpty = true
  /// Number of executable segments that contain the entry point.
  private var entrySegments = 0

  init(isPositionIndependent: Bool) { self.isPositionIndependent = isPositionIndependent }

  /// Adds one program header.
  ///
  /// - Throws: the first rule that the header violates.
  mutating func add(
    _ header: ProgramHeader<ABI>, of file: RawSpan, _ elf: ElfHeader<ABI>
  ) throws(ElfError) {
    switch header.type {
    case 1: try addLoad(header, of: file, elf)
    case 3: try addInterpreter(header, of: file)  // PT_INTERP
    case 0x6474_e551: wantsExecutableStack = header.flags & 1 != 0  // PT_GNU_STACK
    default: break
    }
  }

  /// Adds the path of the interpreter, a string with its terminating zero. The first one counts.
  private mutating func addInterpreter(
    _ header: ProgramHeader<ABI>, of file: RawSpan
  ) throws(ElfError) {
    guard interpreter == nil else { return }
    // Linux's PATH_MAX.
    guard header.fileCount >= 2, header.fileCount <= 4096,
      let start = Int(exactly: header.offset), start <= file.byteCount - Int(header.fileCount),
      file.byte(at: start + Int(header.fileCount) - 1) == 0
    else { throw .wrongInterpreterPath }
    var end = start
    while let byte = file.byte(at: end), byte != 0 { end += 1 }
    interpreter = start..<end
  }

  private mutating func addLoad(
    _ header: ProgramHeader<ABI>, of file: RawSpan, _ elf: ElfHeader<ABI>
  ) throws(ElfError) {
    guard header.fileCount <= header.memoryCount else { throw .segmentFileExceedsMemory }
    guard let segment = header.segment else { return }
    guard let last = segment.address.adding(segment.memoryCount), last.word <= Page.greatestEnd
    else { throw .segmentWraps }
    // A segment that maps no page of the file may have any offset.
    if segment.base.word != Page.roundedUp(segment.fileEnd.word) {
      guard (segment.address.word ^ segment.fileOffset) & Page.offsetMask == 0 else {
        throw .segmentMisaligned
      }
      let (behind, wraps) = segment.fileOffset.addingReportingOverflow(segment.fileCount)
      guard !wraps, behind <= Page.greatestEnd else { throw .segmentWraps }
    }
    if isEmpty { (base, lowest) = (segment.base, segment.base) }
    try checkRange(segment)
    isEmpty = false
    lowest = min(lowest, segment.base)
    end = max(end, segment.end)
    lastByte = max(lastByte, last)
    if let address = segment.address(ofFileOffset: elf.tableOffset) { headersAddress = address }
    let place = elf.code
    let isInside = place >= segment.base && place < segment.end
    if isInside && segment.permissions.contains(.execute) { entrySegments += 1 }
  }

  /// Checks that a segment is in the user range. A position-independent image is assumed to be
  /// loaded at `positionIndependentBase`.
  @inline(__always)
  private func checkRange(_ segment: ElfSegment) throws(ElfError) {
    guard let first = moved(segment.base), let end = moved(segment.end),
      UserRange(base: first, end: end) != nil
    else { throw .segmentOutsideUserRange }
  }

  /// The address in memory of an address of the file; nil if there is none.
  @inline(__always)
  private func moved(_ address: UserAddress) -> UserAddress? {
    guard isPositionIndependent else { return address }
    let start = ElfProgram<ABI>.positionIndependentBase
    // Wrapping: the comparisons keep both differences positive.
    guard address < base else { return start.adding(address.word &- base.word) }
    let distance = base.word &- address.word
    return distance <= start.word ? start &- distance : nil
  }

  /// Checks the rules that concern all segments together.
  func finish(entry: UserAddress) throws(ElfError) {
    guard !isEmpty else { throw .nothingToLoad }
    guard entrySegments != 0 else { throw .entryNotExecutable }
  }
}

extension ElfSegment {
  /// The address of the file's byte at `offset`; nil if this segment does not contain it.
  fileprivate func address(ofFileOffset offset: Int) -> UserAddress? {
    guard let offset = Word(exactly: offset), offset >= fileOffset,
      offset - fileOffset < fileCount
    else { return nil }
    return address &+ (offset - fileOffset)  // Wrapping: it is below the segment's end.
  }
}
