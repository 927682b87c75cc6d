// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// A PT_LOAD segment, with addresses as stored in the file.
public struct ElfSegment: Equatable, Sendable {
  /// Offset of its contents in the file.
  public let fileOffset: Word
  /// Bytes that come from the file, which may be shorter; the rest of the segment is zero.
  public let fileCount: Word
  /// The first address; it need not be page aligned.
  public let address: UserAddress
  /// Size in memory, in bytes.
  public let memoryCount: Word
  /// The program's access rights. As on Linux a segment may be both writable and executable.
  public let permissions: Permissions

  /// The address of the first page.
  @inline(__always)
  public var base: UserAddress { address.pageBase }

  /// The first address after the bytes from the file. `ElfProgram` has excluded an overflow.
  @inline(__always)
  public var fileEnd: UserAddress { address &+ fileCount }

  /// The first address after the last byte. `ElfProgram` has excluded an overflow.
  @inline(__always)
  public var byteEnd: UserAddress { address &+ memoryCount }

  /// The first address after the last page. `ElfProgram` has excluded an overflow.
  @inline(__always)
  public var end: UserAddress { UserAddress(Page.roundedUp(byteEnd.word)) }
}
