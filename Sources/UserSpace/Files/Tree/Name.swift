// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The hash of a name's bytes (FNV-1a), to which one after the other is added.
struct NameHash {
  private(set) var value: UInt32 = 2_166_136_261

  /// The hash of no bytes.
  init() {}

  /// The hash of `text`.
  @inline(__always)
  init(of text: Span<UInt8>) {
    for index in text.indices { add(text[index]) }
  }

  @inline(__always)
  mutating func add(_ byte: UInt8) { value = (value ^ UInt32(byte)) &* 16_777_619 }
}

/// A name in a directory: the head of a record, after which the bytes of the name follow.
struct Name {
  /// The next name with the same bucket of `NameIndex`.
  var next: NameReference?
  /// The neighbours in the directory.
  var previousMember: NameReference?
  var nextMember: NameReference?
  /// The next name of the same inode.
  var nextAlias: NameReference?
  /// The position in listings of the directory, which grows with each new member.
  var position: UInt64 = 0
  let hash: NameHash
  /// The numbers of the directory and of the inode.
  let directory: UInt16
  var inode: UInt16
  /// The number of bytes.
  let count: UInt8
}

/// A reference to a name, until it is removed.
typealias NameReference = RecordReference<Name>

extension RecordReference where Record == Name {
  /// The bytes of the name. The caller does not keep them longer than the name.
  var text: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // SAFETY: `count` bytes follow the head of each record, as `NameIndex` makes it.
      let bytes = unsafe UnsafeRawPointer(address) + MemoryLayout<Name>.size
      let span = unsafe Span(
        _unsafeStart: bytes.assumingMemoryBound(to: UInt8.self), count: Int(pointee.count))
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}

/// The record of a name of up to 31 bytes: 64 bytes on the target.
struct ShortName {
  var head: Name
  var bytes: InlineArray<31, UInt8>
}

/// The record of any name.
struct LongName {
  var head: Name
  var bytes: InlineArray<255, UInt8>
}
