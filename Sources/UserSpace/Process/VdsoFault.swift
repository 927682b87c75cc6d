// SPDX-License-Identifier: Apache-2.0
import VdsoModule
import VmRegion

// SAFETY: the frame belongs to the running thread's fault, the process is the thread's own, and
// both live until the fault is handled; r0 to r14 are the frame's first words. User memory is
// accessed by checked copies only.
/// Handles a faulting store that vDSO code makes through its caller's pointer. The outcome must be
/// that of the system call: an unaligned store is completed, and one to inaccessible memory makes
/// the function return -EFAULT.
///
/// On a machine where programs cannot read the counter, the vDSO's read of it is emulated here,
/// too.
///
/// Only faults in the vDSO's code are handled. No program can change that code, and the verifier
/// has proved that its unwind table undoes a frame at every instruction.
public enum VdsoFault<P: Platform> {
  /// Handles a fault of a store or of a counter read in the vDSO, so that the program can continue.
  /// False for any other fault, and if the caller cannot be found. Takes up to 9,000 instructions.
  @inline(never)
  public static func handle(
    _ fault: UserFault, _ frame: UnsafeMutablePointer<TrapFrame>,
    _ process: UnsafeMutablePointer<Process<P>>
  ) -> Bool {
    guard let mapping = unsafe process.pointee.vdsoMapping,
      unsafe frame.pointee.pc &- mapping.header < mapping.size
    else { return false }
    if case .memory(let address, let access) = fault {
      switch unsafe process.pointee.space.handleFault(at: address, access) {
      case .resolved: return true
      case .outOfMemory: return false
      default: break
      }
    }
    let call = unsafe SystemCall(frame: frame, process: process)
    let registers = unsafe UnsafeMutableRawPointer(frame).assumingMemoryBound(to: UInt32.self)
    guard let word = word(unsafe frame.pointee.pc, call) else { return false }
    if unsafe readCounter(word, registers) {
      unsafe frame.pointee.pc += 4
      return true
    }
    guard var (address, mask) = unsafe decodeStore(word, registers)
    else { return false }
    while mask != 0 {
      let value = unsafe registers[mask.trailingZeroBitCount]
      guard (try? call.store([value] as InlineArray<1, UInt32>, at: address)) != nil else {
        return unsafe returnBadAddress(mapping, registers, call)
      }
      mask &= mask - 1
      address &+= 4  // Wrapping: each address is checked by its store.
    }
    unsafe frame.pointee.pc += 4
    return true
  }

  /// Emulates `mrrc p15, 1, Rt, Rt2, c14`, which reads CNTVCT (ARM DDI 0406C, B4.1.34).
  private static func readCounter(
    _ word: UInt32, _ registers: UnsafeMutablePointer<UInt32>
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
  private static func returnBadAddress(
    _ mapping: VdsoMapping, _ registers: UnsafeMutablePointer<UInt32>, _ call: SystemCall<P>
  ) -> Bool {
    let frame = unsafe call.frame
    var caller = InlineArray<16, UInt32> { unsafe registers[$0] }
    // Wrapping: the caller has checked that pc is in the image.
    let offset = unsafe frame.pointee.pc &- mapping.header
    let program = mapping.unwindTable.program(at: offset) { word(mapping.header &+ $0, call) }
    guard let program, program.unwind(&caller, { word($0, call) }) else { return false }
    for number in 4..<15 { unsafe registers[number] = caller[number] }
    unsafe frame.pointee.result = Errno.badAddress.result
    unsafe frame.pointee.pc = caller[15] & ~1
    unsafe frame.pointee.cpsr = frame.pointee.cpsr & ~0x20 | (caller[15] & 1) << 5
    return true
  }

  /// Reads a word of the program's memory; nil if it is not readable.
  private static func word(_ address: UInt32, _ call: SystemCall<P>) -> UInt32? {
    guard let words: InlineArray<1, UInt32> = try? call.load(address) else { return nil }
    return words[0]
  }
}
