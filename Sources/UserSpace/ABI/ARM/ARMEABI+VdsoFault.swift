// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// SAFETY: user memory is accessed by checked copies only.
/// Faulting instructions of the vDSO.
extension ARMEABI {
  /// Completes a store (stm, str, strd) or a read of the counter at pc.
  public static func completeVdsoAccess<P: RegisterServices>(
    _ registers: inout ARMRegisters, in image: VdsoMapping, _: P.Type
  ) -> Bool where P.ABI == ARMEABI {
    guard let word = try? P.User.word(at: registers.programCounter) else { return false }
    if readCounter(word, &registers, P.self) {
      registers.pc += 4
      return true
    }
    guard var (address, mask) = decodeStore(word, registers) else { return false }
    while mask != 0 {
      var value = registers[mask.trailingZeroBitCount]
      guard let range = UserRange(base: UserAddress(Word(word: address)), count: 4),
        unsafe P.User.copyOut(&value, to: range)
      else { return returnBadAddress(image, &registers, P.self) }
      mask &= mask - 1
      address &+= 4  // Wrapping: each address is checked by its store.
    }
    registers.pc += 4
    return true
  }

  /// Emulates `mrrc p15, 1, Rt, Rt2, c14`, which reads CNTVCT (ARM DDI 0406C, B4.1.34).
  private static func readCounter<P: RegisterServices>(
    _ word: UInt32, _ registers: inout ARMRegisters, _: P.Type
  ) -> Bool {
    let (low, high) = (Int(word >> 12 & 15), Int(word >> 16 & 15))
    guard word & 0xfff0_0fff == 0xec50_0f1e, low < 15, high < 15 else { return false }
    let count = P.counter
    registers[low] = UInt32(truncatingIfNeeded: count)
    registers[high] = UInt32(truncatingIfNeeded: count >> 32)
    return true
  }

  /// The address of a store and the mask of its source registers (ARM DDI 0406C, A8). Decodes the
  /// stm, str and strd that the vDSO uses. A push is not decoded: the program must have a stack.
  private static func decodeStore(
    _ word: UInt32, _ registers: ARMRegisters
  ) -> (UInt32, UInt32)? {
    let base = word >> 16 & 15
    guard base < 13 else { return nil }
    // Wrapping: addresses are checked when they are used.
    let start = registers[Int(base)]
    let first = word >> 12 & 15
    switch word & 0x0ff0_0000 {
    case 0x0880_0000: return (start, word & 0x7fff)
    case 0x0580_0000: return (start &+ (word & 0xfff), 1 << first & 0x7fff)
    case 0x01c0_0000 where word & 0xf0 == 0xf0:
      return (start &+ (word >> 4 & 0xf0 | word & 15), 3 << first & 0x7fff)
    default: return nil
    }
  }

  /// Makes the vDSO function return -EFAULT to its caller; false if the frame cannot be unwound.
  private static func returnBadAddress<P: RegisterServices>(
    _ image: VdsoMapping, _ registers: inout ARMRegisters, _: P.Type
  ) -> Bool {
    var caller = InlineArray<16, UInt32>(repeating: 0)
    for number in 0..<15 { caller[number] = registers[number] }
    // Wrapping: the caller has checked that pc is in the image.
    let offset = registers.pc &- UInt32(truncatingIfNeeded: image.header.word)
    let program = ExceptionIndex(image.unwindTable).program(at: offset) {
      try? P.User.word(at: image.header &+ Word(word: $0))
    }
    guard let program,
      program.unwind(&caller, { try? P.User.word(at: UserAddress(Word(word: $0))) })
    else {
      return false
    }
    for number in 4..<15 { registers[number] = caller[number] }
    registers.result = Errno.badAddress.result
    registers.pc = caller[15] & ~1
    registers.cpsr = registers.cpsr & ~0x20 | (caller[15] & 1) << 5
    return true
  }
}
