// SPDX-License-Identifier: Apache-2.0
// Counts executed instructions, where the machine can.
#if arch(arm)
  import PortARMv7AAssembly

  /// The performance monitors' event "instruction architecturally executed" (ARM DDI 0406C,
  /// C12.8.2: event 0x08) on this CPU's first counter. It wraps at 32 bits.
  ///
  /// QEMU has the event only with `-icount`; otherwise the counter does not change.
  public enum InstructionCounter {
    private static let instructionsExecuted: UInt32 = 0x08

    /// Starts the counter on this CPU. Returns false if there is none, or if it does not count.
    public static func start() -> Bool {
      let version = port_debug_features() >> 24 & 0xf
      guard version != 0, version != 0xf else { return false }
      port_select_event(0)
      port_set_event_type(instructionsExecuted)
      port_enable_events(1)
      port_control_events(1)
      return read() != read()
    }

    /// The number of instructions since an arbitrary start; only differences are meaningful.
    @inline(__always)
    public static func read() -> UInt32 { port_event_count() }
  }
#endif
