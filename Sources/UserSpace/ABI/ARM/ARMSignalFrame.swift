// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The signal frame, in Linux's layout for ARM (asm/ucontext.h, signal.h). All words are
/// little-endian; the frame is aligned to 8.
///
///     rt_sigframe                              sigframe, the same from here:
///       0  siginfo            128 bytes          0  ucontext
///     128  ucontext           744              744  retcode   16 bytes, unused: no code runs here
///     872  retcode             16
///
///     ucontext
///       0  uc_flags, uc_link                   0, 0; without siginfo the flags are 0x5ac3c35a
///       8  uc_stack            12 bytes        the alternate stack
///      20  uc_mcontext         84              trap_no, error_code, oldmask, r0 to pc, cpsr,
///                                              fault_address
///     104  uc_sigmask           8              what was blocked
///     112                     120              not used, and not written
///     232  uc_regspace        512              magic, size (288), d0 to d31, FPSCR, 3 words of
///                                              exceptions and padding; then a word 0: the end
enum ARMSignalFrame {
  /// Bytes of a frame without siginfo, which an rt frame has before it.
  static var size: Word { 760 }
  /// From the context's begin.
  static var floatsOffset: Word { 232 }
  /// Words of the context up to the end of the VFP registers, and those before their block.
  static var loadedWords: Int { 125 }
  static var floatsIndex: Int { Int(floatsOffset) / 4 }
  /// VFP_MAGIC and the size of its block.
  static var floatsMagic: UInt32 { 0x5646_5001 }
  static var floatsSize: UInt32 { 288 }
  /// uc_flags of a frame without siginfo.
  static var plainFlags: UInt32 { 0x5ac3_c35a }

  // CPSR (ARM DDI 0406C, B1.3.3).
  private static var user: UInt32 { 0x10 }
  private static var thumb: UInt32 { 1 << 5 }
  private static var masksInterrupts: UInt32 { 1 << 7 }
  private static var jazelle: UInt32 { 1 << 24 }
  private static var ifThen: UInt32 { 0x0600_fc00 }
  /// Bits that a program may change: the flags, Q, GE and E.
  private static var programs: UInt32 { 0xf80f_0200 }

  /// The ucontext of an interrupted thread, up to the mask.
  @inline(never)
  static func context(
    _ frame: borrowing ARMRegisters, _ entry: HandlerEntry, flags: UInt32
  ) -> InlineArray<28, UInt32> {
    let low = UInt32(truncatingIfNeeded: entry.mask)
    let fault = entry.fault
    return [
      flags, 0, UInt32(truncatingIfNeeded: entry.stack.base.word), entry.stack.flags,
      UInt32(truncatingIfNeeded: entry.stack.size),
      fault.trapNumber, fault.errorCode, low,
      frame.r0, frame.r1, frame.r2, frame.r3, frame.r4, frame.r5, frame.r6, frame.r7,
      frame.r8, frame.r9, frame.r10, frame.r11, frame.r12, frame.sp, frame.lr,
      frame.pc, frame.cpsr, UInt32(truncatingIfNeeded: fault.address.word), low,
      UInt32(truncatingIfNeeded: entry.mask >> 32),
    ]
  }

  /// The blocked signals stored in a context.
  @inline(__always)
  static func mask(_ context: Span<UInt32>) -> UInt64 {
    UInt64(context[27]) << 32 | UInt64(context[26])
  }

  /// Whether the CPSR stored in a context is possible in user mode, and the block of VFP registers
  /// has its magic.
  @inline(__always)
  static func isPossible(_ context: Span<UInt32>) -> Bool {
    context[24] & (0x1f | masksInterrupts | jazelle) == user
      && context[floatsIndex] == floatsMagic && context[floatsIndex + 1] == floatsSize
  }

  /// Sets `frame` to the registers stored in a context that is possible; `kernelLink` stays. Bits
  /// that a program may not change get their fixed values, the IT state is cleared without Thumb,
  /// and pc is aligned for the instruction set.
  @inline(__always)
  static func restore(_ frame: inout ARMRegisters, from context: Span<UInt32>) {
    let state = context[24]
    let isThumb = state & thumb != 0
    frame.r0 = context[8]
    frame.r1 = context[9]
    frame.r2 = context[10]
    frame.r3 = context[11]
    frame.r4 = context[12]
    frame.r5 = context[13]
    frame.r6 = context[14]
    frame.r7 = context[15]
    frame.r8 = context[16]
    frame.r9 = context[17]
    frame.r10 = context[18]
    frame.r11 = context[19]
    frame.r12 = context[20]
    frame.sp = context[21]
    frame.lr = context[22]
    frame.pc = context[23] & (isThumb ? ~1 : ~3)
    frame.cpsr = user | state & (isThumb ? programs | thumb | ifThen : programs)
  }

  /// Sets `frame` so that the program enters `handler` with this stack pointer: flags, IT state and
  /// byte order are reset, the other registers stay.
  static func enter(
    _ handler: UserAddress, stackPointer: UserAddress, _ frame: inout ARMRegisters
  ) {
    frame.stackPointer = stackPointer
    frame.pc = UInt32(truncatingIfNeeded: handler.word) & ~1
    frame.cpsr = user | (handler.word & 1 != 0 ? thumb : 0)
  }
}
