// SPDX-License-Identifier: Apache-2.0
// The panic: reason, registers, fault status, backtrace, and exit status 125.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore
  import System

  // SAFETY: the frame is that of the fault; the CPUs' areas are never freed.
  /// Stops the machine after a kernel bug, and reports it.
  public enum Panic {
    /// The exit status that `tools/run` returns after a panic.
    public static let exitStatus: UInt32 = 125

    // SAFETY: written at boot, before a second CPU runs.
    nonisolated(unsafe) private static var stopOthers: (@convention(c) () -> Void)?

    /// Sets the function that interrupts the other CPUs so that each calls `stopThisCPU`. Called at
    /// boot.
    public static func setStopOthers(_ newStopOthers: @convention(c) () -> Void) {
      // SAFETY: this is the one write, at boot, before a second CPU runs.
      unsafe stopOthers = newStopOthers
    }

    /// Logs the reason, the position and the registers, then powers the machine off with status
    /// 125. Masks interrupts, and stops the other CPUs first. `make symbolize` translates the `pc`
    /// and `backtrace` lines to files and lines.
    ///
    /// - Parameters:
    ///   - trap: the kind of trap, as vectors.S numbers it.
    ///   - frame: the registers at the fault.
    public static func stop(_ trap: Trap, _ frame: UnsafePointer<port_trap_frame>) -> Never {
      _ = ARMv7A.maskInterrupts()
      switch port_begin_panic(ARMv7A.number) {
      case 0: stopAll()
      // A fault during the panic must not start it again.
      case ARMv7A.number + 1: Power.off(status: exitStatus)
      // Another CPU panics already, and is going to stop this one.
      default:
        ProcessorArea.own.frame = UInt32(UInt(bitPattern: frame))
        stopThisCPU()
      }
      // SAFETY: the frame is on the stack of the fault.
      let registers = unsafe frame.pointee
      Log.line("panic: \(trap.name), cpu \(ARMv7A.number), task \(ARMv7A.runningTask.rawValue)")
      var build: LogLine = "panic: "
      KernelBuild.write(to: &build)
      Log.line(build)
      describeFault(trap)
      #if DEBUG
        for cpu in 0..<LockAudits.cpuCount { LockAudits.describe(of: cpu) }
      #endif
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
      describeOthers()
      Power.off(status: exitStatus)
    }

    /// Stops the calling CPU permanently. Its area has the address of its last interrupt's frame
    /// for the CPU that panics.
    public static func stopThisCPU() -> Never {
      ProcessorArea.setPhase(.stopped, of: ARMv7A.number)
      ProcessorArea.park()
    }

    /// Stops the other CPUs, and waits for them for up to half a second: an emulated CPU runs only
    /// when its host lets it.
    private static func stopAll() {
      guard let stop = unsafe stopOthers else { return }
      stop()
      let (begin, span) = (GenericTimer.read(), UInt64(GenericTimer.frequency) / 2)
      for cpu in 0..<CpuMask.limit where cpu != ARMv7A.number {
        // Wrapping: a difference of two counts.
        while ProcessorArea.phase(of: cpu) == .running, GenericTimer.read() &- begin < span {
          ARMv7A.relax()
        }
      }
    }

    /// Logs a line for each other CPU with its task and position.
    private static func describeOthers() {
      for cpu in 0..<CpuMask.limit where cpu != ARMv7A.number {
        switch ProcessorArea.phase(of: cpu) {
        case .stopped:
          let frame = unsafe UnsafePointer<port_trap_frame>(
            bitPattern: UInt(ProcessorArea[cpu].frame)
          ).unsafelyUnwrapped
          // SAFETY: the CPU has stopped, so its frame does not change.
          let (pc, lr) = unsafe (frame.pointee.pc, frame.pointee.svc_lr)
          let task = ProcessorArea[cpu].task
          Log.line("panic: cpu \(cpu) stopped in task \(task), pc \(hex: pc), lr \(hex: lr)")
        case .running: Log.line("panic: cpu \(cpu) does not stop")
        case .off, .arrived, .comparing, .ready, .admitted, .abandoned: break
        }
      }
    }

    /// Logs the fault's address and decoded status, if the trap has them.
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
