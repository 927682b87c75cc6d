// Whose fault it is: the program's, a copy's, or the kernel's.
#if arch(arm)
  import PortARMv7AAssembly
  import VmRegion

  /// Sorts what `port_fault` is called with.
  public enum FaultTriage {
    /// What the fault means.
    public enum Verdict {
      /// A program did something at an address: a page may be due, or a signal.
      case program(address: UInt32, Access)
      /// A copy routine reached for the program's memory.
      case userCopy(address: UInt32, Access)
      /// Nobody listens to semihosting.
      case semihosting
      /// None of these.
      case kernelBug
    }

    /// Decides by the mode that was interrupted, the instruction and the fault registers.
    public static func decide(
      _ trap: Trap, _ frame: UnsafePointer<port_trap_frame>
    ) -> Verdict {
      // SAFETY: vectors.S hands in the frame of this very fault.
      let (pc, mode) = unsafe (frame.pointee.pc, frame.pointee.cpsr & 0x1f)
      let isFromProgram = mode == 0x10
      switch trap {
      case .data:
        let address = port_data_fault_address()
        let access: Access = FaultStatus(rawValue: port_data_fault_status()).isWrite ? .write : .read
        if isFromProgram { return .program(address: address, access) }
        let copies = port_user_copy_bounds()
        return pc >= copies.start && pc < copies.end
          ? .userCopy(address: address, access) : .kernelBug
      case .prefetch:
        let address = port_instruction_fault_address()
        return isFromProgram ? .program(address: address, .execute) : .kernelBug
      case .undefined:
        if isFromProgram { return .program(address: pc, .execute) }
        return pc == port_semihosting_address() ? .semihosting : .kernelBug
      case .unused, .stackOverflow:
        return .kernelBug
      }
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
