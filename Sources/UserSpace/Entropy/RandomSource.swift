/// The kernel's random numbers: ChaCha20 with fast key erasure, seeded once at boot.
///
/// Every request replaces the key by the first half of a fresh block before the second half is
/// handed out, so that what was given cannot be computed from what is kept. Whoever owns it
/// serialises the calls. Its quality is that of its seed: on `virt` the device tree's.
public struct RandomSource {
  private var key: InlineArray<8, UInt32>
  private var count: UInt64 = 0

  /// A source from `seed`, of which up to 32 bytes count, and a number that differs between boots
  /// as far as the machine can tell, the counter for instance.
  public init(seed: Span<UInt8>, mixing number: UInt64) {
    key = InlineArray(repeating: 0)
    for index in 0..<min(seed.count, 32) {
      key[index / 4] |= UInt32(seed[index]) << UInt32(index % 4 * 8)
    }
    key[0] ^= UInt32(truncatingIfNeeded: number)
    key[1] ^= UInt32(truncatingIfNeeded: number >> 32)
    _ = nextBlock()
  }

  /// Eight fresh random words.
  public mutating func nextBlock() -> InlineArray<8, UInt32> {
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
    var output = InlineArray<8, UInt32>(repeating: 0)
    for index in key.indices {
      key[index] = block[index]
      output[index] = block[8 + index]
    }
    return output
  }

  /// Fills `bytes`.
  public mutating func fill(_ bytes: inout MutableRawSpan) {
    var offset = 0
    while offset < bytes.byteCount {
      let words = nextBlock()
      for index in 0..<min(32, bytes.byteCount - offset) {
        let byte = UInt8(truncatingIfNeeded: words[index / 4] >> UInt32(index % 4 * 8))
        // SAFETY: `offset + index` is below the count; a byte needs no alignment.
        unsafe bytes.storeBytes(of: byte, toUncheckedByteOffset: offset + index, as: UInt8.self)
      }
      offset += 32
    }
  }
}
