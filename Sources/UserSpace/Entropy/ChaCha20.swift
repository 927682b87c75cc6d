// SPDX-License-Identifier: Apache-2.0
/// The ChaCha20 block function (RFC 8439, 2.3): 64 bytes from a key, a nonce and a counter.
enum ChaCha20 {
  /// The cipher's state: sixteen words.
  typealias Block = InlineArray<16, UInt32>

  /// Returns the block of key stream for the input `state`.
  static func block(_ state: Block) -> Block {
    var work = state
    for _ in 0..<10 {
      for column in 0..<4 { quarterRound(&work, column, column, column, column) }
      for column in 0..<4 {
        quarterRound(&work, column, (column + 1) & 3, (column + 2) & 3, (column + 3) & 3)
      }
    }
    let input = state.span  // Indexing a borrowed array copies it.
    // Wrapping: the cipher adds modulo 2^32.
    for index in work.indices { work[index] &+= input[index] }
    return work
  }

  /// A quarter round on one word of each of the four rows, at the given columns.
  @inline(__always)
  private static func quarterRound(
    _ state: inout Block, _ first: Int, _ second: Int, _ third: Int, _ fourth: Int
  ) {
    var (a, b) = (state[first], state[4 + second])
    var (c, d) = (state[8 + third], state[12 + fourth])
    a &+= b
    d = rotated(d ^ a, 16)
    c &+= d
    b = rotated(b ^ c, 12)
    a &+= b
    d = rotated(d ^ a, 8)
    c &+= d
    b = rotated(b ^ c, 7)
    (state[first], state[4 + second]) = (a, b)
    (state[8 + third], state[12 + fourth]) = (c, d)
  }

  @inline(__always)
  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 - count)
  }
}
