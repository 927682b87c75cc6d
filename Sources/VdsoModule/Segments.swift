/// The program headers of an image (TIS ELF 1.2, 2-2), checked against the one shape that every
/// consumer accepts: musl takes the last PT_LOAD for the base, glibc the first.
///
///      0 type   4 offset   8 address   16 bytes in file   20 bytes in memory   24 flags
///     28 alignment
struct Segments {
  /// Where notes stand in the file; empty if there are none.
  private(set) var note: (offset: UInt32, size: UInt32) = (0, 0)
  /// Where the dynamic table stands in the file.
  private(set) var dynamic: (offset: UInt32, size: UInt32) = (0, 0)
  private var loadCount = 0
  private var dynamicCount = 0

  private enum Kind {
    static let load: UInt32 = 1
    static let dynamic: UInt32 = 2
    static let interpreter: UInt32 = 3
    static let note: UInt32 = 4
    static let threadLocal: UInt32 = 7
    static let stack: UInt32 = 0x6474_e551
    static let relocatedReadOnly: UInt32 = 0x6474_e552
  }

  private enum Flag {
    static let execute: UInt32 = 1
    static let write: UInt32 = 2
    static let read: UInt32 = 4
  }

  /// Checks all program headers of `file`.
  init(checking file: borrowing ImageBytes, _ header: ElfHeader) throws(VdsoImage.Flaw) {
    for index in 0..<header.programHeaderCount {
      try check(file, at: header.programHeaders + index * ElfHeader.programHeaderSize, header)
    }
    guard loadCount == 1 else { throw .loadCount }
    guard dynamicCount == 1 else { throw .dynamicCount }
  }

  private mutating func check(
    _ file: borrowing ImageBytes, at place: UInt32, _ header: ElfHeader
  ) throws(VdsoImage.Flaw) {
    let offset = file.word(place + 4)
    let size = file.word(place + 16)
    let flags = file.word(place + 24)
    guard file.contains(offset, size) else { throw .segmentBounds }
    switch file.word(place) {
    case Kind.load:
      loadCount += 1
      try checkLoad(file, at: place, header)
    case Kind.dynamic:
      dynamicCount += 1
      guard flags & Flag.write == 0 else { throw .dynamicWritable }
      // Addresses and offsets are the same in this image, and parsers use either.
      guard file.word(place + 8) == offset, offset % 4 == 0, size >= 8 else {
        throw .segmentBounds
      }
      dynamic = (offset, size)
    case Kind.note:
      note = (offset, size)
    case Kind.interpreter, Kind.threadLocal, Kind.relocatedReadOnly:
      throw .forbiddenSegment
    case Kind.stack:
      guard flags & Flag.execute == 0 else { throw .executableStack }
    default:
      break
    }
  }

  private func checkLoad(
    _ file: borrowing ImageBytes, at place: UInt32, _ header: ElfHeader
  ) throws(VdsoImage.Flaw) {
    let size = file.word(place + 16)
    guard file.word(place + 4) == 0, file.word(place + 8) == 0 else { throw .loadPlace }
    guard size == file.word(place + 20),
      size >= header.programHeaders + header.programHeaderCount * ElfHeader.programHeaderSize
    else { throw .loadSize }
    guard file.word(place + 28) == 4096 else { throw .loadAlignment }
    guard file.word(place + 24) == Flag.read | Flag.execute else { throw .loadPermissions }
  }
}
