// The kernel's last words: reason, registers, fault status, backtrace, status 125.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore

  // SAFETY: the flag is written with interrupts masked; the frame is that of the fault.
  /// A kernel bug stops the machine loudly.
  public enum Panic {
    /// What `tools/run` hands on after a panic.
    public static let exitStatus: UInt32 = 125

    // SAFETY: written with interrupts masked by the CPU that panics first; a second writer would
    // write the same.
    nonisolated(unsafe) private static var hasBegun = false

    /// Says why, where and with what registers, then switches the machine off with status 125.
    /// `make symbolize` turns the lines with `pc` and `backtrace` into files and lines.
    ///
    /// - Parameters:
    ///   - trap: how the kernel got here, as vectors.S numbers it.
    ///   - frame: the registers at the fault.
    public static func stop(_ trap: Trap, _ frame: UnsafePointer<port_trap_frame>) -> Never {
      _ = ARMv7A.maskInterrupts()
      // A fault in here must not begin again from the start.
      if unsafe hasBegun { Power.off(status: exitStatus) }
      unsafe hasBegun = true
      // SAFETY: the frame lies on the stack of the fault.
      let registers = unsafe frame.pointee
      Log.line("panic: \(trap.name), cpu \(ARMv7A.number), task \(ARMv7A.runningTask)")
      describeFault(trap)
      Log.line("panic: pc \(hex: registers.pc), lr \(hex: registers.svc_lr)")
      let stack = UInt32(truncatingIfNeeded: UInt(bitPattern: frame)) &+ 72
      Log.line("panic: sp \(hex: stack), cpsr \(hex: registers.cpsr)")
      Log.line("panic: r0 \(hex: registers.r0), r1 \(hex: registers.r1), r2 \(hex: registers.r2)")
      Log.line("panic: r3 \(hex: registers.r3), r4 \(hex: registers.r4), r5 \(hex: registers.r5)")
      Log.line("panic: r6 \(hex: registers.r6), r7 \(hex: registers.r7), r8 \(hex: registers.r8)")
      Log.line(
        "panic: r9 \(hex: registers.r9), r10 \(hex: registers.r10), r11 \(hex: registers.r11)")
      var trace: LogLine = "panic: backtrace:"
      trace.text(" 0x")
      trace.hexadecimal(registers.pc)
      Backtrace.write(to: &trace, framePointer: registers.r7)
      Log.line(trace)
      Power.off(status: exitStatus)
    }

    /// The fault's address and status, decoded, where the trap has them.
    private static func describeFault(_ trap: Trap) {
      switch trap {
      case .data, .stackOverflow:
        let status = FaultStatus(rawValue: port_data_fault_status())
        Log.line(
          """
          panic: \(status.name) at \(hex: port_data_fault_address()), \
          DFSR \(hex: status.rawValue), \(status.isWrite ? "write" : "read")
          """)
      case .prefetch:
        let status = FaultStatus(rawValue: port_instruction_fault_status())
        Log.line(
          """
          panic: \(status.name) at \(hex: port_instruction_fault_address()), \
          IFSR \(hex: status.rawValue), fetch
          """)
      case .undefined, .unused:
        break
      }
    }
  }
#endif
