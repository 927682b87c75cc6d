// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VmRegion

/// struct statx (linux/stat.h): 256 bytes, the same on all architectures, with the basic fields.
struct StatxRecord {
  /// The fields in memory order.
  let words: InlineArray<64, UInt32>

  /// The record of a node.
  @inline(__always)
  init(_ status: FileStatus) {
    var words = InlineArray<64, UInt32>(repeating: 0)
    words[0] = 0x7ff  // STATX_BASIC_STATS
    words[1] = UInt32(Page.size)
    words[4] = status.links
    words[5] = status.userIdentifier
    words[6] = status.groupIdentifier
    words[7] = status.mode
    words[8] = status.inode
    words[10] = UInt32(truncatingIfNeeded: status.size)
    words[11] = UInt32(truncatingIfNeeded: status.size >> 32)
    words[12] = status.blocks
    (words[16], words[17], words[18]) = Self.words(status.accessTime)
    (words[24], words[25], words[26]) = Self.words(status.changeTime)
    (words[28], words[29], words[30]) = Self.words(status.modificationTime)
    words[32] = status.specialMajor
    words[33] = status.specialMinor
    words[35] = status.deviceMinor
    self.words = words
  }

  /// A time as seconds of 64 bits and nanoseconds.
  @inline(__always)
  private static func words(_ time: Timespec) -> (UInt32, UInt32, UInt32) {
    (
      UInt32(truncatingIfNeeded: time.seconds), UInt32(truncatingIfNeeded: time.seconds >> 32),
      UInt32(bitPattern: time.nanoseconds)
    )
  }
}
