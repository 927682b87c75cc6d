// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler

/// A file, directory, symbolic link, device node or FIFO of the file tree.
///
/// It is freed when it has no name (`links`) and no user (`users`).
struct Inode {
  /// Type and permission bits, as in struct stat.
  var mode: UInt32
  var userIdentifier: UInt32 = 0
  var groupIdentifier: UInt32 = 0
  /// The number of names; of a directory 2, and 1 for each directory in it.
  var links: UInt32 = 0
  /// Open files, working directories, programs and mappings.
  var users: UInt32 = 0
  /// Regions of address spaces that map it; each is a user, too.
  var regions: UInt32 = 0
  /// Of these regions, those that are shared and may become writable; and calls that are about to
  /// make one or to change the file.
  var writers: UInt32 = 0
  /// The number that stat reports; no other inode ever has it.
  let number: UInt32
  /// The device that a node stands for: the major number from bit 8 on, the minor one in bits 0 to
  /// 7 and from bit 20 on, as in Linux.
  var device: UInt32 = 0
  /// The pipe of a FIFO that is open.
  var pipe: RecordReference<Pipe>?
  /// Whether it may get a name though it has none: made by O_TMPFILE.
  var isLinkable = false
  /// Whether its bytes may differ from those in the initrd: it was opened for writing.
  var mayDiffer = false
  /// What it refuses.
  var seals = FileSeals.further
  /// Whether it is in the list of those whose pages are dropped, and the next one there
  /// (`FileTree.dropPages`).
  var isDropping = false
  var nextDropping: FileNode?
  /// Whether its pages are those of a kit: it has no name in the tree, and is found in /dev/kits.
  var isKit = false
  /// The volume that holds it.
  let volume: UInt8
  /// The number of the volume that is mounted on a directory; 0 for none.
  var mount: UInt8 = 0
  /// Bytes in the file, or in the path to which a symbolic link leads.
  var size: UInt64 = 0
  /// The pages that are in frames.
  var pages = PageIndex()
  /// The bytes of the initrd that are the file's beginning, where a page is not in a frame.
  var archived = ArchivedBytes()
  var accessTime: Timespec
  var modificationTime: Timespec
  var changeTime: Timespec
  /// One of its names; the others follow by `Name.nextAlias`.
  var firstName: NameReference?
  /// The members of a directory in the order of their positions, which never change.
  var firstMember: NameReference?
  var lastMember: NameReference?
  /// The member at which the last listing ended, so that the next one begins there.
  var cursor: NameReference?
  /// The position of the next new member; those before 2 are "." and "..".
  var nextPosition: UInt64 = 2

  /// An inode without a name.
  init(mode: UInt32, number: UInt32, volume: UInt8, time: Timespec) {
    self.mode = mode
    self.number = number
    self.volume = volume
    accessTime = time
    modificationTime = time
    changeTime = time
  }

  /// Whether its pages are as in the initrd and no region maps them, so that nothing is lost with
  /// them.
  var hasCleanPages: Bool { regions == 0 && !mayDiffer && archived.count > 0 }

  /// The type bits of `mode` (S_IFMT).
  var type: UInt32 { mode & 0o170000 }
  var isDirectory: Bool { type == FileStatus.directory }
  var isRegular: Bool { type == FileStatus.regular }
  var isLink: Bool { type == FileStatus.link }
}

/// A reference to an inode; valid while it has a name or a user.
typealias InodeReference = RecordReference<Inode>

/// A range of the initrd.
struct ArchivedBytes {
  var start: UInt32 = 0
  var count: UInt32 = 0
}
