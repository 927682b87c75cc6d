// SPDX-License-Identifier: Apache-2.0
/// Checks the code of a kit by its instruction words (A32; ARM DDI 0406C, A5). Unlike the time
/// image's code (`A32Code`) it may use any address relative to the program counter, and has
/// literals: small distances and addresses, which look like instructions that are harmless.
enum A32KitCode {
  /// Checks all words in `code`, which is inside `file`.
  ///
  /// - Throws: the first violated rule.
  static func check(
    _ file: borrowing ImageBytes, _ code: ImageRange, maySystemCall: Bool
  ) throws(KitImage.Violation) {
    for address in stride(from: code.start, to: code.end, by: 4) {
      let word = file.word(address)
      switch (word >> 28, word >> 24 & 15) {
      case (0xf, _): try checkUnconditional(word)
      case (_, 0xc), (_, 0xd), (_, 0xe):
        // mrc p15, 0, Rt, c13, c0, 2 and 3: the word of the CPU and the thread pointer (B4.1.150).
        if word & 0xffff_0fdf != 0xee1d_0f50 { try A32Code.checkCoprocessor(word) }
      case (_, 0xf): guard maySystemCall, word << 8 == 0 else { throw .codeCall }
      case (_, 0xa), (_, 0xb):
        // Wrapping: a target before the code becomes a large distance, as one far after it.
        guard A32Code.target(word, at: address) &- code.start < code.size else {
          throw .codeBranch
        }
      default: guard !A32Code.isSystem(word) else { throw .codeSystem }
      }
    }
  }

  /// Checks an unconditional instruction (A5.7): barriers, clrex and preloads are permitted. A word
  /// with the upper byte 0xff is undefined as an instruction, and as a literal a distance backwards.
  private static func checkUnconditional(_ word: UInt32) throws(KitImage.Violation) {
    if word >> 24 == 0xff { return }
    // Advanced SIMD data processing, and element loads and stores (A7.4, A7.7).
    if word & 0xfe00_0000 == 0xf200_0000 || word & 0xff10_0000 == 0xf400_0000 { throw .codeFloat }
    if word >> 24 & 15 >= 0xc { return try A32Code.checkCoprocessor(word) }
    switch word {
    case 0xf57f_f05b, 0xf57f_f05a, 0xf57f_f06f, 0xf57f_f01f: break  // dmb ish, ishst; isb; clrex
    default:
      // pld and pldw with an immediate (A8.8.126).
      guard word & 0xff30_f000 == 0xf510_f000 else { throw .codeSystem }
    }
  }
}
