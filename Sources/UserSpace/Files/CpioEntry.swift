// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// One member of a `CpioArchive`: the offsets and sizes of its parts, and its attributes.
public struct CpioEntry: Equatable, Sendable {
  /// Offset of the header in the archive; it identifies the entry.
  public let offset: Int
  /// Offset of the name, without leading "./" or "/".
  public let nameOffset: Int
  /// Bytes of the name, without the terminating zero; 0 for the root directory.
  public let nameCount: Int
  /// Offset of the data.
  public let dataOffset: Int
  /// Bytes of data.
  public let dataCount: Int
  /// Offset of the next header.
  public let nextOffset: Int
  /// Type and permission bits as in struct stat.
  public let mode: UInt32
  /// The inode number; equal for the links of one file.
  public let inode: UInt32
  /// Number of links. A file with several names has more than 1, and its data may be stored with
  /// another of its entries.
  public let linkCount: UInt32
  /// Owner.
  public let userIdentifier: UInt32
  /// Owning group.
  public let groupIdentifier: UInt32
  /// Modification time in seconds since 1970.
  public let modificationTime: UInt32

  /// The device that a node stands for, as `Inode.device` has it.
  public let device: UInt32

  /// The type bits of `mode` (S_IFMT).
  var type: UInt32 { mode & FileStatus.typeMask }

  private static var headerSize: Int { 110 }
  /// Linux's PATH_MAX.
  private static var greatestNameCount: Int { 4096 }

  /// Reads and checks the header at `offset`; nil if it is the trailer.
  ///
  /// - Throws: the first rule that the header violates.
  init?(checking bytes: RawSpan, at offset: Int) throws(CpioError) {
    guard bytes.byteCount - offset >= CpioEntry.headerSize else {
      throw offset >= bytes.byteCount ? .noTrailer : .cutShort
    }
    guard bytes.hasText("070701", at: offset) || bytes.hasText("070702", at: offset) else {
      throw .badMagic
    }
    let nameSize = try CpioEntry.number(11, of: bytes, at: offset)
    guard nameSize >= 2, nameSize <= CpioEntry.greatestNameCount else { throw .badName }
    let start = offset + CpioEntry.headerSize
    guard bytes.byteCount - start >= Int(nameSize) else { throw .cutShort }
    let end = start + Int(nameSize) - 1
    guard bytes.byte(at: end) == 0 else { throw .badName }
    for index in start..<end where bytes.byte(at: index) == 0 { throw .badName }

    self.offset = offset
    inode = try CpioEntry.number(0, of: bytes, at: offset)
    mode = try CpioEntry.number(1, of: bytes, at: offset)
    userIdentifier = try CpioEntry.number(2, of: bytes, at: offset)
    groupIdentifier = try CpioEntry.number(3, of: bytes, at: offset)
    linkCount = try CpioEntry.number(4, of: bytes, at: offset)
    modificationTime = try CpioEntry.number(5, of: bytes, at: offset)
    let (major, minor) = (
      try CpioEntry.number(9, of: bytes, at: offset),
      try CpioEntry.number(10, of: bytes, at: offset)
    )
    device = (major & 0xfff) << 8 | minor & 0xff | (minor & 0xf_ff00) << 12
    let size = try CpioEntry.number(6, of: bytes, at: offset)

    dataOffset = CpioEntry.padded(end + 1)
    // In 64 bits, because a size of up to 4 GiB - 1 is legal.
    guard UInt64(dataOffset) + UInt64(size) <= UInt64(bytes.byteCount) else { throw .badSize }
    dataCount = Int(size)
    nextOffset = CpioEntry.padded(dataOffset + dataCount)
    if end - start == 10, bytes.hasText("TRAILER!!!", at: start) { return nil }

    let skipped = CpioEntry.prefixCount(bytes, from: start, to: end)
    nameOffset = start + skipped
    nameCount = end - nameOffset
  }

  /// Reads the `index`-th number of the header at `offset`: eight hexadecimal digits.
  ///
  /// - Throws: `cutShort`, `badNumber`.
  private static func number(
    _ index: Int, of bytes: RawSpan, at offset: Int
  ) throws(CpioError) -> UInt32 {
    var value = UInt32(0)
    let first = offset + 6 + index * 8
    for place in first..<first + 8 {
      guard let byte = bytes.byte(at: place) else { throw .cutShort }
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw .badNumber
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// Length of the leading "/" and "./" of a name; a name "." (the root directory) counts whole.
  private static func prefixCount(_ bytes: RawSpan, from start: Int, to end: Int) -> Int {
    var place = start
    while place < end {
      if bytes.byte(at: place) == UInt8(ascii: "/") {
        place += 1
      } else if bytes.byte(at: place) == UInt8(ascii: "."),
        place + 1 == end || bytes.byte(at: place + 1) == UInt8(ascii: "/")
      {
        place += 1
      } else {
        break
      }
    }
    return place - start
  }

  private static func padded(_ offset: Int) -> Int { (offset + 3) & ~3 }
}
