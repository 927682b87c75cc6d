// SPDX-License-Identifier: Apache-2.0
// Whose fault it is: the program's, a copy's, or the kernel's.
#if arch(arm)
  import PortARMv7AAssembly
  import VmRegion

  // SAFETY: vectors.S hands in the frame of this very fault, on this CPU's stack.
  /// Sorts what `port_fault` is called with.
  public enum FaultTriage {
    /// What the fault means.
    public enum Verdict {
      /// A program reached for an address: a page may be due, or a signal.
      case memory(address: UInt32, Access, FaultStatus)
      /// A program made an access that must be aligned.
      case alignment(address: UInt32, FaultStatus)
      /// A program ran into an undefined instruction.
      case undefinedInstruction
      /// A program ran into `bkpt`.
      case breakpoint(address: UInt32, FaultStatus)
      /// A copy routine reached for the program's memory.
      case userCopy(address: UInt32, Access)
      /// Nobody listens to semihosting.
      case semihosting
      /// None of these.
      case kernelBug
    }

    /// Decides by the mode that was interrupted, the instruction and the fault registers.
    public static func decide(
      _ trap: Trap, _ frame: UnsafeMutablePointer<port_trap_frame>
    ) -> Verdict {
      // SAFETY: vectors.S hands in the frame of this very fault.
      let (pc, state) = unsafe (frame.pointee.pc, frame.pointee.cpsr)
      let isFromProgram = state & 0x1f == 0x10
      switch trap {
      case .data:
        return dataAbort(pc: pc, isFromProgram: isFromProgram)
      case .prefetch:
        guard isFromProgram else { return .kernelBug }
        // `bkpt` arrives here as a debug event (ARM DDI 0406C, C3.2).
        let (address, status) = (port_instruction_fault_address(), port_instruction_fault_status())
        if FaultStatus(rawValue: status).isDebugEvent {
          return .breakpoint(address: address, FaultStatus(rawValue: status))
        }
        // Programs know a fetch by the top bit, which IFSR has not, as on Linux.
        return .memory(
          address: address, .execute, FaultStatus(rawValue: status | FaultStatus.isFetch))
      case .undefined:
        // vectors.S took 4 off, but a Thumb instruction's address is 2 below the link register.
        if state & 0x20 != 0 { unsafe frame.pointee.pc = pc &+ 2 }
        if isFromProgram { return .undefinedInstruction }
        return pc == port_semihosting_address() ? .semihosting : .kernelBug
      case .unused, .stackOverflow:
        return .kernelBug
      }
    }

    private static func dataAbort(pc: UInt32, isFromProgram: Bool) -> Verdict {
      let address = port_data_fault_address()
      let status = FaultStatus(rawValue: port_data_fault_status())
      let access: Access = status.isWrite ? .write : .read
      if isFromProgram {
        return status.isAlignmentFault
          ? .alignment(address: address, status) : .memory(address: address, access, status)
      }
      let copies = port_user_copy_bounds()
      return pc >= copies.start && pc < copies.end
        ? .userCopy(address: address, access) : .kernelBug
    }

    /// Lets the interrupted copy routine return false.
    public static func failCopy(_ frame: UnsafeMutablePointer<port_trap_frame>) {
      // SAFETY: as in `decide`.
      unsafe frame.pointee.pc = port_user_copy_bounds().fault
    }

    /// Continues behind the instruction.
    public static func skip(_ frame: UnsafeMutablePointer<port_trap_frame>) {
      // SAFETY: as in `decide`; wrapping: an instruction is not at the address space's end.
      unsafe frame.pointee.pc &+= 4
    }
  }
#endif
