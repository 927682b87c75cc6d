// SPDX-License-Identifier: Apache-2.0
// The cause of a fault: the program, a copy routine or a kernel bug.
#if arch(arm)
  import PortARMv7AAssembly
  import VmRegion

  // SAFETY: vectors.S passes the frame of this fault, on this CPU's stack.
  /// Classifies the faults of `port_fault`.
  public enum FaultTriage {
    /// The cause of a fault.
    public enum Verdict {
      /// A user access to an address: a page must be mapped, or a signal raised.
      case memory(address: UserAddress, Access, FaultStatus)
      /// A misaligned user access by an instruction that needs alignment.
      case alignment(address: UserAddress, FaultStatus)
      /// An undefined instruction in user mode.
      case undefinedInstruction
      /// A `bkpt` in user mode.
      case breakpoint(address: UserAddress, FaultStatus)
      /// An access to user memory by a copy routine.
      case userCopy(address: UserAddress, Access)
      /// A semihosting call without a debugger attached.
      case semihosting
      /// Any other fault.
      case kernelBug
    }

    /// Classifies a fault by the interrupted mode, the instruction and the fault registers.
    /// Interrupts are masked, so that the registers are those of this fault.
    public static func decide(
      _ trap: Trap, _ frame: UnsafeMutablePointer<port_trap_frame>
    ) -> Verdict {
      // SAFETY: vectors.S passes the frame of this fault.
      let (pc, state) = unsafe (frame.pointee.pc, frame.pointee.cpsr)
      let isFromProgram = state & 0x1f == 0x10
      switch trap {
      case .data:
        return dataAbort(pc: pc, isFromProgram: isFromProgram)
      case .prefetch:
        guard isFromProgram else { return .kernelBug }
        // `bkpt` arrives here as a debug event (ARM DDI 0406C, C3.2).
        let address = UserAddress(port_instruction_fault_address())
        let status = port_instruction_fault_status()
        if FaultStatus(rawValue: status).isDebugEvent {
          return .breakpoint(address: address, FaultStatus(rawValue: status))
        }
        // As on Linux, programs recognise a fetch by bit 31, which IFSR does not have.
        return .memory(
          address: address, .execute, FaultStatus(rawValue: status | FaultStatus.isFetch))
      case .undefined:
        // vectors.S subtracted 4, but a Thumb instruction is 2 bytes before the link register.
        if state & 0x20 != 0 { unsafe frame.pointee.pc = pc &+ 2 }
        if isFromProgram { return .undefinedInstruction }
        return pc == port_semihosting_address() ? .semihosting : .kernelBug
      case .unused, .stackOverflow:
        return .kernelBug
      }
    }

    private static func dataAbort(pc: UInt32, isFromProgram: Bool) -> Verdict {
      let address = UserAddress(port_data_fault_address())
      let status = FaultStatus(rawValue: port_data_fault_status())
      let access: Access = status.isWrite ? .write : .read
      if isFromProgram {
        return status.isAlignmentFault
          ? .alignment(address: address, status) : .memory(address: address, access, status)
      }
      return port_is_user_copy(pc) ? .userCopy(address: address, access) : .kernelBug
    }

    /// Makes the interrupted copy routine return false.
    public static func failCopy(_ frame: UnsafeMutablePointer<port_trap_frame>) {
      // SAFETY: vectors.S passes the frame of this fault.
      unsafe frame.pointee.pc = port_user_copy_failure(frame.pointee.pc)
    }

    /// Continues after the faulting instruction, which has 4 bytes.
    public static func skip(_ frame: UnsafeMutablePointer<port_trap_frame>) {
      // SAFETY: vectors.S passes the frame of this fault. Wrapping: an instruction is not at the
      // address space's end.
      unsafe frame.pointee.pc &+= 4
    }
  }
#endif
