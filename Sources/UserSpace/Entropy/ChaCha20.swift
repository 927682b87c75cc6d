/// The block function of ChaCha20 (RFC 8439, 2.3): 64 bytes from a key, a nonce and a counter.
enum ChaCha20 {
  /// One state of sixteen words.
  typealias Block = InlineArray<16, UInt32>

  /// The key stream's block for the input `state`.
  static func block(_ state: Block) -> Block {
    var work = state
    for _ in 0..<10 {
      quarterRound(&work, 0, 4, 8, 12)
      quarterRound(&work, 1, 5, 9, 13)
      quarterRound(&work, 2, 6, 10, 14)
      quarterRound(&work, 3, 7, 11, 15)
      quarterRound(&work, 0, 5, 10, 15)
      quarterRound(&work, 1, 6, 11, 12)
      quarterRound(&work, 2, 7, 8, 13)
      quarterRound(&work, 3, 4, 9, 14)
    }
    // Wrapping: the cipher adds modulo 2^32.
    for index in work.indices { work[index] &+= state[index] }
    return work
  }

  @inline(never)
  private static func quarterRound(
    _ s: inout Block, _ a: Int, _ b: Int, _ c: Int, _ d: Int
  ) {
    s[a] &+= s[b]
    s[d] = rotated(s[d] ^ s[a], 16)
    s[c] &+= s[d]
    s[b] = rotated(s[b] ^ s[c], 12)
    s[a] &+= s[b]
    s[d] = rotated(s[d] ^ s[a], 8)
    s[c] &+= s[d]
    s[b] = rotated(s[b] ^ s[c], 7)
  }

  @inline(__always)
  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 - count)
  }
}
