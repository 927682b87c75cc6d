// SPDX-License-Identifier: Apache-2.0
// What one CPU leaves for another one to see, in the areas that TPIDRPRW leads to.
#if arch(arm)
  import PortARMv7AAssembly

  // SAFETY: there are eight areas, for ever; the assembly cuts numbers to them.
  /// A CPU's area as other CPUs see it.
  public enum ProcessorArea {
    /// The most CPUs.
    public static let limit: UInt32 = 8

    /// How far the start of a CPU has come, or its end; in this order, but for the last.
    public enum Phase: UInt32 {
      /// Nobody has seen it.
      case off = 0
      /// It runs, and waits until it may compare counters.
      case arrived = 1
      /// It compares.
      case comparing = 2
      /// It has compared, and waits until it may run tasks.
      case ready = 3
      /// It may.
      case admitted = 4
      /// It runs tasks.
      case running = 5
      /// A panic has stopped it.
      case stopped = 6
      /// It did not come in time, and must not.
      case givenUp = 7
    }

    /// The phase of a CPU; what it did before is seen, too.
    public static func phase(of cpu: UInt32) -> Phase { Phase(rawValue: port_phase(cpu)) ?? .off }

    /// Lets others see the phase of a CPU, and all that was done before.
    public static func setPhase(_ phase: Phase, of cpu: UInt32) {
      port_set_phase(cpu, phase.rawValue)
    }

    /// Changes the phase of a CPU; false if it was not `from`.
    public static func change(_ cpu: UInt32, from: Phase, to: Phase) -> Bool {
      port_change_phase(cpu, from.rawValue, to.rawValue)
    }

    /// Prepares the area of a CPU that is about to be started, with the top of its stack.
    public static func prepare(_ cpu: UInt32, stackTop: UInt32, task: UInt32) {
      let area = unsafe port_cpu_area(cpu)
      unsafe area.pointee.number = cpu
      unsafe area.pointee.stack = stackTop
      unsafe area.pointee.task = task
      setPhase(.off, of: cpu)
      port_dsb()
    }

    /// The task that a CPU runs.
    public static func task(of cpu: UInt32) -> UInt32 { unsafe port_cpu_area(cpu).pointee.task }

    /// The affinity bits of the running CPU's MPIDR: how firmware calls it.
    public static var identity: UInt32 { port_multiprocessor_identity() & 0x00ff_ffff }

    /// The bit by which the interrupt controller knows a CPU; 0 before it has said so.
    public static func signalBit(of cpu: UInt32) -> UInt32 {
      unsafe port_cpu_area(cpu).pointee.signal
    }

    /// The running CPU's own bit.
    public static func setSignalBit(_ bit: UInt32) { unsafe port_cpu().pointee.signal = bit }

    /// Notes what the calling CPU is: its MIDR, for `mainIdentity`.
    public static func noteMainIdentity() {
      unsafe port_cpu().pointee.identity = port_main_identity()
    }

    /// The MIDR of a CPU that runs.
    public static func mainIdentity(of cpu: UInt32) -> UInt32 {
      unsafe port_cpu_area(cpu).pointee.identity
    }

    /// Counts an interrupt of the calling CPU: kind 0 is the tick's, 1 to 4 the signals', 5 those that
    /// nobody serves, 6 what was no interrupt any more.
    @inline(__always)
    public static func countInterrupt(_ kind: UInt32) { port_count_interrupt(kind) }

    /// How many interrupts of a kind a CPU has had. Wraps.
    public static func interruptCount(of cpu: UInt32, _ kind: UInt32) -> UInt32 {
      port_interrupt_count(cpu, kind)
    }

    /// True while the test kernel watches how long the calling CPU masks interrupts.
    public static var isWatched: Bool {
      @inline(__always) get { unsafe port_cpu().pointee.watched != 0 }
    }

    /// Says whether that is watched of a CPU.
    public static func setWatched(_ isWatched: Bool, of cpu: UInt32) {
      unsafe port_cpu_area(cpu).pointee.watched = isWatched ? 1 : 0
    }

    /// How many interrupts a CPU is serving, one within the other.
    public static func interruptDepth(of cpu: UInt32) -> UInt32 { port_interrupt_depth(cpu) }

    /// Waits for an interrupt for ever, with interrupts masked: the end of a CPU.
    public static func park() -> Never {
      _ = port_mask_interrupts()
      while true { port_wait() }
    }
  }
#endif
