// SPDX-License-Identifier: Apache-2.0
import KitTypes

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

/// The private data of a kit: a segment of which each process has a copy.
public struct KitPrivateData: Equatable, Sendable {
  /// Its offset in the group, a multiple of the page size.
  public internal(set) var offset: UInt32
  /// Bytes in memory; those behind `fileSize` are zeros.
  public internal(set) var size: UInt32 = 0
  /// Bytes in the file.
  public internal(set) var fileSize: UInt32 = 0
  /// The offset of its bytes in the file.
  public internal(set) var fileOffset: UInt32 = 0
}

/// The program headers of an image (TIS ELF 1.2, 2-2): its text, from the file's first byte, its
/// private data, and what the text contains for programs that read the image.
struct Segments<Rules: CodeRules> {
  /// The size of the text in bytes.
  private(set) var text: UInt32 = 0
  private(set) var privateData = KitPrivateData(offset: 0)
  /// The range of the notes in the text; empty if there are none.
  private(set) var note = ImageRange(start: 0, size: 0)
  /// The range of the dynamic table in the text.
  private(set) var dynamic = ImageRange(start: 0, size: 0)
  /// The range of the unwind table in the text; empty if there is none.
  private(set) var unwind = ImageRange(start: 0, size: 0)
  private var textCount = 0
  private var dynamicCount = 0
  private var unwindCount = 0

  /// Checks all program headers of `file`: first PT_LOAD, then the others, which must be inside of
  /// the text.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ header: ElfHeader<Rules>, _ policy: ImagePolicy
  ) throws(VdsoImage.Violation) {
    for index in 0..<header.programHeaderCount {
      let segment = header.segment(file, index)
      guard file.contains(segment.offset, segment.size) else { throw .segmentBounds }
      guard segment.type == SegmentKind.load else { continue }
      if textCount == 0 || !policy.mayHavePrivateData {
        try checkText(segment, header)
      } else {
        try checkPrivateData(segment)
      }
    }
    guard textCount == 1 else { throw .loadCount }
    for index in 0..<header.programHeaderCount { try checkOther(header.segment(file, index)) }
    guard dynamicCount == 1 else { throw .dynamicCount }
    guard !policy.needsUnwindTable || unwindCount == 1 && unwind.size > 0 else {
      throw .unwindTable
    }
  }

  private mutating func checkOther(_ segment: ProgramHeader) throws(VdsoImage.Violation) {
    switch segment.type {
    case SegmentKind.none, SegmentKind.load: break
    case SegmentKind.dynamic:
      dynamicCount += 1
      guard segment.flags & SegmentFlag.write == 0 else { throw .dynamicWritable }
      guard segment.size >= 2 * Rules.Class.wordSize else { throw .segmentBounds }
      dynamic = try segment.range(below: text, alignedTo: Rules.Class.wordSize)
    case SegmentKind.note:
      note = try segment.range(below: text, alignedTo: 4)
    case Rules.unwindSegment:
      unwindCount += 1
      guard segment.size % Rules.unwindEntrySize == 0 else { throw .unwindTable }
      unwind = try segment.range(below: text, alignedTo: 4)
    case SegmentKind.stack:
      guard segment.flags & SegmentFlag.execute == 0 else { throw .executableStack }
    default:
      // Thread-local storage, an interpreter, relocated data, or an unknown type.
      throw .forbiddenSegment
    }
  }

  private mutating func checkText(
    _ segment: ProgramHeader, _ header: ElfHeader<Rules>
  ) throws(VdsoImage.Violation) {
    textCount += 1
    guard segment.offset == 0, segment.address == 0 else { throw .loadAddress }
    guard segment.size == segment.memorySize, segment.size >= header.programHeadersEnd else {
      throw .loadSize
    }
    guard segment.size <= UInt32(KIT_MOST_TEXT_BYTES) else { throw .kitSize }
    guard segment.alignment == 4096 else { throw .loadAlignment }
    guard segment.flags == SegmentFlag.read | SegmentFlag.execute else { throw .loadPermissions }
    text = segment.size
  }

  /// Checks the second segment: it follows the text at the next page, is writable and not
  /// executable.
  private mutating func checkPrivateData(
    _ segment: ProgramHeader
  ) throws(VdsoImage.Violation) {
    guard privateData.size == 0 else { throw .kitSegment }
    guard segment.alignment == 4096 else { throw .loadAlignment }
    guard segment.flags == SegmentFlag.read | SegmentFlag.write else { throw .loadPermissions }
    guard segment.memorySize <= UInt32(KIT_MOST_PRIVATE_BYTES) else { throw .kitSize }
    guard segment.address == ImageBytes.roundedUp(text), segment.memorySize > 0,
      segment.size <= segment.memorySize
    else { throw .kitPrivateData }
    privateData = KitPrivateData(
      offset: segment.address, size: segment.memorySize, fileSize: segment.size,
      fileOffset: segment.offset)
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
