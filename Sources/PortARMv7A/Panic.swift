// SPDX-License-Identifier: Apache-2.0
// The kernel's last words: reason, registers, fault status, backtrace, status 125.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore

  // SAFETY: the frame is that of the fault; areas of CPUs are there for ever.
  /// A kernel bug stops the machine loudly.
  public enum Panic {
    /// What `tools/run` hands on after a panic.
    public static let exitStatus: UInt32 = 125

    // SAFETY: written at boot, before a second CPU runs.
    nonisolated(unsafe) private static var stopOthers: (@convention(c) () -> Void)?

    /// Says how the other CPUs are interrupted so that each calls `stopHere`. At boot.
    public static func setStopOthers(_ newStopOthers: @convention(c) () -> Void) {
      // SAFETY: see the declaration.
      unsafe stopOthers = newStopOthers
    }

    /// Says why, where and with what registers, then switches the machine off with status 125.
    /// `make symbolize` turns the lines with `pc` and `backtrace` into files and lines.
    ///
    /// - Parameters:
    ///   - trap: how the kernel got here, as vectors.S numbers it.
    ///   - frame: the registers at the fault.
    public static func stop(_ trap: Trap, _ frame: UnsafePointer<port_trap_frame>) -> Never {
      _ = ARMv7A.maskInterrupts()
      switch port_begin_panic(ARMv7A.number) {
      case 0: stopAll()
      // A fault in here must not begin again from the start.
      case ARMv7A.number + 1: Power.off(status: exitStatus)
      // Another CPU was first, and will want to stop this one.
      default: unsafe stopHere(frame)
      }
      // SAFETY: the frame lies on the stack of the fault.
      let registers = unsafe frame.pointee
      Log.line("panic: \(trap.name), cpu \(ARMv7A.number), task \(ARMv7A.runningTask)")
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

    // SAFETY: a stopped CPU leaves its frame as it is, for ever.
    /// Stops the calling CPU for ever, with its registers where the one that panics finds them.
    public static func stopHere(_ frame: UnsafePointer<port_trap_frame>) -> Never {
      let cpu = ARMv7A.number
      unsafe port_cpu().pointee.frame = UInt32(UInt(bitPattern: frame))
      ProcessorArea.setPhase(.stopped, of: cpu)
      ProcessorArea.park()
    }

    /// Stops the other CPUs, and gives them a hundredth of a second.
    private static func stopAll() {
      guard let stop = unsafe stopOthers else { return }
      stop()
      let (begin, span) = (GenericTimer.read(), UInt64(GenericTimer.frequency) / 100)
      for cpu in 0..<ProcessorArea.limit where cpu != ARMv7A.number {
        // Wrapping: a distance of two counts.
        while ProcessorArea.phase(of: cpu) == .running, GenericTimer.read() &- begin < span {
          ARMv7A.relax()
        }
      }
    }

    /// A line for each of the other CPUs: where it was.
    private static func describeOthers() {
      for cpu in 0..<ProcessorArea.limit where cpu != ARMv7A.number {
        let area = unsafe port_cpu_area(cpu)
        switch ProcessorArea.phase(of: cpu) {
        case .stopped:
          let frame = unsafe UnsafePointer<port_trap_frame>(
            bitPattern: UInt(area.pointee.frame)
          ).unsafelyUnwrapped
          // SAFETY: see `stopHere`.
          let (pc, lr) = unsafe (frame.pointee.pc, frame.pointee.svc_lr)
          let task = unsafe area.pointee.task
          Log.line("panic: cpu \(cpu) stopped in task \(task), pc \(hex: pc), lr \(hex: lr)")
        case .running: Log.line("panic: cpu \(cpu) does not stop")
        case .off, .arrived, .comparing, .ready, .admitted, .givenUp: break
        }
      }
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
