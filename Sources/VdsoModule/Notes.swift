// SPDX-License-Identifier: Apache-2.0
import VdsoPage

/// The linker's name for an image: 20 bytes, a SHA-1.
public struct BuildID: Equatable, Sendable {
  /// The bytes in the order in which they are printed.
  public let bytes: InlineArray<20, UInt8>

  /// An identity of its bytes.
  public init(bytes: InlineArray<20, UInt8>) { self.bytes = bytes }

  /// Compares all bytes.
  public static func == (left: BuildID, right: BuildID) -> Bool {
    for index in left.bytes.indices where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}

/// What the notes of an image say about it (TIS ELF 1.2, 2-4): each is three words, owner's size,
/// content's size and type, then the owner's name and the content, both padded to words.
struct Notes {
  /// Who built it.
  private(set) var buildID: BuildID?
  /// Whether it says at all which layout of the page it reads.
  private(set) var hasPageNote = false
  /// Whether that is the layout of this kernel: version, size and hash of the offsets.
  private(set) var isOfThisLayout = false

  private static var gnuBuildID: UInt32 { 3 }
  private static var gnu: UInt32 { 0x0055_4e47 }  // "GNU" and its terminator
  private static var apus: UInt32 { 0x7375_7041 }  // "Apus", its terminator is the fifth byte

  /// Reads the notes in a segment that lies inside `file`; it is ended by the first that does not
  /// fit.
  init(
    reading file: borrowing ImageBytes, _ segment: (offset: UInt32, size: UInt32)
  ) throws(VdsoImage.Flaw) {
    var place = segment.offset
    let end = segment.offset + segment.size
    while place < end {
      guard end - place >= 12 else { throw .segmentBounds }
      // No sum overflows: each term is below the size of the file, which is a few pages.
      let ownerSize = file.word(place)
      let contentSize = file.word(place + 4)
      guard ownerSize <= end - place, contentSize <= end - place else { throw .segmentBounds }
      let content = place + 12 + (ownerSize + 3) & ~3
      let next = content + (contentSize + 3) & ~3
      guard next <= end else { throw .segmentBounds }
      let owner = file.word(place + 12)
      read(file, owner: owner, ownerSize, file.word(place + 8), content, contentSize)
      place = next
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
  }
}
