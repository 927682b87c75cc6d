// The end: whoever watches learns the status, then the machine goes off.
#if arch(arm)
  import PortARMv7AAssembly

  /// The ways to switch the machine off.
  public enum Power {
    /// PSCI's SYSTEM_OFF (ARM DEN 0022D, 5.9).
    private static let systemOff: UInt32 = 0x8400_0008

    /// Tells a debugger that listens the status, else switches the machine off. Does not return.
    public static func off(status: UInt32) -> Never {
      port_semihosting_exit(status)
      _ = port_psci_call(systemOff, 0, 0, 0)
      while true { port_wait() }
    }
  }
#endif
