// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore
  import System
  import UserSpace

  // SAFETY: the frame is that of the running thread's fault; its first 15 words are r0 to r14. The
  // counters change under the kernel lock only; a reader without it gets the old or the new value.
  /// Completes misaligned user accesses that the processor refuses, as Linux does, and counts them
  /// for /proc/cpu/alignment.
  enum AlignmentFaults {
    /// The result of one attempt.
    enum Outcome {
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

    /// Performs the access of the instruction at `frame`'s pc, and advances the frame past it.
    ///
    /// With interrupts on and the kernel lock held.
    @inline(never)
    static func settle(_ frame: UnsafeMutablePointer<TrapFrame>) -> Outcome {
      let (pc, state) = unsafe (frame.pointee.pc, frame.pointee.cpsr)
      let isThumb = state & 0x20 != 0
      let words = unsafe UnsafeMutableRawPointer(frame).assumingMemoryBound(to: UInt32.self)
      var registers = InlineArray<16, UInt32> { unsafe words[$0] }
      registers[15] = pc &+ (isThumb ? 4 : 8)  // Wrapping: an address.
      // Wrapping: statistics.
      unsafe all &+= 1
      guard let instruction = ProgramState.instruction(at: pc, isThumb: isThumb, UserCopy.self),
        let transfer = MisalignedTransfer(instruction, isThumb: isThumb, registers)
      else {
        unsafe skipped &+= 1
        return .refused
      }
      if transfer.isDouble { unsafe doubles &+= 1 } else { unsafe multiples &+= 1 }
      guard transfer.run(by: UserCopy.self, on: &registers) else { return .noMemory }
      for index in 0..<15 { unsafe words[index] = registers[index] }
      (unsafe frame.pointee.pc, unsafe frame.pointee.cpsr) = ProgramState.behind(
        instruction, at: pc, state, jump: transfer.isJump ? registers[15] : nil)
      return .done
    }

    /// Writes /proc/cpu/alignment in Linux's format.
    static func describe(to sink: inout some TextSink) {
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
#endif
