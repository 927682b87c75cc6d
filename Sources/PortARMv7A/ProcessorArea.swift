// SPDX-License-Identifier: Apache-2.0
// The per-CPU areas, as far as other CPUs read or write them. TPIDRPRW has the address of a CPU's
// own.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore
  import System

  /// The CPUs' areas. A CPU alone changes its own, except for `stack` and `watched`, and for all of
  /// it before the CPU is started; other CPUs read single words of it.
  public enum ProcessorArea {
    /// Compiles only if assembly has room for as many CPUs as `PerCPU`.
    private static func check(_ limit: port_cpu_limit) -> PerCPU<UInt8> {
      let (a, b, c, d, e, f, g, h) = limit.bytes
      return [a, b, c, d, e, f, g, h]
    }

    /// The area of the running CPU.
    static var own: port_cpu_area {
      // SAFETY: start.S sets TPIDRPRW to the address of this CPU's area before any Swift code runs,
      // and an area is never freed.
      @inline(__always) unsafeAddress { unsafe UnsafePointer(port_cpu()) }
      // SAFETY: the area is never freed; only this CPU changes what it changes here.
      @inline(__always) unsafeMutableAddress { unsafe port_cpu() }
    }

    /// The area of CPU `cpu`.
    static subscript(cpu: UInt32) -> port_cpu_area {
      // SAFETY: there is an area for each number, and none is freed; the function limits the
      // number.
      @inline(__always) unsafeAddress { unsafe UnsafePointer(port_cpu_area(cpu)) }
      // SAFETY: there is an area for each number, and none is freed; the function limits the
      // number.
      @inline(__always) unsafeMutableAddress { unsafe port_cpu_area(cpu) }
    }

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
    public static func prepare(_ cpu: UInt32, stackTop: UInt32, task: TaskNumber) {
      self[cpu].number = cpu
      self[cpu].stack = stackTop
      self[cpu].task = task.rawValue
      setPhase(.off, of: cpu)
      port_dsb()
    }

    /// Sets the running CPU's task and owner word, with one access to TPIDRPRW.
    @inline(__always)
    static func setRunning(_ task: TaskNumber, owner: UInt32) {
      func set(_ area: inout port_cpu_area) { (area.task, area.owner) = (task.rawValue, owner) }
      set(&own)
    }

    /// The number of the task that a CPU runs.
    public static func task(of cpu: UInt32) -> TaskNumber {
      TaskNumber(rawValue: self[cpu].task)
    }

    /// The affinity fields of the running CPU's MPIDR, by which firmware identifies it.
    public static var identity: UInt32 { port_multiprocessor_identity() & 0x00ff_ffff }

    /// A CPU's bit in the interrupt controller's target masks; 0 until the CPU has stored it.
    public static func ipiTarget(of cpu: UInt32) -> UInt32 {
      self[cpu].signal
    }

    /// Stores the running CPU's target bit.
    public static func setIPITarget(_ bit: UInt32) { own.signal = bit }

    /// Stores the calling CPU's MIDR in its area.
    public static func storeMainIdentity() {
      own.identity = port_main_identity()
    }

    /// The MIDR of a running CPU.
    public static func mainIdentity(of cpu: UInt32) -> UInt32 {
      self[cpu].identity
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
      @inline(__always) get { own.watched != 0 }
    }

    /// Starts or stops the measurement of masked time on a CPU.
    public static func setMeasured(_ isWatched: Bool, of cpu: UInt32) {
      self[cpu].watched = isWatched ? 1 : 0
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
