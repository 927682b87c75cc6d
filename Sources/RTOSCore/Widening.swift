// SPDX-License-Identifier: Apache-2.0
extension UInt32 {
  /// The word itself: what `UInt64(word:)` is on a machine whose `Word` has 64 bits.
  @inline(__always)
  public init(word: UInt32) { self = word }
}

extension UInt64 {
  /// Converts a 32-bit word to 64 bits without a call.
  ///
  /// SwiftPM compiles each file to its own object, and the generic conversion is emitted in only
  /// one of them. In all others `UInt64(x)` is a call until the linker inlines it, after the file's
  /// other optimisations. Hot paths use this initializer; elsewhere `UInt64(x)` reads better.
  @inline(__always)
  public init(word: UInt32) {
    self.init(_truncatingBits: word._lowWord)
  }

  /// Converts a signed 32-bit word to the 64-bit pattern of the same number, without a call.
  @inline(__always)
  public init(signedWord word: Int32) {
    let sign = UInt64(word: UInt32(bitPattern: word >> 31))
    self = sign << 32 | UInt64(word: UInt32(bitPattern: word))
  }
}
