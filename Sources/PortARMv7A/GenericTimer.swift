// SPDX-License-Identifier: Apache-2.0
// The virtual generic timer as TickHandler's counter (ARM DDI 0406C, B8.1).
#if arch(arm)
  import PortARMv7AAssembly
  import TickHandler

  /// The virtual counter (CNTVCT) and timer (CNTV_CVAL) of the running CPU.
  public enum GenericTimer: Counter {
    // SAFETY: written once, at boot, before a second CPU runs.
    nonisolated(unsafe) private static var hertz: UInt32 = 0

    /// The counter's frequency in Hz, as set by `setFrequency`; 0 before.
    public static var frequency: UInt32 {
      // SAFETY: written once, at boot, before a second CPU runs.
      unsafe hertz
    }

    /// Sets the counter's frequency in Hz. Called once, at boot, before the counter is used.
    public static func setFrequency(_ newHertz: UInt32) {
      // SAFETY: this is the one write, at boot, before a second CPU runs.
      unsafe hertz = newHertz
    }

    /// CNTFRQ: the frequency in Hz that firmware has set; 0 if it has set none.
    public static var frequencyRegister: UInt32 { port_counter_frequency() }

    /// Reads the counter: `isb`, then CNTVCT.
    @inline(__always)
    public static func read() -> UInt64 { port_counter() }

    /// Sets the timer (CNTV_CVAL): its line is high while CNTVCT is at or above `count`.
    @inline(__always)
    public static func setDeadline(_ count: UInt64) {
      port_timer_set(count)
      port_timer_control(1)
    }

    /// Disables the timer (CNTV_CTL.ENABLE).
    public static func stopDeadline() { port_timer_control(0) }

    /// Lets user mode read CNTVCT, but no other register of the timer (CNTKCTL: PL0VCTEN alone).
    /// Each CPU calls it before it runs a program.
    public static func allowUserReads() { port_counter_access(2) }
  }
#endif
