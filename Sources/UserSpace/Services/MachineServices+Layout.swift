// SPDX-License-Identifier: Apache-2.0
import VmRegion

extension MachineServices {
  /// The layout of a new address space, random unless `randomizesAddresses` is false.
  static func newLayout() -> SpaceLayout {
    randomizesAddresses ? SpaceLayout(random: randomWords()) : SpaceLayout()
  }

  /// Four random numbers.
  @inline(never)
  static func randomWords() -> InlineArray<4, UInt32> {
    var words = InlineArray<4, UInt32>(repeating: 0)
    var span = words.mutableSpan
    // SAFETY: any bits are words.
    var bytes = unsafe span.mutableBytes
    fillRandom(&bytes)
    return words
  }
}
