// SPDX-License-Identifier: Apache-2.0
import VdsoModule
import VmRegion

// SAFETY: r0 to r14 are the first words of the registers, which the caller lends for the call. User
// memory is accessed by checked copies only.
/// Faulting instructions of the vDSO.
extension ARMEABI {
  /// Completes a store (stm, str, strd) or a read of the counter at pc.
  public static func completeVdsoAccess<P: Platform>(
    _ registers: inout ARMRegisters, in image: VdsoMapping, _: P.Type
  ) -> Bool where P.ABI == ARMEABI {
    unsafe withUnsafeMutablePointer(to: &registers) { frame in
      let words = unsafe UnsafeMutableRawPointer(frame).assumingMemoryBound(to: UInt32.self)
      guard let word = try? unsafe Futex<P>.word(at: UserAddress(frame.pointee.pc)) else {
        return false
      }
      if unsafe readCounter(word, words, P.self) {
        unsafe frame.pointee.pc += 4
        return true
      }
      guard var (address, mask) = unsafe decodeStore(word, words) else { return false }
      while mask != 0 {
        var value = unsafe words[mask.trailingZeroBitCount]
        guard let range = UserRange(base: UserAddress(address), count: 4),
          unsafe P.User.copyOut(&value, to: range)
        else { return unsafe returnBadAddress(image, frame, words, P.self) }
        mask &= mask - 1
        address &+= 4  // Wrapping: each address is checked by its store.
      }
      unsafe frame.pointee.pc += 4
      return true
    }
  }

  /// Emulates `mrrc p15, 1, Rt, Rt2, c14`, which reads CNTVCT (ARM DDI 0406C, B4.1.34).
  private static func readCounter<P: Platform>(
    _ word: UInt32, _ registers: UnsafeMutablePointer<UInt32>, _: P.Type
  ) -> Bool {
    let (low, high) = (Int(word >> 12 & 15), Int(word >> 16 & 15))
    guard word & 0xfff0_0fff == 0xec50_0f1e, low < 15, high < 15 else { return false }
    let count = P.counter
    unsafe registers[low] = UInt32(truncatingIfNeeded: count)
    unsafe registers[high] = UInt32(truncatingIfNeeded: count >> 32)
    return true
  }

  /// The address of a store and the mask of its source registers (ARM DDI 0406C, A8). Decodes the
  /// stm, str and strd that the vDSO uses. A push is not decoded: the program must have a stack.
  private static func decodeStore(
    _ word: UInt32, _ registers: UnsafeMutablePointer<UInt32>
  ) -> (UInt32, UInt32)? {
    let base = word >> 16 & 15
    guard base < 13 else { return nil }
    // Wrapping: addresses are checked when they are used.
    let start = unsafe registers[Int(base)]
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
  private static func returnBadAddress<P: Platform>(
    _ image: VdsoMapping, _ frame: UnsafeMutablePointer<ARMRegisters>,
    _ registers: UnsafeMutablePointer<UInt32>, _: P.Type
  ) -> Bool {
    var caller = InlineArray<16, UInt32> { unsafe registers[$0] }
    // Wrapping: the caller has checked that pc is in the image.
    let offset = unsafe frame.pointee.pc &- image.header.word
    let program = ExceptionIndex(image.unwindTable).program(at: offset) {
      try? Futex<P>.word(at: image.header &+ $0)
    }
    guard let program, program.unwind(&caller, { try? Futex<P>.word(at: UserAddress($0)) }) else {
      return false
    }
    for number in 4..<15 { unsafe registers[number] = caller[number] }
    unsafe frame.pointee.r0 = Errno.badAddress.result
    unsafe frame.pointee.pc = caller[15] & ~1
    unsafe frame.pointee.cpsr = frame.pointee.cpsr & ~0x20 | (caller[15] & 1) << 5
    return true
  }
}
