// SPDX-License-Identifier: Apache-2.0
import KitTypes

/// The note by which an image says that it is a kit, and what it needs (`struct kit_note` in
/// image/kits/include/kit.h).
struct KitNote {
  let name: KitName
  let version: UInt32
  let layoutHash: UInt64
  let mode: UInt32
  let kernelPages: UInt32
  let ownPages: UInt32
  let sharedPages: UInt32
  let memberPages: UInt32
  let privateBytes: UInt32
  let exportCount: UInt32
  let maySystemCall: Bool
  /// The code with its literals.
  let code: ImageRange

  /// Checks the note with the content `note`, which is inside `file`, for itself.
  ///
  /// - Throws: `kitNote`, `kitName`, `kitMode`, `kitPages` or `kitSize`.
  init(checking file: borrowing ImageBytes, _ note: ImageRange) throws(KitImage.Violation) {
    func word(_ offset: UInt32) -> UInt32 { file.word(note.start + offset) }
    guard note.size == UInt32(KIT_NOTE_BYTES), word(0) == UInt32(KIT_NOTE_FORMAT),
      word(UInt32(KIT_NOTE_FLAGS)) & ~UInt32(KIT_MAY_CALL_SYSTEM) == 0
    else { throw .kitNote }
    guard let name = KitName(file, at: note.start + UInt32(KIT_NOTE_NAME)) else {
      throw .kitName
    }
    self.name = name
    version = word(UInt32(KIT_NOTE_VERSION))
    layoutHash =
      UInt64(word(UInt32(KIT_NOTE_LAYOUT_HASH) + 4)) << 32
      | UInt64(word(UInt32(KIT_NOTE_LAYOUT_HASH)))
    mode = word(UInt32(KIT_NOTE_MODE))
    guard mode & ~0o666 == 0, mode & 0o444 != 0 else { throw .kitMode }
    kernelPages = word(UInt32(KIT_NOTE_KERNEL_PAGES))
    ownPages = word(UInt32(KIT_NOTE_OWN_PAGES))
    sharedPages = word(UInt32(KIT_NOTE_SHARED_PAGES))
    memberPages = word(UInt32(KIT_NOTE_MEMBER_PAGES))
    guard kernelPages <= UInt32(KIT_MOST_KERNEL_PAGES), ownPages <= UInt32(KIT_MOST_OWN_PAGES),
      sharedPages <= UInt32(KIT_MOST_SHARED_PAGES),
      memberPages <= UInt32(KIT_MOST_MEMBER_PAGES),
      // `struct kit_members` and `struct kit_member` have a page each.
      memberPages == 0 || kernelPages == 1 && ownPages == 1
    else { throw .kitPages }
    privateBytes = word(UInt32(KIT_NOTE_PRIVATE_BYTES))
    guard privateBytes <= UInt32(KIT_MOST_PRIVATE_BYTES) else { throw .kitSize }
    exportCount = word(UInt32(KIT_NOTE_EXPORT_COUNT))
    maySystemCall = word(UInt32(KIT_NOTE_FLAGS)) != 0
    code = ImageRange(
      start: word(UInt32(KIT_NOTE_CODE_OFFSET)), size: word(UInt32(KIT_NOTE_CODE_BYTES)))
  }
}
