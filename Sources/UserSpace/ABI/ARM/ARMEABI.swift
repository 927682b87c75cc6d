// SPDX-License-Identifier: Apache-2.0
/// The interface of Linux programs for the EABI of 32-bit ARM (ARMv7-A).
public enum ARMEABI: ProgramABI {
  /// r0 to r12, sp, lr, pc and cpsr.
  public typealias Registers = ARMRegisters

  /// 32 bits.
  public typealias Long = UInt32

  /// struct stat64.
  public typealias StatusRecord = InlineArray<26, UInt32>

  /// d0 to d31 and FPSCR, 65 words.
  public typealias FloatState = InlineArray<65, UInt32>

  /// The call with this number.
  @inline(__always)
  public static func call(_ number: UInt32) -> Call {
    ARMCallNumber(register: number)?.call ?? .absent
  }

  /// Whether the call is one of those with times of 64 bits, whose numbers start at
  /// clock_gettime64.
  @inline(__always)
  public static func hasTime64(_ number: UInt32) -> Bool {
    number >= ARMCallNumber.clockGettime64.register
  }
}
