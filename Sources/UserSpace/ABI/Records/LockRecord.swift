// SPDX-License-Identifier: Apache-2.0

/// struct flock and struct flock64 (asm-generic/fcntl.h): two shorts, two offsets, a process. The
/// offsets are kept in 64 bits.
struct LockRecord {
  /// The fields of struct flock64 in memory order.
  private(set) var words: InlineArray<4, UInt64>

  /// The record that a program has.
  init(_ words: InlineArray<4, UInt64>) { self.words = words }

  /// The record with shorter offsets that a program has.
  init<Word: RecordWord>(short fields: InlineArray<4, Word>) {
    words = InlineArray { UInt64(bitPattern: fields[$0].signed) }
  }

  /// The fields of struct flock.
  func short<Word: RecordWord>() -> InlineArray<4, Word> {
    InlineArray { Word(truncatingIfNeeded: words[$0]) }
  }

  /// l_type: 0 for F_RDLCK, 1 for F_WRLCK, 2 for F_UNLCK.
  var type: UInt16 {
    get { UInt16(truncatingIfNeeded: words[0]) }
    set { words[0] = words[0] & ~0xffff | UInt64(newValue) }
  }
  /// l_whence.
  var origin: UInt16 { UInt16(truncatingIfNeeded: words[0] >> 16) }
  /// l_start and l_len.
  var start: Int64 { Int64(bitPattern: words[1]) }
  var length: Int64 { Int64(bitPattern: words[2]) }
  /// Whether l_pid is not 0.
  var namesProcess: Bool { UInt32(truncatingIfNeeded: words[3]) != 0 }

  /// Sets all fields to a lock that is held.
  ///
  /// - Throws: `overflow` if an end is above the `greatest` position of the record.
  mutating func set(_ lock: RangeLock, greatest: Int64) throws(Errno) {
    let (first, last) = (lock.range.first, lock.range.last)
    guard first <= greatest, last == .max || last <= greatest else { throw .overflow }
    words[0] = lock.kind == .shared ? 0 : 1  // and SEEK_SET
    words[1] = UInt64(first)
    // Not for all positions, so it does not overflow.
    words[2] = last == .max ? 0 : UInt64(last - first + 1)
    words[3] = UInt64(UInt32(bitPattern: lock.owner.number))
  }
}
