// SPDX-License-Identifier: Apache-2.0
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
    words[8] = status.specialMajor << 8 | status.specialMinor
    words[12] = UInt32(truncatingIfNeeded: status.size)
    words[14] = UInt32(Page.size)
    words[16] = status.blocks
    words[18] = status.modificationTime  // of access
    words[20] = status.modificationTime
    words[22] = status.modificationTime  // of the status
    words[24] = status.inode
    return words
  }
}
