// SPDX-License-Identifier: Apache-2.0
// Records that programs and the kernel exchange, as Linux's headers in include/uapi define them.
//
// The fields of most are of C's type long, so a record is generic over the word that holds one:
// `ProgramABI.Long`, or 64 bits for calls of 32-bit programs with 64-bit times. An int that stands
// before a long is written as a word: the padding after it is 0 in a little-endian record. Each
// record has one writer and one reader here; a record that differs between architectures in more
// than the word is the ABI's.

/// An unsigned integer that the fields of a record have.
public typealias RecordWord = FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable

extension FixedWidthInteger where Self: UnsignedInteger {
  /// The number that these bits are in two's complement. Words have 32 or 64 bits.
  @inline(__always)
  var signed: Int64 {
    Self.bitWidth == 64
      ? Int64(truncatingIfNeeded: self) : Int64(Int32(truncatingIfNeeded: self))
  }
}
