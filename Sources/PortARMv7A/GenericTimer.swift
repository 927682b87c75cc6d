// SPDX-License-Identifier: Apache-2.0
// The virtual generic timer as TickHandler's counter (ARM DDI 0406C, B8.1).
#if arch(arm)
  import PortARMv7AAssembly
  import TickHandler

  /// CNTVCT and CNTV_CVAL of the running CPU.
  public enum GenericTimer: Counter {
    // SAFETY: written once, at boot, before a second CPU runs.
    nonisolated(unsafe) private static var hertz: UInt32 = 0

    /// What `setFrequency` was told.
    public static var frequency: UInt32 {
      // SAFETY: see the declaration.
      unsafe hertz
    }

    /// Says how fast the counter runs. Once, at boot, before anything asks.
    public static func setFrequency(_ newHertz: UInt32) {
      // SAFETY: see the declaration.
      unsafe hertz = newHertz
    }

    /// CNTFRQ: what firmware says of the frequency, 0 where it says nothing.
    public static var frequencyRegister: UInt32 { port_counter_frequency() }

    /// `isb`, then CNTVCT.
    @inline(__always)
    public static func read() -> UInt64 { port_counter() }

    /// Writes CNTV_CVAL; the timer's line is high while CNTVCT is not below it.
    @inline(__always)
    public static func setDeadline(_ count: UInt64) {
      port_timer_set(count)
      port_timer_control(1)
    }

    /// Clears CNTV_CTL.ENABLE.
    public static func stopDeadline() { port_timer_control(0) }

    /// Lets programs read CNTVCT and nothing else of the timer (CNTKCTL: PL0VCTEN alone). Each CPU
    /// calls it before it runs a program.
    public static func allowUserReads() { port_counter_access(2) }
  }
#endif
