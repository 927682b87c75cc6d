// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// The binary interface between programs and the kernel.
//
// Principles
// - What depends on the architecture of the programs is in one conforming type and its folder; no
//   other file of this module names a register, a number of a call or an instruction.
// - A kernel has one interface: `Platform.ABI`. All of it is resolved by the compiler.
//
// Parts
// - ProgramABI, ABIConstants: the requirements. ProgramRegisters: the registers of a program. Call:
//   the names of the calls.
// - Records: what calls exchange with programs, by the size of a word.
// - A folder for each architecture: its conforming type and all that belongs to it.

/// The interface of Linux programs on one architecture: what the files of Linux in arch/*/include
/// and arch/*/kernel define.
public protocol ProgramABI: ABIConstants {
  /// The registers of a program, in the layout in which the port's entry code stores them.
  associatedtype Registers: ProgramRegisters

  /// C's unsigned long, which has the size of an address: `UInt32` or `UInt64`.
  associatedtype Long: RecordWord

  /// The record of the stat calls: struct stat64 of 32-bit programs, struct stat of others.
  associatedtype StatusRecord: BitwiseCopyable

  /// The floating-point registers of a program, in the layout of a signal frame.
  associatedtype FloatState: BitwiseCopyable

  /// The call with this number; `absent` for a number without one. Called with an allegation.
  static func call(_ number: UInt32) -> Call

  /// Whether the times of the call with this number have 64 bits. A 64-bit architecture has no
  /// others.
  static func hasTime64(_ number: UInt32) -> Bool

  /// Whether a program with these e_flags and this EI_OSABI can run.
  static func canRun(elfFlags: UInt32, osABI: UInt8) -> Bool

  /// The address of the instruction at which a program with this entry point starts; nil for one
  /// that is misaligned.
  static func codeAddress(ofEntry entry: UserAddress) -> UserAddress?

  /// The offset that mmap has, in pages; nil for one that is misaligned.
  static func mappedPage(_ registers: borrowing Registers) -> UInt32?

  /// The 64-bit argument of a system call that follows `count` arguments of a word.
  static func argument64(_ registers: borrowing Registers, after count: Int) -> UInt64

  /// The record of a node's status, of which every byte is set.
  static func statusRecord(_ status: FileStatus) -> StatusRecord

  /// Stores a signal frame on the program's stack, and makes `registers` enter the handler. False,
  /// with `registers` unchanged, if the stack is not writable. Called by the thread of the program.
  static func enterHandler<P: RegisterServices>(
    _ entry: HandlerEntry, _ registers: inout Registers, _: P.Type
  ) -> Bool where P.ABI == Self

  /// Restores `registers` and the floating-point registers of the running task from the signal
  /// frame at the stack pointer; `hasInfo` for one with siginfo. All of it is an allegation: the
  /// registers get values that are valid in user mode.
  ///
  /// - Throws: any error for a frame that is invalid; nothing is changed then.
  static func leaveHandler<P: RegisterServices>(
    _ registers: inout Registers, hasInfo: Bool, _: P.Type
  ) throws(Errno) -> HandlerExit where P.ABI == Self

  /// Completes the instruction of the vDSO at pc that faulted: a store through a pointer of the
  /// vDSO's caller, or a read of the counter. A store to memory that is not writable makes the
  /// vDSO's function return -EFAULT. False, with everything unchanged, for any other instruction,
  /// and if the caller cannot be found.
  static func completeVdsoAccess<P: RegisterServices>(
    _ registers: inout Registers, in image: VdsoMapping, _: P.Type
  ) -> Bool where P.ABI == Self
}

/// The registers of a program that the entry code stores: what a system call and the start of a
/// program use of them, by role.
public protocol ProgramRegisters: Equatable, Sendable {
  /// All registers zero.
  init()

  /// The registers of a new program: user mode with interrupts enabled, all others zero. `entry`
  /// is the entry point as the file has it.
  init(entry: UserAddress, stackPointer: UserAddress)

  /// The argument of a system call with this index, 0 to 6.
  func argument(_ index: Int) -> Word

  /// The number of a system call.
  var number: UInt32 { get }

  /// The result of a system call.
  var result: Word { get set }

  /// The address at which the program continues.
  var programCounter: UserAddress { get }

  /// The stack pointer.
  var stackPointer: UserAddress { get set }

  /// Where the function that runs returns to, for messages.
  var returnAddress: UserAddress { get }

  /// Stores the first argument again, which the result has overwritten, so that the call can be
  /// made once more.
  mutating func restoreArgument(_ argument: Word)

  /// Sets the registers so that the program makes the system call again, from which it was about to
  /// return, with this first argument.
  mutating func repeatCall(_ argument: Word)
}
