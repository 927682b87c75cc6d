// SPDX-License-Identifier: Apache-2.0
import VmRegion

extension UserMemory {
  /// Reads the word at a user address.
  ///
  /// - Throws: `badAddress`.
  static func word(at address: UserAddress) throws(Errno) -> UInt32 {
    var word = UInt32(0)
    // SAFETY: a word has four bytes.
    guard let range = UserRange(base: address, count: 4), unsafe copyIn(&word, from: range)
    else { throw .badAddress }
    return word
  }
}
