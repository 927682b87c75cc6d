// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The registers of an ARM program, as the port's entry code stores them on the kernel stack: 18
/// words in this order. The port's assembly follows this layout; a host test checks its offsets.
///
///     0  r0 … r12          13 words
///     52 sp, lr            of user mode (sp_usr, lr_usr)
///     60 kernelLink        scratch of the entry code (lr_svc)
///     64 pc, cpsr          where and in which state the thread continues
///
/// A system call has its number in r7, its arguments in r0 to r6 and its result in r0.
public struct ARMRegisters: ProgramRegisters {
  /// First argument and result.
  public var r0: UInt32 = 0
  /// Second argument.
  public var r1: UInt32 = 0
  /// Third argument.
  public var r2: UInt32 = 0
  /// Fourth argument.
  public var r3: UInt32 = 0
  /// Fifth argument.
  public var r4: UInt32 = 0
  /// Sixth argument.
  public var r5: UInt32 = 0
  /// Seventh argument.
  public var r6: UInt32 = 0
  /// Number of the system call.
  public var r7: UInt32 = 0
  /// General register.
  public var r8: UInt32 = 0
  /// General register.
  public var r9: UInt32 = 0
  /// General register.
  public var r10: UInt32 = 0
  /// General register.
  public var r11: UInt32 = 0
  /// General register.
  public var r12: UInt32 = 0
  /// The program's stack pointer.
  public var sp: UInt32 = 0
  /// The program's link register.
  public var lr: UInt32 = 0
  /// Scratch of the entry code (lr_svc).
  public var kernelLink: UInt32 = 0
  /// The address at which the program continues, without the Thumb bit.
  public var pc: UInt32 = 0
  /// The program status register: mode, flags, Thumb bit (0x20).
  public var cpsr: UInt32 = 0

  /// The register with a number of 0 to 14; sp is 13, lr is 14.
  public subscript(number: Int) -> UInt32 {
    get {
      precondition((0..<15).contains(number), "no such register")
      // SAFETY: r0 to r14 are the first words of the structure.
      return unsafe withUnsafeBytes(of: self) {
        unsafe $0.loadUnaligned(fromByteOffset: number * 4, as: UInt32.self)
      }
    }
    set {
      precondition((0..<15).contains(number), "no such register")
      // SAFETY: r0 to r14 are the first words of the structure.
      unsafe withUnsafeMutableBytes(of: &self) {
        unsafe $0.storeBytes(of: newValue, toByteOffset: number * 4, as: UInt32.self)
      }
    }
  }

  /// The argument of a system call with this index, 0 to 6.
  @inline(__always)
  public func argument(_ index: Int) -> Word {
    switch index {
    case 0: Word(word: r0)
    case 1: Word(word: r1)
    case 2: Word(word: r2)
    case 3: Word(word: r3)
    case 4: Word(word: r4)
    case 5: Word(word: r5)
    default: Word(word: r6)
    }
  }

  /// The number of a system call.
  @inline(__always) public var number: UInt32 { r7 }

  /// The result of a system call.
  public var result: Word {
    @inline(__always) get { Word(word: r0) }
    @inline(__always) set { r0 = UInt32(truncatingIfNeeded: newValue) }
  }

  /// The address at which the program continues, without the Thumb bit.
  @inline(__always) public var programCounter: UserAddress { UserAddress(Word(word: pc)) }

  /// The program's stack pointer.
  public var stackPointer: UserAddress {
    @inline(__always) get { UserAddress(Word(word: sp)) }
    @inline(__always) set { sp = UInt32(truncatingIfNeeded: newValue.word) }
  }

  /// Stores the first argument again, which the result has overwritten, so that the call can be
  /// made once more.
  @inline(__always)
  public mutating func restoreArgument(_ argument: Word) {
    r0 = UInt32(truncatingIfNeeded: argument)
  }

  /// The program's link register.
  public var returnAddress: UserAddress { UserAddress(Word(word: lr)) }

  /// Goes back to the svc instruction before pc, of 2 bytes in Thumb state, else of 4.
  public mutating func repeatCall(_ argument: Word) {
    restoreArgument(argument)
    pc &-= cpsr & 0x20 != 0 ? 2 : 4  // Wrapping: the program's own pc.
  }

  /// All registers zero.
  public init() {}

  /// The registers of a new program: user mode with interrupts enabled, Thumb state if bit 0 of
  /// `entry` is set, all registers zero except the stack pointer (ARM DDI 0406C, B1.3.3).
  public init(entry: UserAddress, stackPointer: UserAddress) {
    self.stackPointer = stackPointer
    pc = UInt32(truncatingIfNeeded: entry.word & ~1)
    cpsr = 0x10 | (entry.word & 1 != 0 ? 0x20 : 0)
  }
}
