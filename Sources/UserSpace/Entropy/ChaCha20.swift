// SPDX-License-Identifier: Apache-2.0
/// The ChaCha20 block function (RFC 8439, 2.3): 64 bytes from a key, a nonce and a counter.
enum ChaCha20 {
  /// The cipher's state: sixteen words.
  typealias Block = InlineArray<16, UInt32>

  /// Returns the block of key stream for the input `state`. The words are variables, of which the
  /// compiler keeps most in registers.
  static func block(_ state: Block) -> Block {
    let input = state.span  // Indexing a borrowed array copies it.
    var (a0, a1, a2, a3) = (input[0], input[1], input[2], input[3])
    var (b0, b1, b2, b3) = (input[4], input[5], input[6], input[7])
    var (c0, c1, c2, c3) = (input[8], input[9], input[10], input[11])
    var (d0, d1, d2, d3) = (input[12], input[13], input[14], input[15])
    for _ in 0..<10 {
      quarterRound(&a0, &b0, &c0, &d0)
      quarterRound(&a1, &b1, &c1, &d1)
      quarterRound(&a2, &b2, &c2, &d2)
      quarterRound(&a3, &b3, &c3, &d3)
      quarterRound(&a0, &b1, &c2, &d3)
      quarterRound(&a1, &b2, &c3, &d0)
      quarterRound(&a2, &b3, &c0, &d1)
      quarterRound(&a3, &b0, &c1, &d2)
    }
    var work: Block = [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3]
    // Wrapping: the cipher adds modulo 2^32.
    for index in work.indices { work[index] &+= input[index] }
    return work
  }

  /// A quarter round on one word of each of the four rows.
  @inline(__always)
  private static func quarterRound(
    _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32
  ) {
    a &+= b
    d = rotated(d ^ a, 16)
    c &+= d
    b = rotated(b ^ c, 12)
    a &+= b
    d = rotated(d ^ a, 8)
    c &+= d
    b = rotated(b ^ c, 7)
  }

  @inline(__always)
  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 - count)
  }
}
