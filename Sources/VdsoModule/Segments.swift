// SPDX-License-Identifier: Apache-2.0
/// The program headers of an image (TIS ELF 1.2, 2-2). They must have the one shape that every
/// consumer accepts: musl takes the last PT_LOAD for the base, glibc the first.
///
///      0 type   4 offset   8 address   16 bytes in file   20 bytes in memory   24 flags
///     28 alignment
struct Segments {
  /// The range of the notes in the file; empty if there are none.
  private(set) var note: (offset: UInt32, size: UInt32) = (0, 0)
  /// The range of the dynamic table in the file.
  private(set) var dynamic: (offset: UInt32, size: UInt32) = (0, 0)
  /// The range of the unwind table in the file.
  private(set) var unwind: (offset: UInt32, size: UInt32) = (0, 0)
  /// The number of bytes that are loaded, from the start of the file.
  private(set) var loaded: UInt32 = 0
  private var loadCount = 0
  private var dynamicCount = 0
  private var unwindCount = 0

  private enum Kind {
    static let none: UInt32 = 0
    static let load: UInt32 = 1
    static let dynamic: UInt32 = 2
    static let note: UInt32 = 4
    static let stack: UInt32 = 0x6474_e551
    static let unwindTable: UInt32 = 0x7000_0001
  }

  private enum Flag {
    static let execute: UInt32 = 1
    static let write: UInt32 = 2
    static let read: UInt32 = 4
  }

  /// Checks all program headers of `file`: first PT_LOAD, then the others, which must be inside of
  /// it.
  ///
  /// - Throws: the first violated rule.
  init(checking file: borrowing ImageBytes, _ header: ElfHeader) throws(VdsoImage.Violation) {
    for index in 0..<header.programHeaderCount {
      let entry = header.programHeaders + index * ElfHeader.programHeaderSize
      guard file.contains(file.word(entry + 4), file.word(entry + 16)) else {
        throw .segmentBounds
      }
      if file.word(entry) == Kind.load { try checkLoad(file, at: entry, header) }
    }
    guard loadCount == 1 else { throw .loadCount }
    for index in 0..<header.programHeaderCount {
      try checkOther(file, at: header.programHeaders + index * ElfHeader.programHeaderSize)
    }
    guard dynamicCount == 1 else { throw .dynamicCount }
    guard unwindCount == 1 else { throw .unwindTable }
  }

  private mutating func checkOther(
    _ file: borrowing ImageBytes, at entry: UInt32
  ) throws(VdsoImage.Violation) {
    let size = file.word(entry + 16)
    let flags = file.word(entry + 24)
    switch file.word(entry) {
    case Kind.none, Kind.load: break
    case Kind.dynamic:
      dynamicCount += 1
      guard flags & Flag.write == 0 else { throw .dynamicWritable }
      guard size >= 8 else { throw .segmentBounds }
      dynamic = try checkInside(file, at: entry)
    case Kind.note:
      note = try checkInside(file, at: entry)
    case Kind.unwindTable:
      unwindCount += 1
      guard size > 0, size % 8 == 0 else { throw .unwindTable }
      unwind = try checkInside(file, at: entry)
    case Kind.stack:
      guard flags & Flag.execute == 0 else { throw .executableStack }
    default:
      // Thread-local storage, an interpreter, relocated data, or an unknown type.
      throw .forbiddenSegment
    }
  }

  /// Checks a segment that programs read: it must be in the loaded part, with its address equal to
  /// its file offset, because parsers use either.
  private func checkInside(
    _ file: borrowing ImageBytes, at entry: UInt32
  ) throws(VdsoImage.Violation) -> (offset: UInt32, size: UInt32) {
    let offset = file.word(entry + 4)
    let size = file.word(entry + 16)
    guard file.word(entry + 8) == offset, offset % 4 == 0, offset <= loaded,
      size <= loaded - offset
    else { throw .segmentBounds }
    return (offset, size)
  }

  private mutating func checkLoad(
    _ file: borrowing ImageBytes, at entry: UInt32, _ header: ElfHeader
  ) throws(VdsoImage.Violation) {
    loadCount += 1
    let size = file.word(entry + 16)
    guard file.word(entry + 4) == 0, file.word(entry + 8) == 0 else { throw .loadAddress }
    guard size == file.word(entry + 20),
      size >= header.programHeaders + header.programHeaderCount * ElfHeader.programHeaderSize
    else { throw .loadSize }
    guard file.word(entry + 28) == 4096 else { throw .loadAlignment }
    guard file.word(entry + 24) == Flag.read | Flag.execute else { throw .loadPermissions }
    loaded = size
  }
}
