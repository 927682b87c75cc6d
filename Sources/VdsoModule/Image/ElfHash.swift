// SPDX-License-Identifier: Apache-2.0
/// The two hash functions with which libcs look up names. Both hash a string in the image up to its
/// terminator, which the caller has checked to exist.
enum ElfHash {
  /// The hash of DT_HASH and of version names (TIS ELF 1.2, 2-19).
  @inline(never)
  static func systemV(_ file: borrowing ImageBytes, at offset: UInt32) -> UInt32 {
    var hash: UInt32 = 0
    var position = offset
    while file.byte(position) != 0 {
      // Wrapping: the top four bits are folded back below and then dropped.
      hash = hash << 4 &+ UInt32(file.byte(position))
      let high = hash & 0xf000_0000
      hash ^= high >> 24 ^ high
      position += 1
    }
    return hash
  }

  /// The hash of DT_GNU_HASH: for each byte, times 33 plus the byte.
  @inline(never)
  static func gnu(_ file: borrowing ImageBytes, at offset: UInt32) -> UInt32 {
    var hash: UInt32 = 5381
    var position = offset
    while file.byte(position) != 0 {
      hash = hash &* 33 &+ UInt32(file.byte(position))  // Wrapping: a hash.
      position += 1
    }
    return hash
  }
}
