// SPDX-License-Identifier: Apache-2.0
/// A set of levels of urgency, 0 to 127, of which the first is found in a few instructions.
struct LevelSet {
  /// Bit 31 - n of word w stands for level 32 w + n.
  private var words = InlineArray<4, UInt32>(repeating: 0)
  /// Bit 31 - w is set while word w is not 0.
  private var used: UInt32 = 0

  /// The number that stands for no level.
  static var none: UInt32 { 128 }

  /// The word that has the bit of a level.
  @inline(__always)
  func word(of level: UInt32) -> UInt32 { words[Int(level >> 5) & 3] }

  /// Inserts a level.
  @inline(__always)
  mutating func insert(_ level: UInt32) {
    words[Int(level >> 5)] |= 0x8000_0000 &>> (level & 31)
    used |= 0x8000_0000 &>> (level >> 5)
  }

  /// Removes a level.
  @inline(__always)
  mutating func remove(_ level: UInt32) {
    let rest = words[Int(level >> 5)] & ~(0x8000_0000 &>> (level & 31))
    words[Int(level >> 5)] = rest
    if rest == 0 { used &= ~(0x8000_0000 &>> (level >> 5)) }
  }

  /// The first level of the set, or `none`.
  var first: UInt32 {
    @inline(__always) get {
      guard used != 0 else { return Self.none }
      let index = used.leadingZeroBitCount & 3
      return UInt32(truncatingIfNeeded: index << 5 | words[index].leadingZeroBitCount)
    }
  }
}
