// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A PT_LOAD segment, with addresses as stored in the file.
public struct ElfSegment: Equatable, Sendable {
  /// Offset of its contents in the file.
  public let fileOffset: UInt32
  /// Bytes that come from the file, which may be shorter; the rest of the segment is zero.
  public let fileCount: UInt32
  /// The first address; it need not be page aligned.
  public let address: UInt32
  /// Size in memory, in bytes.
  public let memoryCount: UInt32
  /// The program's access rights. As on Linux a segment may be both writable and executable.
  public let permissions: Permissions

  /// The address of the first page.
  @inline(__always)
  public var base: UInt32 { address & ~Page.offsetMask }

  /// The first address after the bytes from the file. `ElfProgram` has excluded an overflow.
  @inline(__always)
  public var fileEnd: UInt32 { address &+ fileCount }

  /// The first address after the last page. `ElfProgram` has excluded an overflow.
  @inline(__always)
  public var end: UInt32 { Page.roundedUp(address &+ memoryCount) }
}
