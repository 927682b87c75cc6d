// SPDX-License-Identifier: Apache-2.0
/// A file, directory or device by name: small enough to be kept anywhere, and valid for ever,
/// because nothing of the root file system can change.
public struct FileNode: Equatable, Sendable {
  /// What stands behind it.
  public enum Kind: UInt8, Sendable {
    /// The root directory.
    case root
    /// A member of the initrd; `index` is the offset of its header.
    case archived
    /// The initrd itself, where it is one ELF file: /init.
    case program
    /// /dev and what is in it.
    case devices, console, terminal, null, zero, random, urandom
    /// /proc and the files in it.
    case processes, selfLink, commandLine, memoryInfo, uptime, vdso, vdsoImage,
      buddyInfo, tasks, processorInfo, interrupts, processors, locks, trace
    /// What is in /proc/cpu.
    case alignment
    /// /proc/PID and what is in it; `index` is the PID.
    case process, maps, memoryMap, memorySize, counters, executableLink
  }

  /// What stands behind it.
  public let kind: Kind
  /// Which one of its kind.
  public let index: UInt32

  /// A node of its parts.
  public init(_ kind: Kind, _ index: UInt32 = 0) {
    self.kind = kind
    self.index = index
  }
}

/// What stat tells about a node.
struct FileStatus {
  var mode: UInt32
  var size: UInt64 = 0
  var links: UInt32 = 1
  var userIdentifier: UInt32 = 0
  var groupIdentifier: UInt32 = 0
  var modificationTime: UInt32 = 0
  var inode: UInt32 = 0
  /// Major and minor number of the file system: 2 the root's, 3 /dev's, 4 /proc's.
  var deviceMinor: UInt32 = 2
  /// Major and minor number of a device.
  var specialMajor: UInt32 = 0
  var specialMinor: UInt32 = 0

  /// The type bits of `mode` (S_IFMT).
  var type: UInt32 { mode & 0o170000 }
  static var directory: UInt32 { 0o040000 }
  static var regular: UInt32 { 0o100000 }
  static var link: UInt32 { 0o120000 }
  static var character: UInt32 { 0o020000 }

  /// The type as getdents64 gives it (DT_DIR and so on).
  var entryType: UInt8 { UInt8(truncatingIfNeeded: type >> 12) }
}
