// SPDX-License-Identifier: Apache-2.0
// How many instructions something took, where the machine can tell.
#if arch(arm)
  import PortARMv7AAssembly

  /// The performance monitors' event "instruction architecturally executed" (ARM DDI 0406C, C12.8.2:
  /// event 0x08) on this CPU's first counter, wrapping at 32 bits.
  ///
  /// QEMU has the event only when it counts instructions itself (`-icount`); elsewhere the counter
  /// stands still.
  public enum InstructionCounter {
    private static let instructionsExecuted: UInt32 = 0x08

    /// Starts counting on this CPU. False where there is nothing to count with.
    public static func start() -> Bool {
      let version = port_debug_features() >> 24 & 0xf
      guard version != 0, version != 0xf else { return false }
      port_select_event(0)
      port_set_event_type(instructionsExecuted)
      port_enable_events(1)
      port_control_events(1)
      return read() != read()
    }

    /// Instructions since some moment; only differences mean something.
    @inline(__always)
    public static func read() -> UInt32 { port_event_count() }
  }
#endif
