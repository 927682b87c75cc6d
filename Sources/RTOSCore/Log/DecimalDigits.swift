// SPDX-License-Identifier: Apache-2.0
/// The decimal digits of a number, the lowest at index 0. They are computed outside of `TextSink`,
/// whose functions are specialised for every sink.
struct DecimalDigits {
  /// The number of digits, 1 to 20.
  private(set) var count = 0
  // The size is a power of two, so that an index needs a mask and no bounds check. With the check
  // the compiler sees an upper bound and unrolls the division twenty times.
  private var digits = InlineArray<32, UInt8>(repeating: 0)

  @inline(never)
  init(of value: UInt64) {
    var rest = value
    repeat {
      digits[count & 31] = UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
      count &+= 1
    } while rest != 0
  }

  /// The digit at an index; 0 above the highest digit.
  @inline(never)
  subscript(_ index: Int) -> UInt8 { index < count ? digits[index & 31] : 0 }
}
