// SPDX-License-Identifier: Apache-2.0
/// The kernel's random number generator: ChaCha20 with fast key erasure, seeded once at boot.
///
/// Each cipher block yields the next key and eight output words. A word is erased when it is
/// returned, so earlier output cannot be computed from the current state. The owner serialises the
/// calls. The output is as good as the seed: on `virt` the device tree provides it.
public struct RandomSource {
  private var key: InlineArray<8, UInt32>
  private var count: UInt64 = 0
  /// Words of the current block; the first `left` of them have not been returned yet.
  private var words = InlineArray<8, UInt32>(repeating: 0)
  private var left = 0

  /// A generator seeded with the first 32 bytes of `seed` and with `number`, which should differ
  /// between boots as far as the machine allows: a counter value, for instance.
  public init(seed: Span<UInt8>, mixing number: UInt64) {
    key = InlineArray(repeating: 0)
    for index in 0..<min(seed.count, 32) {
      key[index / 4] |= UInt32(seed[index]) << UInt32(index % 4 * 8)
    }
    key[0] ^= UInt32(truncatingIfNeeded: number)
    key[1] ^= UInt32(truncatingIfNeeded: number >> 32)
    refill()  // The seed itself never produces output.
    left = 0
  }

  /// Returns the next random word.
  public mutating func next() -> UInt32 {
    if left == 0 { refill() }
    left -= 1
    let word = words[left]
    words[left] = 0
    return word
  }

  @inline(never)
  private mutating func refill() {
    var state = ChaCha20.Block(repeating: 0)
    state[0] = 0x6170_7865  // "expand 32-byte k" (RFC 8439, 2.3)
    state[1] = 0x3320_646e
    state[2] = 0x7962_2d32
    state[3] = 0x6b20_6574
    for index in key.indices { state[4 + index] = key[index] }
    state[12] = UInt32(truncatingIfNeeded: count)
    state[13] = UInt32(truncatingIfNeeded: count >> 32)
    count &+= 1  // Wrapping: 2^64 blocks are never reached.
    let block = ChaCha20.block(state)
    let given = block.span  // Indexing the array itself would copy it.
    for index in key.indices {
      key[index] = given[index]
      words[index] = given[8 + index]
    }
    left = words.count
  }

  /// Fills `bytes` with random data.
  public mutating func fill(_ bytes: inout MutableRawSpan) {
    for offset in stride(from: 0, to: bytes.byteCount, by: 4) {
      var word = next()
      if offset + 4 <= bytes.byteCount {
        bytes.storeBytes(of: word, toByteOffset: offset, as: UInt32.self)
        continue
      }
      for index in offset..<min(offset + 4, bytes.byteCount) {
        // SAFETY: the index is below the count; a byte needs no alignment.
        unsafe bytes.storeBytes(
          of: UInt8(truncatingIfNeeded: word), toUncheckedByteOffset: index, as: UInt8.self)
        word >>= 8
      }
    }
  }
}
