// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks

/// Small programs that ended with status 7 until one to three words or bytes of their headers were
/// changed, or their end was cut off: the same ones for the same number.
enum ElfMutants {
  /// Checks its data, its zeros and its constants; ends with 7, or with 8 if one is wrong.
  private static let code: [UInt32] = [
    0xe300_0200, 0xe340_0002, 0xe30b_2eef, 0xe341_2234, 0xe590_1000, 0xe151_0002, 0x1a00_000e,
    0xe590_1040, 0xe351_0000, 0x1a00_000b, 0xe280_3c1e, 0xe593_1000, 0xe351_0000, 0x1a00_0007,
    0xe583_3000, 0xe300_0240, 0xe340_0003, 0xe590_1000, 0xe151_0002, 0x1a00_0001, 0xe3a0_0007,
    0xea00_0000, 0xe3a0_0008, 0xe3a0_70f8, 0xef00_0000,
  ]

  /// Type, offset, address twice, bytes in the file and in memory, flags, alignment: code with the
  /// headers, data followed by zeros, the stack, constants.
  private static let segments: [[UInt32]] = [
    [1, 0, 0x10000, 0x10000, 0x180, 0x180, 5, 0x1000],
    [1, 0x200, 0x20200, 0x20200, 0x40, 0x2000, 6, 0x1000],
    [0x6474_e551, 0, 0, 0, 0, 0, 6, 16],
    [1, 0x240, 0x30240, 0x30240, 0x40, 0x40, 4, 0x1000],
  ]

  /// Words of all headers.
  private static let headerWords = 13 + 4 * 8

  /// The program without a change.
  static let program: Data = {
    var words = [UInt32](repeating: 0, count: 0xa0)
    words.replaceSubrange(
      0..<13,
      with: [
        0x464c_457f, 0x0001_0101, 0, 0, 0x0028_0002, 1, 0x10100, 52, 0, 0x0500_0200,
        0x0020_0034, 4, 0,
      ])
    words.replaceSubrange(13..<headerWords, with: segments.joined())
    words.replaceSubrange(0x40..<0x40 + code.count, with: code)
    words[0x80] = 0x1234_beef
    words[0x90] = 0x1234_beef
    return words.withUnsafeBytes { Data($0) }
  }()

  /// The program that `number` makes of it.
  static func mutant(_ number: Int) -> Data {
    var dice = Dice(seed: UInt64(number))
    func roll(_ count: Int) -> Int { Int(dice.next() % UInt64(count)) }
    var bytes = program
    for _ in 0...roll(3) {
      if roll(3) == 0 {
        bytes[roll(headerWords * 4)] = UInt8(roll(256))
        continue
      }
      let place = roll(headerWords) * 4
      let old = bytes[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let values: [UInt32] = [
        0, 1, 4, 0x1000, 0x1800, 0x7fff_ffff, 0x8000_0000, .max, old &+ 1, old &- 1, old &+ 4,
        old &+ 0x1000, old &- 0x1000, old &* 2, old / 2, old &+ 0x1_0000,
        old ^ 1 << UInt32(roll(32)),
        UInt32(truncatingIfNeeded: dice.next()),
      ]
      let value = values[roll(values.count)]
      for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> (index * 8)) }
    }
    if roll(8) == 0 { bytes.removeLast(roll(bytes.count)) }
    return bytes
  }
}
