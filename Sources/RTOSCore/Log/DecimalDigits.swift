// SPDX-License-Identifier: Apache-2.0
/// The decimal digits of a number, the lowest at place 0. It stands apart from `TextSink`, whose
/// functions are made anew for every sink.
struct DecimalDigits {
  /// How many there are, 1 to 20.
  private(set) var count = 0
  // A power of two, so that a place needs a mask and no check: with the check the compiler knows of
  // an end and writes the division down twenty times.
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

  /// The digit at a place; 0 in front of the highest.
  @inline(never)
  subscript(_ place: Int) -> UInt8 { place < count ? digits[place & 31] : 0 }
}
