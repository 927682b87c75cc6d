// SPDX-License-Identifier: Apache-2.0
// The end: whoever watches learns the status, then the machine goes off.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly

  /// The ways to switch the machine off.
  public enum Power {
    /// The instruction that reaches the firmware.
    public enum Conduit {
      /// `hvc`.
      case hypervisorCall
      /// `smc`.
      case secureMonitorCall
    }

    // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
    nonisolated(unsafe) private static var conduit: Conduit?

    /// Says how the firmware is called. At boot.
    public static func setConduit(_ newConduit: Conduit) {
      // SAFETY: see the declaration.
      unsafe conduit = newConduit
    }

    // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
    nonisolated(unsafe) private static var boardOff: (@convention(c) () -> Void)?

    /// Says how the board is switched off without firmware. At boot.
    public static func setBoardOff(_ newBoardOff: @convention(c) () -> Void) {
      // SAFETY: see the declaration.
      unsafe boardOff = newBoardOff
    }

    /// PSCI's SYSTEM_OFF (ARM DEN 0022D, 5.9).
    private static let systemOff: UInt32 = 0x8400_0008

    /// Asks the firmware to start a further CPU in the start code: PSCI's CPU_ON (ARM DEN 0022D, 5.4),
    /// whose number is `function`. Whether it then comes is seen by its phase.
    ///
    /// - Returns: 0, or PSCI's error; nil without firmware.
    public static func startProcessor(
      _ number: UInt32, identity: UInt32, function: UInt32
    ) -> Int32? {
      let entry = boot_secondary_address()
      // SAFETY: see the declaration.
      switch unsafe conduit {
      case .hypervisorCall:
        return Int32(bitPattern: port_psci_hypervisor(function, identity, entry, number))
      case .secureMonitorCall:
        return Int32(bitPattern: port_psci_monitor(function, identity, entry, number))
      case nil: return nil
      }
    }

    /// Hands a debugger that listens some text, for its user: QEMU writes it on standard error.
    public static func tellDebugger(_ text: Span<UInt8>) {
      for index in text.indices { port_semihosting_put(text[index]) }
    }

    /// Tells a debugger that listens the status, else switches the machine off: by firmware, or else
    /// as the board does it. Does not return.
    public static func off(status: UInt32) -> Never {
      port_semihosting_exit(status)
      // SAFETY: see the declaration.
      switch unsafe conduit {
      case .hypervisorCall: _ = port_psci_hypervisor(systemOff, 0, 0, 0)
      case .secureMonitorCall: _ = port_psci_monitor(systemOff, 0, 0, 0)
      case nil: break
      }
      unsafe boardOff?()
      while true { port_wait() }
    }
  }
#endif
