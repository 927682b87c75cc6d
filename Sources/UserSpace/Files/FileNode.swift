// SPDX-License-Identifier: Apache-2.0
/// Identifies a file, directory or device of the root file system. The value is small and stays
/// valid permanently, because the root file system never changes.
public struct FileNode: Equatable, Sendable {
  /// The type of the object that a node identifies.
  public enum Kind: UInt8, Sendable {
    /// The root directory.
    case root
    /// A member of the initrd; `index` is the offset of its header in the archive.
    case archived
    /// /init, where the initrd is a single ELF file.
    case program
    /// /dev and its members.
    case devices, console, terminal, null, zero, random, urandom
    /// /proc and its files.
    case processes, selfLink, commandLine, memoryInfo, uptime, vdso, vdsoImage,
      buddyInfo, tasks, processorInfo, interrupts, processors, locks, trace
    /// The file in /proc/cpu.
    case alignment
    /// /proc/PID and its members; `index` is the PID.
    case process, maps, memoryMap, memorySize, counters, executableLink
  }

  /// The type of the object.
  public let kind: Kind
  /// The instance among objects of the same kind; 0 where there is only one.
  public let index: UInt32

  /// A node of this kind and instance.
  public init(_ kind: Kind, _ index: UInt32 = 0) {
    self.kind = kind
    self.index = index
  }
}

/// The attributes that stat reports for a node.
struct FileStatus {
  var mode: UInt32
  var size: UInt64 = 0
  var links: UInt32 = 1
  var userIdentifier: UInt32 = 0
  var groupIdentifier: UInt32 = 0
  var modificationTime: UInt32 = 0
  var inode: UInt32 = 0
  /// Minor number of the file system's device, whose major is 0: 2 for the root, 3 for /dev, 4 for
  /// /proc.
  var deviceMinor: UInt32 = 2
  /// Major and minor number of the device that a special file stands for.
  var specialMajor: UInt32 = 0
  var specialMinor: UInt32 = 0

  /// The type bits of `mode` (S_IFMT).
  var type: UInt32 { mode & 0o170000 }
  static var directory: UInt32 { 0o040000 }
  static var regular: UInt32 { 0o100000 }
  static var link: UInt32 { 0o120000 }
  static var character: UInt32 { 0o020000 }

  /// The type as getdents64 reports it (DT_DIR and so on).
  var entryType: UInt8 { UInt8(truncatingIfNeeded: type >> 12) }
}
