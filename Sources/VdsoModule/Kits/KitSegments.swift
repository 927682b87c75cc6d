// SPDX-License-Identifier: Apache-2.0
import KitTypes

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

/// The program headers of a kit (TIS ELF 1.2, 2-2): its text, from the file's first byte, its
/// private data, and what the text contains for programs that read the image.
struct KitSegments<Rules: CodeRules> {
  /// The size of the text in bytes.
  private(set) var text: UInt32 = 0
  private(set) var privateData = KitPrivateData(offset: 0)
  /// The range of the notes in the text; empty if there are none.
  private(set) var note = ImageRange(start: 0, size: 0)
  /// The range of the dynamic table in the text.
  private(set) var dynamic = ImageRange(start: 0, size: 0)

  /// Checks all program headers of `file`: first PT_LOAD, then the others, which must be inside of
  /// the text.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ header: ElfHeader<Rules>
  ) throws(KitImage.Violation) {
    for index in 0..<header.programHeaderCount {
      let segment = header.segment(file, index)
      guard file.contains(segment.offset, segment.size) else { throw .segmentBounds }
      guard segment.type == SegmentKind.load else { continue }
      guard segment.alignment == 4096 else { throw .loadAlignment }
      if text == 0 {
        try checkText(segment, header)
      } else {
        try checkPrivateData(segment)
      }
    }
    guard text > 0 else { throw .loadCount }
    var dynamicCount = 0
    for index in 0..<header.programHeaderCount {
      let segment = header.segment(file, index)
      switch segment.type {
      case SegmentKind.none, SegmentKind.load: break
      case SegmentKind.dynamic:
        dynamicCount += 1
        guard segment.flags & SegmentFlag.write == 0 else { throw .dynamicWritable }
        guard segment.size >= 2 * Rules.Class.wordSize else { throw .segmentBounds }
        dynamic = try segment.range(below: text, alignedTo: Rules.Class.wordSize)
      case SegmentKind.note: note = try segment.range(below: text, alignedTo: 4)
      case Rules.unwindSegment: _ = try segment.range(below: text, alignedTo: 4)
      case SegmentKind.stack:
        guard segment.flags & SegmentFlag.execute == 0 else { throw .executableStack }
      default: throw .forbiddenSegment
      }
    }
    guard dynamicCount == 1 else { throw .dynamicCount }
  }

  private mutating func checkText(
    _ segment: ProgramHeader, _ header: ElfHeader<Rules>
  ) throws(KitImage.Violation) {
    guard segment.offset == 0, segment.address == 0 else { throw .loadAddress }
    guard segment.size == segment.memorySize, segment.size >= header.programHeadersEnd else {
      throw .loadSize
    }
    guard segment.size <= UInt32(KIT_MOST_TEXT_BYTES) else { throw .kitSize }
    guard segment.flags == SegmentFlag.read | SegmentFlag.execute else { throw .loadPermissions }
    text = segment.size
  }

  /// Checks the second segment: it follows the text at the next page, is writable and not
  /// executable.
  private mutating func checkPrivateData(_ segment: ProgramHeader) throws(KitImage.Violation) {
    guard privateData.size == 0 else { throw .kitSegment }
    guard segment.flags == SegmentFlag.read | SegmentFlag.write else { throw .loadPermissions }
    guard segment.memorySize <= UInt32(KIT_MOST_PRIVATE_BYTES) else { throw .kitSize }
    guard segment.address == KitImage.roundedUp(text), segment.memorySize > 0,
      segment.size <= segment.memorySize
    else { throw .kitPrivateData }
    privateData = KitPrivateData(
      offset: segment.address, size: segment.memorySize, fileSize: segment.size,
      fileOffset: segment.offset)
  }
}
