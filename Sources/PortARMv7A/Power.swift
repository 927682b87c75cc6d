// SPDX-License-Identifier: Apache-2.0
// Power-off with an exit status, and the firmware calls to power CPUs on.
#if arch(arm)
  import BootImage
  import PortARMv7AAssembly

  /// Powers the machine off, and starts secondary CPUs.
  public enum Power {
    /// The instruction that calls the firmware.
    public enum Conduit {
      /// `hvc`.
      case hypervisorCall
      /// `smc`.
      case secureMonitorCall
    }

    // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
    nonisolated(unsafe) private static var conduit: Conduit?

    /// Sets the instruction that calls the firmware. Called once, at boot.
    public static func setConduit(_ newConduit: Conduit) {
      // SAFETY: this is the one write, at boot, before a second CPU runs.
      unsafe conduit = newConduit
    }

    // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
    nonisolated(unsafe) private static var boardOff: (@convention(c) () -> Void)?

    /// Sets the function that powers the board off without firmware. Called once, at boot.
    public static func setBoardOff(_ newBoardOff: @convention(c) () -> Void) {
      // SAFETY: this is the one write, at boot, before a second CPU runs.
      unsafe boardOff = newBoardOff
    }

    /// PSCI's SYSTEM_OFF (ARM DEN 0022D, 5.9).
    private static let systemOff: UInt32 = 0x8400_0008

    /// Asks the firmware to start a secondary CPU in the start code, by PSCI's CPU_ON (ARM DEN
    /// 0022D, 5.4), whose function number is `function`. The CPU's phase tells whether it arrives.
    ///
    /// - Returns: 0, or PSCI's error; nil without firmware.
    public static func startProcessor(
      _ number: UInt32, identity: UInt32, function: UInt32
    ) -> Int32? {
      let entry = boot_secondary_address()
      // SAFETY: written once at boot, before a second CPU runs.
      switch unsafe conduit {
      case .hypervisorCall:
        return Int32(bitPattern: port_psci_hypervisor(function, identity, entry, number))
      case .secureMonitorCall:
        return Int32(bitPattern: port_psci_monitor(function, identity, entry, number))
      case nil: return nil
      }
    }

    /// Sends text to an attached debugger's console, by semihosting. QEMU writes it to standard
    /// error.
    public static func writeToDebugger(_ text: Span<UInt8>) {
      for index in text.indices { port_semihosting_put(text[index]) }
    }

    /// Passes the status to an attached debugger, which ends the machine. Without one, powers the
    /// machine off by firmware, else by the board. Does not return.
    public static func off(status: UInt32) -> Never {
      port_semihosting_exit(status)
      // SAFETY: written once at boot, before a second CPU runs.
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
