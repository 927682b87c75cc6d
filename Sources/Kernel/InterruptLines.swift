// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import TickHandler

  /// The interprocessor interrupts (IPIs); the raw value is the number of the software-generated
  /// interrupt.
  enum Signal: UInt32, CaseIterable {
    /// Reschedule before you return from the interrupt.
    case reschedule = 0
    /// The receiver is the timekeeping CPU from now on.
    case duty = 2
    /// A panic on another CPU: stop permanently.
    case stop = 1
  }

  /// Dispatches interrupts by line, and sends IPIs.
  enum InterruptLines {
    /// Enables the calling CPU's IPI lines; stores its identity and its target bit for other CPUs.
    static func openSignals() {
      let cpu = ARMv7A.number
      ProcessorArea.noteMainIdentity()
      let controller = Machine.shared.interruptController
      ProcessorArea.setSignalBit(controller.signalBit(of: cpu))
      for signal in Signal.allCases {
        controller.enable(
          line: KernelInterruptController.firstSignalLine + signal.rawValue, on: cpu)
      }
    }

    /// Sends an IPI to the CPUs whose bits are in `processors`.
    @inline(never)
    static func send(_ signal: Signal, to processors: UInt32) {
      var targets: UInt32 = 0
      for cpu in 0..<ProcessorArea.limit where processors >> cpu & 1 != 0 {
        targets |= ProcessorArea.signalBit(of: cpu)
      }
      guard targets != 0 else { return }
      ARMv7A.completeStores()
      Machine.shared.interruptController.signal(signal.rawValue, to: targets)
    }

    /// Serves an interrupt other than the tick's. Interrupts are masked.
    @inline(never)
    static func serve(_ line: UInt32, _ frame: UnsafeMutablePointer<port_trap_frame>) {
      // Wrapping: a line below the first IPI's becomes an invalid number.
      let number = line &- KernelInterruptController.firstSignalLine
      guard let signal = Signal(rawValue: number) else { return serveOthers(line) }
      ProcessorArea.countInterrupt(number + 1)
      // SAFETY: the caller's frame is that of this interrupt.
      switch signal {
      case .reschedule: ARMv7A.isRescheduleDue = true
      case .duty: Machine.shared.ticks.join()
      case .stop: unsafe Panic.stopHere(frame)
      }
    }

    @inline(__always)
    private static func serveOthers(_ line: UInt32) {
      #if LITEOS
        if KernelInterrupts.registry.serve(line) { return }
      #endif
      refuse(line)
    }

    // SAFETY: two CPUs that set a bit at the same time cause one extra log line, no more.
    /// Lines below 32 that were already reported: some controllers deliver them although disabled.
    nonisolated(unsafe) private static var refused: UInt32 = 0

    // SAFETY: `refused` only avoids repeated log lines; a lost update is harmless.
    /// Disables a line that has no handler, and logs it once.
    @inline(never)
    private static func refuse(_ line: UInt32) {
      ProcessorArea.countInterrupt(5)
      #if LITEOS
        guard KernelInterrupts.registry.silence(line) else { return }
      #else
        Machine.shared.interruptController.disable(line: line, on: ARMv7A.number)
      #endif
      let bit: UInt32 = line < 32 ? 1 << line : 0
      guard unsafe refused & bit == 0 else { return }
      unsafe refused |= bit
      Log.line("interrupts: line \(line): no handler, disabled")
    }
  }
#endif
