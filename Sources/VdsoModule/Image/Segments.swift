// SPDX-License-Identifier: Apache-2.0
/// `p_type` of a program header.
enum SegmentKind {
  static var none: UInt32 { 0 }
  static var load: UInt32 { 1 }
  static var dynamic: UInt32 { 2 }
  static var note: UInt32 { 4 }
  static var stack: UInt32 { 0x6474_e551 }
}

/// Bits of `p_flags`.
enum SegmentFlag {
  static var execute: UInt32 { 1 }
  static var write: UInt32 { 2 }
  static var read: UInt32 { 4 }
}

/// The program headers of an image (TIS ELF 1.2, 2-2). They must have the one shape that every
/// consumer accepts: musl takes the last PT_LOAD for the base, glibc the first.
struct Segments<Rules: CodeRules> {
  /// The range of the notes in the file; empty if there are none.
  private(set) var note = ImageRange(start: 0, size: 0)
  /// The range of the dynamic table in the file.
  private(set) var dynamic = ImageRange(start: 0, size: 0)
  /// The range of the unwind table in the file.
  private(set) var unwind = ImageRange(start: 0, size: 0)
  /// The number of bytes that are loaded, from the start of the file.
  private(set) var loaded: UInt32 = 0
  private var loadCount = 0
  private var dynamicCount = 0
  private var unwindCount = 0

  /// Checks all program headers of `file`: first PT_LOAD, then the others, which must be inside of
  /// it.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ header: ElfHeader<Rules>
  ) throws(VdsoImage.Violation) {
    for index in 0..<header.programHeaderCount {
      let segment = header.segment(file, index)
      guard file.contains(segment.offset, segment.size) else { throw .segmentBounds }
      if segment.type == SegmentKind.load { try checkLoad(segment, header) }
    }
    guard loadCount == 1 else { throw .loadCount }
    for index in 0..<header.programHeaderCount { try checkOther(header.segment(file, index)) }
    guard dynamicCount == 1 else { throw .dynamicCount }
    guard unwindCount == 1 else { throw .unwindTable }
  }

  private mutating func checkOther(_ segment: ProgramHeader) throws(VdsoImage.Violation) {
    switch segment.type {
    case SegmentKind.none, SegmentKind.load: break
    case SegmentKind.dynamic:
      dynamicCount += 1
      guard segment.flags & SegmentFlag.write == 0 else { throw .dynamicWritable }
      guard segment.size >= 2 * Rules.Class.wordSize else { throw .segmentBounds }
      dynamic = try segment.range(below: loaded, alignedTo: Rules.Class.wordSize)
    case SegmentKind.note:
      note = try segment.range(below: loaded, alignedTo: 4)
    case Rules.unwindSegment:
      unwindCount += 1
      guard segment.size > 0, segment.size % Rules.unwindEntrySize == 0 else {
        throw .unwindTable
      }
      unwind = try segment.range(below: loaded, alignedTo: 4)
    case SegmentKind.stack:
      guard segment.flags & SegmentFlag.execute == 0 else { throw .executableStack }
    default:
      // Thread-local storage, an interpreter, relocated data, or an unknown type.
      throw .forbiddenSegment
    }
  }

  private mutating func checkLoad(
    _ segment: ProgramHeader, _ header: ElfHeader<Rules>
  ) throws(VdsoImage.Violation) {
    loadCount += 1
    guard segment.offset == 0, segment.address == 0 else { throw .loadAddress }
    guard segment.size == segment.memorySize, segment.size >= header.programHeadersEnd else {
      throw .loadSize
    }
    guard segment.alignment == 4096 else { throw .loadAlignment }
    guard segment.flags == SegmentFlag.read | SegmentFlag.execute else { throw .loadPermissions }
    loaded = segment.size
  }
}

extension ElfHeader {
  /// The program header with this index.
  func segment(_ file: borrowing ImageBytes, _ index: UInt32) -> ProgramHeader {
    Rules.Class.programHeader(file, at: programHeaders + index * Rules.Class.programHeaderSize)
  }
}

extension ProgramHeader {
  /// The range of a segment that programs read: it must be in the part of the image that is loaded
  /// from its start, `loaded` bytes, with its address equal to its file offset, because parsers use
  /// either.
  ///
  /// - Throws: `segmentBounds`.
  func range(
    below loaded: UInt32, alignedTo alignment: UInt32
  ) throws(VdsoImage.Violation) -> ImageRange {
    guard address == offset, offset % alignment == 0, offset <= loaded, size <= loaded - offset
    else { throw .segmentBounds }
    return ImageRange(start: offset, size: size)
  }
}
