// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VmRegion

extension ARMEABI {
  /// struct stat64: 104 bytes (arch/arm/include/uapi/asm/stat.h).
  @inline(__always)
  public static func statusRecord(_ status: FileStatus) -> InlineArray<26, UInt32> {
    var words = InlineArray<26, UInt32>(repeating: 0)
    words[0] = status.deviceMinor
    words[3] = status.inode
    words[4] = status.mode
    words[5] = status.links
    words[6] = status.userIdentifier
    words[7] = status.groupIdentifier
    words[8] =
      status.specialMajor << 8 | status.specialMinor & 0xff | (status.specialMinor & 0xf_ff00) << 12
    words[12] = UInt32(truncatingIfNeeded: status.size)
    words[13] = UInt32(truncatingIfNeeded: status.size >> 32)
    words[14] = UInt32(Page.size)
    words[16] = status.blocks
    words[18] = UInt32(truncatingIfNeeded: status.accessTime.seconds)
    words[19] = UInt32(bitPattern: status.accessTime.nanoseconds)
    words[20] = UInt32(truncatingIfNeeded: status.modificationTime.seconds)
    words[21] = UInt32(bitPattern: status.modificationTime.nanoseconds)
    words[22] = UInt32(truncatingIfNeeded: status.changeTime.seconds)
    words[23] = UInt32(bitPattern: status.changeTime.nanoseconds)
    words[24] = status.inode
    return words
  }
}
