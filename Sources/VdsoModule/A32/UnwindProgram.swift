// SPDX-License-Identifier: Apache-2.0
/// A program that unwinds one frame: a compact entry of `.ARM.exidx` (Exception Handling ABI for
/// the Arm Architecture, IHI 0038, 10.3), limited to the instructions that the image's code needs.
///
///     00nnnnnn            sp += 4 * n + 4
///     1000mmmm mmmmmmmm   pop the registers of the mask, r4 in its bit 0
///     10101nnn            pop r4 up to r4 + n, and r14
///     10110000            finish
public struct UnwindProgram: Equatable, Sendable {
  /// The second word of an entry: 0x80, then three bytes of program.
  public let word: UInt32

  /// A program from its word, which `isValid` checks.
  public init(word: UInt32) { self.word = word }

  /// EXIDX_CANTUNWIND: no frame can be unwound here.
  static var cannot: UInt32 { 1 }
  /// The program for the signal frame of `sigreturn`: r4 to r15 are at sp + 48.
  static var plainReturn: UInt32 { 0x800b_8fff }
  /// The program for the signal frame of `rt_sigreturn`: r4 to r15 are at sp + 176.
  static var realTimeReturn: UInt32 { 0x802b_8fff }

  /// Whether `unwind` can run this program, whatever is on the stack.
  var isValid: Bool {
    guard word >> 24 == 0x80 else { return false }
    var rest = word << 8 | 0xb0
    while true {
      let byte = rest >> 24
      rest = rest << 8 | 0xb0
      if byte & 0xf0 == 0x80 {
        guard byte & 15 | rest >> 24 != 0 else { return false }
        rest = rest << 8 | 0xb0
      } else if byte >= 0x40, byte & 0xf8 != 0xa8 {
        return byte == 0xb0
      }
    }
  }

  /// Changes the registers, r0 to r15, to those of the caller; false if it cannot. `read` returns a
  /// word of the program's stack, or nil if that is inaccessible.
  @inline(never)
  public func unwind(
    _ registers: inout InlineArray<16, UInt32>, _ read: (UInt32) -> UInt32?
  ) -> Bool {
    guard word >> 24 == 0x80 else { return false }
    registers[15] = 0
    var rest = word << 8 | 0xb0  // The three bytes are followed by any number of "finish".
    while true {
      let byte = rest >> 24
      rest = rest << 8 | 0xb0
      var mask: UInt32 = 0
      switch byte {
      case 0..<0x40:
        registers[13] &+= byte << 2 &+ 4  // Wrapping: `read` checks the address.
      case 0x80..<0x90:
        mask = (byte & 15) << 12 | rest >> 20 & 0xff0
        rest = rest << 8 | 0xb0
        guard mask != 0 else { return false }
      case 0xa8..<0xb0:
        mask = 0x4000 | ((2 << (byte & 7)) - 1) << 4
      default:
        guard byte == 0xb0 else { return false }
        if registers[15] == 0 { registers[15] = registers[14] }
        return true
      }
      guard Self.pop(mask, &registers, read) else { return false }
    }
  }

  /// Pops the registers in `mask`, which may include the stack pointer.
  private static func pop(
    _ mask: UInt32, _ registers: inout InlineArray<16, UInt32>, _ read: (UInt32) -> UInt32?
  ) -> Bool {
    var address = registers[13]
    for number in 4..<16 where mask & 1 << UInt32(number) != 0 {
      guard let value = read(address) else { return false }
      registers[number] = value
      address &+= 4  // Wrapping: `read` checks the address.
    }
    if mask & 1 << 13 == 0 { registers[13] = address }
    return true
  }
}
