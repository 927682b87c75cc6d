// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import TickHandler

  /// The interrupts that one CPU makes on another.
  enum Signal: UInt32, CaseIterable {
    /// Look for a more urgent task before you go on.
    case reschedule = 0
    /// The tick is this CPU's duty now.
    case duty = 2
    /// A panic: stop for ever.
    case stop = 1
  }

  /// Which interrupt means what.
  enum InterruptLines {
    /// Lets the calling CPU be interrupted by others.
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

    /// Interrupts the CPUs whose bits are in `processors`.
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

    /// Serves an interrupt that is not the tick's.
    @inline(never)
    static func serve(_ line: UInt32, _ frame: UnsafeMutablePointer<port_trap_frame>) {
      // Wrapping: a line in front of the first signal becomes none.
      let number = line &- KernelInterruptController.firstSignalLine
      guard let signal = Signal(rawValue: number) else { return serveOthers(line) }
      ProcessorArea.countInterrupt(number + 1)
      // SAFETY: the frame is that of this interrupt.
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

    // SAFETY: a bit that two CPUs set at the same time is one line of the log too many.
    /// Lines below 32 that were refused: a controller may let them through all the same.
    nonisolated(unsafe) private static var refused: UInt32 = 0

    // SAFETY: see `refused`.
    /// Nobody serves the line: it is switched off, and the log says so, once.
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
      Log.line("interrupts: nobody serves line \(line), it is switched off")
    }
  }
#endif
