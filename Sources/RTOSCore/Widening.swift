// SPDX-License-Identifier: Apache-2.0
extension UInt64 {
  /// A 32-bit word as a 64-bit number, without a call.
  ///
  /// SwiftPM compiles each file to an object of its own, and the generic conversion is emitted in
  /// one of them only: in all others `UInt64(x)` is a call of five instructions, around which every
  /// register is saved. Hot paths use this; elsewhere `UInt64(x)` reads better.
  @inline(__always)
  public init(word: UInt32) {
    self.init(_truncatingBits: word._lowWord)
  }
}
