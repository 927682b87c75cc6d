// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace
import VmRegion

// SAFETY: the counters change under the kernel lock only; a reader without it gets the old or the
// new value.
/// Completes misaligned user accesses that the processor refuses, as Linux does, and counts them
/// for /proc/cpu/alignment.
public enum AlignmentFaults {
  /// The result of one attempt.
  public enum Outcome {
    /// The access is done; the program continues after its instruction.
    case done
    /// The program may not access this memory.
    case noMemory
    /// The kernel does not complete this kind of instruction.
    case refused
  }

  nonisolated(unsafe) private static var all: UInt32 = 0
  nonisolated(unsafe) private static var skipped: UInt32 = 0
  nonisolated(unsafe) private static var doubles: UInt32 = 0
  nonisolated(unsafe) private static var multiples: UInt32 = 0

  /// Performs the access of the instruction at the pc of the running thread's trap frame, and
  /// advances the frame past it.
  ///
  /// With interrupts on and the kernel lock held.
  @inline(never)
  public static func complete<User: UserMemory>(
    _ frame: inout ARMRegisters, _ user: User.Type
  ) -> Outcome {
    let isThumb = frame.cpsr & 0x20 != 0
    var registers = InlineArray<16, UInt32>(repeating: 0)
    for number in 0..<15 { registers[number] = frame[number] }
    registers[15] = frame.pc &+ (isThumb ? 4 : 8)  // Wrapping: an address.
    // Wrapping: statistics.
    unsafe all &+= 1
    guard let instruction = ProgramState.instruction(at: frame.pc, isThumb: isThumb, user),
      let transfer = MisalignedTransfer(instruction, isThumb: isThumb, registers)
    else {
      unsafe skipped &+= 1
      return .refused
    }
    if transfer.isDouble { unsafe doubles &+= 1 } else { unsafe multiples &+= 1 }
    guard transfer.run(by: user, on: &registers) else { return .noMemory }
    for number in 0..<15 { frame[number] = registers[number] }
    (frame.pc, frame.cpsr) = ProgramState.after(
      instruction, at: frame.pc, frame.cpsr, jump: transfer.isJump ? registers[15] : nil)
    return .done
  }

  /// Writes /proc/cpu/alignment in Linux's format.
  public static func describe(to sink: inout some TextSink) {
    unsafe line("User:\t\t", all, "\nSystem:\t\t0 (0x0)\n", to: &sink)
    unsafe line("Skipped:\t", skipped, "\nHalf:\t\t0\nWord:\t\t0\n", to: &sink)
    unsafe line("DWord:\t\t", doubles, "\n", to: &sink)
    unsafe line("Multi:\t\t", multiples, "\nUser faults:\t2 (fixup)\n", to: &sink)
  }

  private static func line(
    _ name: StaticString, _ count: UInt32, _ rest: StaticString, to sink: inout some TextSink
  ) {
    sink.text(name)
    sink.decimal(UInt64(count))
    sink.text(rest)
  }
}
