// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A load or store of several words at an address that is not a multiple of 4: LDM and STM (with
/// PUSH and POP), LDRD and STRD, in both instruction sets. The processor refuses it (ARM DDI 0406C,
/// A3.2.1). Linux completes it, so programs rely on that. Exclusive and VFP accesses are not
/// included; Linux sends SIGBUS for them, too.
///
///     LDM, STM       cond 100P U0WL  Rn list              (A8.8.57 …; T32 has 1110 for cond)
///     LDRD, STRD     cond 000P UIW0  Rn Rt imm  11S1 imm  (A8.8.72 …; I: an immediate, else Rm)
///     the same, T32  1110 100P U1WL  Rn Rt Rt2  imm8      (in words)
///
/// This type only decodes and moves; the memory accesses are the caller's copy routines.
public struct MisalignedTransfer {
  /// The lowest address of the words.
  public let address: UInt32
  /// True for a load, from memory to registers.
  public let isLoad: Bool
  /// True for LDRD and STRD, false for LDM and STM.
  public let isDouble: Bool
  /// The registers: bit n is register n; the lowest register has the lowest word.
  public let list: UInt32
  /// True if the lower register of two has the higher word.
  public let isSwapped: Bool
  private let base: Int
  /// The new value of the base register; nil without write-back.
  private let newBase: UInt32?

  /// Decodes an instruction; nil if it is another kind, or UNPREDICTABLE. A 32-bit Thumb
  /// instruction has its first halfword in the upper half. `registers` are the program's; the last
  /// one is the instruction's address plus 8, or plus 4 in Thumb state.
  ///
  /// Wrapping, throughout: addresses are checked when they are used.
  @inline(never)
  public init?(_ instruction: UInt32, isThumb: Bool, _ registers: InlineArray<16, UInt32>) {
    let word = isThumb && instruction <= 0xffff ? Self.wide(instruction) : instruction
    guard word >> 28 != 15 else { return nil }
    let (before, up, writes) = (word & 1 << 24 != 0, word & 1 << 23 != 0, word & 1 << 21 != 0)
    let number = Int(word >> 16 & 15)
    base = number
    let start = registers[number]
    switch word & 0x0e40_0000 {
    case 0x0800_0000:
      list = word & 0xffff
      guard list != 0, number != 15, !isThumb || before != up else { return nil }
      isLoad = word & 1 << 20 != 0
      isDouble = false
      isSwapped = false
      let size = UInt32(truncatingIfNeeded: list.nonzeroBitCount) &* 4
      let lowest = up ? start : start &- size
      address = before == up ? lowest &+ 4 : lowest
      newBase = writes ? up ? start &+ size : lowest : nil
    case 0x0840_0000 where isThumb && (before || writes),
      0x0000_0000 where !isThumb && word & 0x10_00d0 == 0xd0,
      0x0040_0000 where !isThumb && word & 0x10_00d0 == 0xd0:
      let first = word >> 12 & 15
      let second = isThumb ? word >> 8 & 15 : first &+ 1
      guard isThumb || first & 1 == 0, first != 15, second < 15, first != second else {
        return nil
      }
      list = 1 &<< first | 1 &<< second
      isSwapped = second < first
      isDouble = true
      isLoad = isThumb ? word & 1 << 20 != 0 : word & 0x20 == 0
      let offset =
        isThumb
        ? (word & 0xff) &* 4
        : word & 1 << 22 != 0 ? word >> 4 & 0xf0 | word & 15 : registers[Int(word & 15)]
      let moved = up ? start &+ offset : start &- offset
      address = before ? moved : start
      newBase = writes || !before ? moved : nil
      guard number != 15 || newBase == nil else { return nil }
    default: return nil
    }
  }

  /// Converts a 16-bit PUSH, POP, LDM or STM to its 32-bit form; other instructions to an invalid
  /// one.
  private static func wide(_ halfword: UInt32) -> UInt32 {
    let (list, number) = (halfword & 0xff, halfword >> 8 & 7)
    switch halfword & 0xfe00 {
    case 0xb400: return 0xe92d_0000 | list | (halfword & 0x100) << 6
    case 0xbc00: return 0xe8bd_0000 | list | (halfword & 0x100) << 7
    default: break
    }
    switch halfword & 0xf800 {
    case 0xc000: return 0xe8a0_0000 | number << 16 | list
    case 0xc800:
      return 0xe890_0000 | number << 16 | list | (list >> number & 1 == 0 ? 1 << 21 : 0)
    default: return .max
    }
  }

  /// Transfers the words, and then updates the base register.
  ///
  /// - Returns: false if the program may not access the memory; then no register has changed.
  @inline(never)
  public func run<User: UserMemory>(
    by user: User.Type, on registers: inout InlineArray<16, UInt32>
  ) -> Bool {
    // Wrapping: at most 64.
    let size = UInt32(truncatingIfNeeded: list.nonzeroBitCount) &* 4
    guard let range = UserRange(base: UserAddress(address), count: size) else { return false }
    var words = InlineArray<16, UInt32>(repeating: 0)
    if !isLoad { forEachRegister { words[$0] = registers[$1] } }
    var span = words.mutableSpan
    // SAFETY: the array has room for 16 words, which is the most in a list; the range
    // was checked.
    let isDone = unsafe span.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return false }
      return isLoad
        ? unsafe user.copyIn(start, from: range)
        : unsafe user.copyOut(start, to: range)
    }
    guard isDone else { return false }
    if isLoad { forEachRegister { registers[$1] = words[$0] } }
    if let newBase { registers[base] = newBase }
    return true
  }

  /// Calls `body` with each word's index and its register.
  @inline(__always)
  private func forEachRegister(_ body: (Int, Int) -> Void) {
    var (rest, index) = (list, 0)
    while rest != 0 {
      body(isSwapped ? 1 &- index : index, rest.trailingZeroBitCount)
      rest &= rest &- 1  // Wrapping: it is not 0.
      index &+= 1
    }
  }

  /// True if the instruction loads the program counter.
  public var isJump: Bool { isLoad && list >> 15 != 0 }
}
