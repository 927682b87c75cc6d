// SPDX-License-Identifier: Apache-2.0
import TickHandler

/// The attributes that stat reports for a node: 0, but for those that its file system sets.
///
/// The layout is that of struct statx (linux/stat.h), of which these are the first 144 bytes on all
/// architectures, so that statx stores them without a conversion.
public struct FileStatus: BitwiseCopyable {
  /// The fields that statx reports.
  var mask: UInt32 = 0
  /// The size of a block for reads and writes.
  var blockSize: UInt32 = 0
  private let attributes: UInt64 = 0
  var links: UInt32 = 0
  var userIdentifier: UInt32 = 0
  var groupIdentifier: UInt32 = 0
  var mode: UInt32 = 0
  var inode: UInt32 = 0
  private let inodeHigh: UInt32 = 0
  var size: UInt64 = 0
  /// The size of what the file holds, in blocks of 512 bytes.
  var blocks: UInt32 = 0
  private let blocksHigh: UInt32 = 0
  private let attributesMask: UInt64 = 0
  var accessTime = FileTime()
  private let birthTime = FileTime()
  var changeTime = FileTime()
  var modificationTime = FileTime()
  /// Major and minor number of the device that a special file stands for.
  var specialMajor: UInt32 = 0
  var specialMinor: UInt32 = 0
  private let deviceMajor: UInt32 = 0
  /// Minor number of the file system's device, whose major is 0: 2 for the root, 3 for /dev, 4 for
  /// /proc, 5 to 7 for the other volumes of the file tree at boot, 8 for pipes, 9 for what calls
  /// make, 11 for /sys, 12 for sockets, from 13 on for further volumes.
  var deviceMinor: UInt32 = 0

  /// Sets what all files have.
  @inline(__always)
  mutating func set(mode: UInt32, links: UInt32 = 1, inode: UInt32, deviceMinor: UInt32) {
    self.mode = mode
    self.links = links
    self.inode = inode
    self.deviceMinor = deviceMinor
  }

  /// The type bits of `mode` (S_IFMT).
  var type: UInt32 { mode & Self.typeMask }
  static var typeMask: UInt32 { 0o170000 }
  static var directory: UInt32 { 0o040000 }
  static var regular: UInt32 { 0o100000 }
  static var link: UInt32 { 0o120000 }
  static var character: UInt32 { 0o020000 }
  static var block: UInt32 { 0o060000 }
  static var fifo: UInt32 { 0o010000 }
  static var socket: UInt32 { 0o140000 }
  /// S_ISGID.
  static var setGroupBit: UInt32 { 0o2000 }

  /// The type as getdents64 reports it (DT_DIR and so on).
  var entryType: UInt8 { UInt8(truncatingIfNeeded: type >> 12) }
}

/// A time in the layout of struct statx_timestamp (linux/stat.h).
struct FileTime {
  var seconds: Int64 = 0
  var nanoseconds: Int32 = 0
  private let reserved: UInt32 = 0

  /// The start of the wall clock.
  init() {}

  /// The time of an inode.
  @inline(__always)
  init(_ time: Timespec) { (seconds, nanoseconds) = (time.seconds, time.nanoseconds) }
}
