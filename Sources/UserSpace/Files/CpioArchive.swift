// SPDX-License-Identifier: Apache-2.0
/// A cpio archive of the "newc" kind, which is what Linux takes as an initrd.
///
/// It is checked completely when it is made; afterwards entries are found by their offset and
/// nothing can fail. Layout: a 110-byte header of 13 hexadecimal numbers behind a magic, the name,
/// the data, each padded to 4 bytes (Documentation/driver-api/early-userspace/buffer-format.rst).
/// It knows nothing of directories: `PathWalk` resolves paths.
public struct CpioArchive: ~Escapable {
  /// All of the archive.
  public let bytes: RawSpan

  /// Checks every header of `bytes` up to the trailer.
  ///
  /// - Throws: the first rule that is broken.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) throws(CpioError) {
    if bytes.halfword(at: 0) == 0x8b1f { throw .compressed }
    guard bytes.hasText("07070", at: 0) else { throw .notCpio }
    var offset = 0
    while let entry = try CpioEntry(checking: bytes, at: offset) { offset = entry.nextOffset }
    self.bytes = bytes
  }

  /// An archive whose bytes have passed the check above once already.
  @_lifetime(copy bytes)
  init(checked bytes: RawSpan) { self.bytes = bytes }

  /// The entry whose header begins at `offset`; nil at the trailer.
  public func entry(at offset: Int) -> CpioEntry? {
    // The archive has been checked, so an error cannot come; nil ends every walk all the same.
    do { return try CpioEntry(checking: bytes, at: offset) } catch { return nil }
  }

  /// The last entry named `path`, which wins as in Linux; nil if there is none. A "./" or "/" in
  /// front is ignored, of `path` and of the archive's names. O(entries).
  public func find(_ path: Span<UInt8>) -> CpioEntry? {
    var skip = 0
    while skip < path.count, path[skip] == UInt8(ascii: "/") { skip += 1 }
    while path.count - skip >= 2, path[skip] == UInt8(ascii: "."),
      path[skip + 1] == UInt8(ascii: "/")
    {
      skip += 2
    }
    let wanted = path.extracting(skip..<path.count)
    return last { $0.isNamed(wanted, in: bytes) }
  }

  /// The last entry for which `condition` holds.
  func last(where condition: (CpioEntry) -> Bool) -> CpioEntry? {
    var found: CpioEntry?
    var offset = 0
    while let entry = entry(at: offset) {
      if condition(entry) { found = entry }
      offset = entry.nextOffset
    }
    return found
  }
}
