// SPDX-License-Identifier: Apache-2.0
/// The kernel's random numbers: ChaCha20 with fast key erasure, seeded once at boot.
///
/// Each block of the cipher gives the next key and eight words to hand out, and a word is forgotten
/// when it is given: what was given cannot be computed from what is kept. Whoever owns the source
/// serialises the calls. Its quality is that of its seed: on `virt` the device tree's.
public struct RandomSource {
  private var key: InlineArray<8, UInt32>
  private var count: UInt64 = 0
  /// Words that are not given yet: the first `left` of them.
  private var words = InlineArray<8, UInt32>(repeating: 0)
  private var left = 0

  /// A source from `seed`, of which up to 32 bytes count, and a number that differs between boots
  /// as far as the machine can tell, the counter for instance.
  public init(seed: Span<UInt8>, mixing number: UInt64) {
    key = InlineArray(repeating: 0)
    for index in 0..<min(seed.count, 32) {
      key[index / 4] |= UInt32(seed[index]) << UInt32(index % 4 * 8)
    }
    key[0] ^= UInt32(truncatingIfNeeded: number)
    key[1] ^= UInt32(truncatingIfNeeded: number >> 32)
    refill()  // The seed itself is never the key of what is given.
    left = 0
  }

  /// The next random word.
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
    count &+= 1  // Wrapping: 2^64 blocks do not come.
    let block = ChaCha20.block(state)
    let given = block.span  // Each look at the array itself would copy it.
    for index in key.indices {
      key[index] = given[index]
      words[index] = given[8 + index]
    }
    left = words.count
  }

  /// Fills `bytes`.
  public mutating func fill(_ bytes: inout MutableRawSpan) {
    for offset in stride(from: 0, to: bytes.byteCount, by: 4) {
      var word = next()
      for index in offset..<min(offset + 4, bytes.byteCount) {
        // SAFETY: the index is below the count; a byte needs no alignment.
        unsafe bytes.storeBytes(
          of: UInt8(truncatingIfNeeded: word), toUncheckedByteOffset: index, as: UInt8.self)
        word >>= 8
      }
    }
  }
}
