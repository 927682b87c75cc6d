// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A PT_LOAD segment, with addresses as the file gives them.
public struct ElfSegment: Equatable, Sendable {
  /// Where its bytes begin in the file.
  public let fileOffset: UInt32
  /// How many bytes are the file's, which may end earlier; the rest of the segment is zero.
  public let fileCount: UInt32
  /// The first address; it need not be page aligned.
  public let address: UInt32
  /// How many bytes it has in memory.
  public let memoryCount: UInt32
  /// What the program may do there. Writable and executable together is allowed, as in Linux.
  public let permissions: Permissions

  /// The first page, as an address.
  @inline(__always)
  public var base: UInt32 { address & ~Page.offsetMask }

  /// The first address behind the bytes of the file. Wrapping: `ElfProgram` has excluded it.
  @inline(__always)
  public var fileEnd: UInt32 { address &+ fileCount }

  /// The first address behind the last page. Wrapping: `ElfProgram` has excluded it.
  @inline(__always)
  public var end: UInt32 { Page.roundedUp(address &+ memoryCount) }
}
