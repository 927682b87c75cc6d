// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// An open file: what dup shares.
struct OpenFile {
  /// What is open.
  var node = FileNode(.root)
  /// The address of the frame that `text` is, and in its low bits `references`: the table has a page.
  private var word: UInt32 = 0
  /// The flags of open that stay: access mode, O_APPEND, O_NONBLOCK, O_DIRECTORY.
  var flags: UInt32 = 0
  /// The next byte to read, or the next member of a directory.
  var position: UInt64 = 0

  /// A free place.
  init() {}

  /// One that a descriptor leads to.
  init(node: FileNode, flags: UInt32) {
    self.node = node
    self.flags = flags
    word = 1
  }

  /// Descriptors that lead here; 0 for a free place.
  var references: UInt32 {
    get { word & Page.offsetMask }
    set { word = word & ~Page.offsetMask | newValue }
  }

  /// The frame of the text that is being read: see `OpenText`. Frame 0 is the kernel's, never this.
  var text: PhysicalFrame? {
    get { word > Page.offsetMask ? PhysicalFrame(containing: word) : nil }
    set { word = references | (newValue?.address ?? 0) }
  }

  /// The access mode: 0 read, 1 write, 2 both.
  var mayRead: Bool { flags & 3 != 1 }
  var mayWrite: Bool { flags & 3 != 0 }
}

/// A file descriptor: the place of its open file plus one, and whether exec closes it.
struct Descriptor {
  var place: UInt8 = 0
  var closesOnExec = false
}
