// SPDX-License-Identifier: Apache-2.0
// The per-CPU areas, as far as other CPUs read or write them. TPIDRPRW has the address of a CPU's
// own.
#if arch(arm)
  import PortARMv7AAssembly
  import System

  // SAFETY: there are eight areas, which are never freed; the assembly limits CPU numbers to them.
  /// A CPU's area, as other CPUs see it.
  public enum ProcessorArea {
    /// The most CPUs.
    public static let limit: UInt32 = 8

    /// The phase of a CPU, with acquire ordering: what it stored before the phase is visible.
    public static func phase(of cpu: UInt32) -> ProcessorPhase {
      ProcessorPhase(rawValue: port_phase(cpu)) ?? .off
    }

    /// Sets the phase of a CPU, with release ordering: all earlier stores become visible with it.
    public static func setPhase(_ phase: ProcessorPhase, of cpu: UInt32) {
      port_set_phase(cpu, phase.rawValue)
    }

    /// Changes the phase of a CPU atomically; returns false if it was not `from`.
    public static func change(_ cpu: UInt32, from: ProcessorPhase, to: ProcessorPhase) -> Bool {
      port_change_phase(cpu, from.rawValue, to.rawValue)
    }

    /// Prepares the area of a CPU before it is started. `stackTop` is the top of its idle task's
    /// stack.
    public static func prepare(_ cpu: UInt32, stackTop: UInt32, task: UInt32) {
      let area = unsafe port_cpu_area(cpu)
      unsafe area.pointee.number = cpu
      unsafe area.pointee.stack = stackTop
      unsafe area.pointee.task = task
      setPhase(.off, of: cpu)
      port_dsb()
    }

    /// The number of the task that a CPU runs.
    public static func task(of cpu: UInt32) -> UInt32 { unsafe port_cpu_area(cpu).pointee.task }

    /// The affinity fields of the running CPU's MPIDR, by which firmware identifies it.
    public static var identity: UInt32 { port_multiprocessor_identity() & 0x00ff_ffff }

    /// A CPU's bit in the interrupt controller's target masks; 0 until the CPU has stored it.
    public static func ipiTarget(of cpu: UInt32) -> UInt32 {
      unsafe port_cpu_area(cpu).pointee.signal
    }

    /// Stores the running CPU's target bit.
    public static func setIPITarget(_ bit: UInt32) { unsafe port_cpu().pointee.signal = bit }

    /// Stores the calling CPU's MIDR in its area.
    public static func storeMainIdentity() {
      unsafe port_cpu().pointee.identity = port_main_identity()
    }

    /// The MIDR of a running CPU.
    public static func mainIdentity(of cpu: UInt32) -> UInt32 {
      unsafe port_cpu_area(cpu).pointee.identity
    }

    /// Counts an interrupt of the calling CPU that no handler served, by kind: 0 is a line without
    /// a handler, 1 is a spurious interrupt.
    @inline(__always)
    public static func countInterrupt(_ kind: UInt32) { port_count_interrupt(kind) }

    /// The number of interrupts of a kind on a CPU. Wraps at 32 bits.
    public static func interruptCount(of cpu: UInt32, _ kind: UInt32) -> UInt32 {
      port_interrupt_count(cpu, kind)
    }

    /// True while the test kernel measures how long the calling CPU masks interrupts.
    public static var isMeasured: Bool {
      @inline(__always) get { unsafe port_cpu().pointee.watched != 0 }
    }

    /// Starts or stops the measurement of masked time on a CPU.
    public static func setMeasured(_ isWatched: Bool, of cpu: UInt32) {
      unsafe port_cpu_area(cpu).pointee.watched = isWatched ? 1 : 0
    }

    /// The number of nested interrupts that a CPU is serving.
    public static func interruptDepth(of cpu: UInt32) -> UInt32 { port_interrupt_depth(cpu) }

    /// Parks the CPU: waits permanently, with interrupts masked.
    public static func park() -> Never {
      _ = port_mask_interrupts()
      while true { port_wait() }
    }
  }
#endif
