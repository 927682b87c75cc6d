// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import System
  import TickHandler

  /// Dispatches interrupts by line, and sends IPIs.
  package enum InterruptLines {
    /// Enables the calling CPU's IPI lines; stores its identity and its target bit for other CPUs.
    static func enableIPIs() {
      let cpu = ARMv7A.number
      ProcessorArea.storeMainIdentity()
      let controller = Machine.shared.interruptController
      ProcessorArea.setIPITarget(controller.ipiTarget(of: cpu))
      for ipi in InterprocessorInterrupt.allCases {
        controller.enable(
          line: KernelInterruptController.firstIPILine + ipi.rawValue, on: cpu)
      }
    }

    /// Sends an IPI to the CPUs whose bits are in `processors`.
    @inline(never)
    package static func sendIPI(_ ipi: InterprocessorInterrupt, to processors: UInt32) {
      var targets: UInt32 = 0
      for cpu in 0..<ProcessorArea.limit where processors >> cpu & 1 != 0 {
        targets |= ProcessorArea.ipiTarget(of: cpu)
      }
      guard targets != 0 else { return }
      ARMv7A.completeStores()
      Machine.shared.interruptController.sendIPI(ipi.rawValue, to: targets)
    }

    /// Serves an interrupt other than the tick's. Interrupts are masked.
    @inline(never)
    static func serve(_ line: UInt32, _ frame: UnsafeMutablePointer<port_trap_frame>) {
      // Wrapping: a line below the first IPI's becomes an invalid number.
      let number = line &- KernelInterruptController.firstIPILine
      guard let ipi = InterprocessorInterrupt(rawValue: number) else { return serveOthers(line) }
      ProcessorArea.countInterrupt(number + 1)
      // SAFETY: the caller's frame is that of this interrupt.
      switch ipi {
      case .reschedule: ARMv7A.isRescheduleDue = true
      case .timekeeping: system.ticks.join()
      case .stop: unsafe Panic.stopThisCPU(frame)
      }
    }

    @inline(__always)
    private static func serveOthers(_ line: UInt32) {
      if let serve = system.hooks.serveLine, serve(line) { return }
      refuse(line)
    }

    // SAFETY: two CPUs that set a bit at the same time cause one extra log line, no more.
    /// Lines below 32 that were already reported: some controllers deliver them although disabled.
    nonisolated(unsafe) private static var refused: UInt32 = 0

    // SAFETY: `refused` only avoids repeated log lines; a lost update is harmless.
    /// Disables a line that has no handler, and logs it once.
    @inline(never)
    private static func refuse(_ line: UInt32) {
      ProcessorArea.countInterrupt(InterruptKind.unhandled.rawValue)
      if let disable = system.hooks.disableLine {
        guard disable(line) else { return }
      } else {
        Machine.shared.interruptController.disable(line: line, on: ARMv7A.number)
      }
      let bit: UInt32 = line < 32 ? 1 << line : 0
      guard unsafe refused & bit == 0 else { return }
      unsafe refused |= bit
      Log.line("interrupts: line \(line): no handler, disabled")
    }
  }
#endif
