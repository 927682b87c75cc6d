// SPDX-License-Identifier: Apache-2.0
// What the portable modules ask of all CPUs together.
#if arch(arm)
  import RTOSCore
  import System

  /// The statistics of the CPUs, and the end of the machine.
  public enum ProcessorControl: MachineControl {
    /// The number of interrupts of a CPU by kind, from its area. Wraps at 32 bits.
    public static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32 {
      ProcessorArea.interruptCount(of: cpu, kind.rawValue)
    }

    /// Counts an interrupt of the running CPU that no handler serves, in its area.
    public static func countInterrupt(_ kind: InterruptKind) {
      ProcessorArea.countInterrupt(kind.rawValue)
    }

    /// True if this CPU's last interrupt interrupted user mode.
    public static var hasInterruptedProgram: Bool {
      @inline(__always) get { ARMv7A.hasInterruptedProgram }
    }

    /// Stops the running CPU permanently, because another one panics.
    public static func stopProcessor() { Panic.stopThisCPU() }

    /// Writes the entry of a running CPU in /proc/cpuinfo.
    public static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink) {
      ProcessorText.describe(cpu, mainIdentity: ProcessorArea.mainIdentity(of: cpu), to: &sink)
    }

    /// Writes /proc/cpu/alignment.
    public static func describeAlignment(to sink: inout some TextSink) {
      AlignmentFaults.describe(to: &sink)
    }

    /// The number of the task that a CPU runs, from its area.
    public static func task(of cpu: UInt32) -> TaskNumber {
      ProcessorArea.task(of: cpu)
    }

    /// Starts the performance monitors' instruction counter; false if it does not count.
    public static func startCountingInstructions() -> Bool { InstructionCounter.start() }

    /// The instruction counter.
    public static var instructionCount: UInt32 {
      @inline(__always) get { InstructionCounter.read() }
    }

    /// Powers the machine off with a status.
    public static func powerOff(status: UInt32) { Power.off(status: status) }
  }
#endif
