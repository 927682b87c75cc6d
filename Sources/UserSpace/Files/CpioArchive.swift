// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A cpio archive in the "newc" format, which Linux accepts as an initrd.
///
/// The initializer checks the whole archive; afterwards entries are identified by their offset and
/// nothing can fail. Layout of an entry: a header of 110 bytes (a magic and 13 hexadecimal
/// numbers), the name, the data; name and data are padded to 4 bytes
/// (Documentation/driver-api/early-userspace/buffer-format.rst). The archive knows nothing of
/// directories: `PathWalk` resolves paths.
public struct CpioArchive: ~Escapable {
  /// The whole archive.
  public let bytes: RawSpan

  /// Checks every header in `bytes` up to the trailer.
  ///
  /// - Throws: the first rule that the archive violates.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) throws(CpioError) {
    if bytes.halfword(at: 0) == 0x8b1f { throw .compressed }
    guard bytes.hasText("07070", at: 0) else { throw .notCpio }
    var offset = 0
    while let entry = try CpioEntry(checking: bytes, at: offset) { offset = entry.nextOffset }
    self.bytes = bytes
  }

  /// An archive whose bytes have already passed the check of `init(_:)`.
  @_lifetime(copy bytes)
  init(checked bytes: RawSpan) { self.bytes = bytes }

  /// The entry whose header is at `offset`; nil at the trailer.
  public func entry(at offset: Int) -> CpioEntry? {
    // A checked archive raises no error; nil would end the caller's loop in any case.
    do { return try CpioEntry(checking: bytes, at: offset) } catch { return nil }
  }
}
