// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// struct iovec (linux/uio.h), and other pairs of an address and a size: an allegation. Numbers
/// that exceed a word become the greatest, which no check accepts.
struct VectorRecord<Word: RecordWord> {
  let words: InlineArray<2, Word>

  /// Bytes of a record.
  static var size: RTOSCore.Word { RTOSCore.Word(2 * MemoryLayout<Word>.size) }

  /// The record that a program has.
  @inline(__always)
  init(_ words: InlineArray<2, Word>) { self.words = words }

  /// The address.
  @inline(__always)
  var address: UserAddress { UserAddress(clamping: words[0]) }

  /// The number of bytes.
  @inline(__always)
  var count: RTOSCore.Word { RTOSCore.Word(clamping: words[1]) }
}
