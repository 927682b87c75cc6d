// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// An open file, which all descriptors made by dup share.
struct OpenFile {
  /// The file, directory or device.
  var node = FileNode(.root)
  /// The address of the frame `text`, and in its low bits `references`. Packed, because a process's
  /// tables fill one page.
  private var textAndReferences: UInt32 = 0
  /// The flags of open that are kept: access mode, O_APPEND, O_NONBLOCK, O_DIRECTORY.
  var flags: UInt32 = 0
  /// Offset of the next byte to read, or number of the next directory member.
  var position: UInt64 = 0

  /// A free slot.
  init() {}

  /// An open file with one descriptor.
  init(node: FileNode, flags: UInt32) {
    self.node = node
    self.flags = flags
    textAndReferences = 1
  }

  /// Number of descriptors that refer to the file; 0 for a free slot.
  var references: UInt32 {
    get { textAndReferences & Page.offsetMask }
    set { textAndReferences = textAndReferences & ~Page.offsetMask | newValue }
  }

  /// The frame of an `OpenText` while a /proc text is read. Frame 0 belongs to the kernel and never
  /// appears here.
  var text: PhysicalFrame? {
    get { textAndReferences > Page.offsetMask ? PhysicalFrame(containing: textAndReferences) : nil }
    set { textAndReferences = references | (newValue?.address ?? 0) }
  }

  /// The access rights, from the access mode: 0 read, 1 write, 2 both.
  var mayRead: Bool { flags & 3 != 1 }
  var mayWrite: Bool { flags & 3 != 0 }
}

/// A file descriptor: the index of its open file plus one (0: closed), and whether exec closes it.
struct Descriptor {
  var file: UInt8 = 0
  var closesOnExec = false
}
