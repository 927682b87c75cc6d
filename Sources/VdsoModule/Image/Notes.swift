// SPDX-License-Identifier: Apache-2.0
import KitTypes
import VdsoPage

/// The linker's build ID of an image: 20 bytes, a SHA-1.
public struct BuildID: Equatable, Sendable {
  /// The bytes in the order in which they are printed.
  public let bytes: InlineArray<20, UInt8>

  /// A build ID of the given bytes.
  public init(bytes: InlineArray<20, UInt8>) { self.bytes = bytes }

  /// Compares all bytes.
  public static func == (left: BuildID, right: BuildID) -> Bool {
    for index in left.bytes.indices where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}

/// The notes of an image (TIS ELF 1.2, 2-4). Each has three words (size of the owner's name, size
/// of the content, type), then the owner's name and the content, both padded to words.
struct Notes {
  /// The build ID, if there is one.
  private(set) var buildID: BuildID?
  /// Whether a note gives the page layout that the image was built for.
  private(set) var hasPageNote = false
  /// Whether that is this kernel's layout: the same version, size and hash of the offsets.
  private(set) var isOfThisLayout = false
  /// The content of the note that describes a kit, if there is one.
  private(set) var kit: ImageRange?

  private static var gnuBuildID: UInt32 { 3 }
  private static var gnu: UInt32 { 0x0055_4e47 }  // "GNU" and its terminator
  private static var apus: UInt32 { 0x7375_7041 }  // "Apus", its terminator is the fifth byte

  /// Reads the notes in `segment`, which is inside `file`.
  ///
  /// - Throws: `segmentBounds` at the first note that exceeds the segment.
  init(
    reading file: borrowing ImageBytes, _ segment: ImageRange
  ) throws(VdsoImage.Violation) {
    var note = segment.start
    let end = segment.end
    while note < end {
      guard end - note >= 12 else { throw .segmentBounds }
      // The sums cannot overflow: each term is at most the file's size, which is a few pages.
      let ownerSize = file.word(note)
      let contentSize = file.word(note + 4)
      guard ownerSize <= end - note, contentSize <= end - note else { throw .segmentBounds }
      let content = note + 12 + (ownerSize + 3) & ~3
      let next = content + (contentSize + 3) & ~3
      guard next <= end else { throw .segmentBounds }
      let owner = file.word(note + 12)
      read(file, owner: owner, ownerSize, file.word(note + 8), content, contentSize)
      note = next
    }
  }

  private mutating func read(
    _ file: borrowing ImageBytes, owner: UInt32, _ ownerSize: UInt32, _ type: UInt32,
    _ content: UInt32, _ size: UInt32
  ) {
    if owner == Self.gnu, ownerSize == 4, type == Self.gnuBuildID, size == 20 {
      buildID = BuildID(bytes: InlineArray { file.byte(content + UInt32($0)) })
    }
    if owner == Self.apus, ownerSize == 5, type == UInt32(VDSO_NOTE_TYPE_PAGE), size == 12 {
      hasPageNote = true
      isOfThisLayout =
        file.word(content) == UInt32(VDSO_PAGE_VERSION)
        && file.word(content + 4) == vdso_page_size()
        && file.word(content + 8) == vdso_page_layout_hash()
    }
    if owner == Self.apus, ownerSize == 5, type == UInt32(KIT_NOTE_TYPE) {
      kit = ImageRange(start: content, size: size)
    }
  }
}
