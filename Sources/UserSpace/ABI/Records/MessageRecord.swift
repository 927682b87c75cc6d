// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// struct msghdr (linux/socket.h): an allegation. Its two ints are the lower halves of wider words.
struct MessageRecord<Word: RecordWord> {
  private let words: InlineArray<7, Word>

  /// The record that a program has.
  init(_ words: InlineArray<7, Word>) { self.words = words }

  /// The address of a name, and its size.
  var name: UserAddress { UserAddress(clamping: words[0]) }
  var nameSize: UInt32 { UInt32(truncatingIfNeeded: words[1]) }
  /// The vector, and the number of its pieces.
  var list: UserAddress { UserAddress(clamping: words[2]) }
  var pieces: UInt32 { UInt32(clamping: words[3]) }
  /// The size of the control messages.
  var controlSize: Word { words[5] }

  /// Where the record that begins at `address` has the size of the name, that of the control
  /// messages, and the flags. Wrapping: an access checks them.
  static func places(
    of address: UserAddress
  ) -> (nameSize: UserAddress, controlSize: UserAddress, flags: UserAddress) {
    let size = RTOSCore.Word(MemoryLayout<Word>.size)
    return (address &+ size, address &+ 5 * size, address &+ 6 * size)
  }
}
