// SPDX-License-Identifier: Apache-2.0
#if DEBUG || WATCH
  // SAFETY: the memory is handed over at boot and never freed; the caller passes a CPU's number.
  /// The records of all CPUs. Each CPU writes only its own, and `restart` clears all: a section that
  /// ends at the same time, or while the records are read, may be shown with mixed words.
  @safe private struct PreemptionRecords {
    let memory: UnsafeMutablePointer<PreemptionRecord>
    let machine: PreemptionWatch.Machine

    subscript(cpu: UInt32) -> PreemptionRecord {
      unsafeAddress { unsafe UnsafePointer(memory + Int(cpu)) }
      nonmutating unsafeMutableAddress { unsafe memory + Int(cpu) }
    }

    /// The instructions of a CPU so far without those of interrupts. An interrupt between the two
    /// reads would count in one of them only, so the reads are made again then.
    func time(of cpu: UInt32) -> UInt32 {
      while true {
        let before = self[cpu].interruptTime
        let now = machine.clock()
        // Wrapping: only differences of times are used.
        if self[cpu].interruptTime == before { return now &- before }
      }
    }

    func end(_ edge: PreemptionEdge, on cpu: UInt32) {
      guard self[cpu].end(edge, at: time(of: cpu)) else { return }
      for index in self[cpu].longestSection.places.indices {
        self[cpu].longestSection.places[index] = machine.place(UInt32(index))
      }
    }
  }

  /// The longest section with preemption off of each CPU, in debug builds and in the watched kernel
  /// (make watched-kernel). It works after `install`.
  ///
  /// A section begins where a thread of a program enters the kernel, is switched in or passes a
  /// preemption point, and ends at the next preemption point, switch or return to user mode. Tasks
  /// without a program are preempted at interrupts and have none. The time of interrupts does not
  /// count; the wait for the kernel lock does.
  public enum PreemptionWatch {
    /// What the watch asks the machine, as functions that capture nothing.
    public struct Machine: Sendable {
      let processor: @convention(c) () -> UInt32
      let clock: @convention(c) () -> UInt32
      let place: @convention(c) (_ depth: UInt32) -> UInt32
      let build: @convention(c) () -> UInt64

      /// A machine whose `processor` is the running CPU's number, `clock` a count of instructions
      /// that wraps, `place` the return address of the caller `depth` frames up (0 if there is
      /// none), and `build` the first eight bytes of the kernel's build ID.
      public init(
        processor: @convention(c) () -> UInt32, clock: @convention(c) () -> UInt32,
        place: @convention(c) (_ depth: UInt32) -> UInt32, build: @convention(c) () -> UInt64
      ) {
        self.processor = processor
        self.clock = clock
        self.place = place
        self.build = build
      }
    }

    // SAFETY: written at boot, before a second CPU runs.
    nonisolated(unsafe) private static var installed: PreemptionRecords?

    /// Starts the watch with memory for a record of each CPU, which is never freed; nil ends it in
    /// tests. Call at boot.
    public static func install(
      _ memory: UnsafeMutablePointer<PreemptionRecord>?, _ machine: Machine
    ) {
      // SAFETY: the caller passes unused memory for the records, before a second CPU runs.
      unsafe memory?.initialize(repeating: PreemptionRecord(), count: Int(CpuMask.limit))
      unsafe installed = memory.map { unsafe PreemptionRecords(memory: $0, machine: machine) }
    }

    /// Begins a section of this CPU, in the system call with this number.
    @inline(never)
    public static func begin(_ edge: PreemptionEdge, call: UInt32 = .max) {
      guard let (records, cpu) = own else { return }
      records[cpu].begin(edge, call: call, at: records.time(of: cpu))
    }

    /// Ends this CPU's section, if one is open.
    @inline(never)
    public static func end(_ edge: PreemptionEdge) {
      guard let (records, cpu) = own else { return }
      records.end(edge, on: cpu)
    }

    /// Ends this CPU's section, if one is open, and begins another one.
    @inline(never)
    public static func cut(_ edge: PreemptionEdge) {
      guard let (records, cpu) = own, let call = records[cpu].openCall else { return }
      records.end(edge, on: cpu)
      records[cpu].begin(edge, call: call, at: records.time(of: cpu))
    }

    /// Begins an interrupt, whose time is no part of a section. Interrupts are masked.
    @inline(never)
    public static func enterInterrupt() {
      guard let (records, cpu) = own else { return }
      records[cpu].enterInterrupt(at: records.machine.clock())
    }

    /// Ends an interrupt. Interrupts are masked.
    @inline(never)
    public static func leaveInterrupt() {
      guard let (records, cpu) = own else { return }
      records[cpu].leaveInterrupt(at: records.machine.clock())
    }

    /// Forgets the longest sections so far.
    public static func restart() {
      guard let records else { return }
      for cpu in 0..<CpuMask.limit { records[cpu].longestSection = PreemptionRecord.Section() }
    }

    /// Writes /proc/latency: a head with the kernel's build ID, and a line for each CPU that had a
    /// section. `make symbolize` reads it.
    public static func describe(to sink: inout some TextSink) {
      guard let records else { return }
      sink.text("# latency 1, build id ")
      let build = records.machine.build()
      sink.hexadecimal(UInt32(truncatingIfNeeded: build >> 32))
      sink.hexadecimal(UInt32(truncatingIfNeeded: build))
      sink.text("\n# cpu  instructions  call  from  to  places\n")
      for cpu in 0..<CpuMask.limit {
        let section = records[cpu].longestSection
        if section.duration > 0 { describe(section, of: UInt64(cpu), to: &sink) }
      }
    }

    private static func describe(
      _ section: PreemptionRecord.Section, of cpu: UInt64, to sink: inout some TextSink
    ) {
      sink.text("latency: cpu ")
      sink.decimal(cpu)
      sink.text(" ")
      sink.decimal(UInt64(section.duration))
      sink.text(" ")
      if section.call == .max { sink.text("-") } else { sink.decimal(UInt64(section.call)) }
      sink.text(" ")
      sink.text(section.edges.from.name)
      sink.text(" ")
      sink.text(section.edges.to.name)
      for index in section.places.indices where section.places[index] != 0 {
        sink.text(" 0x")
        sink.hexadecimal(section.places[index])
      }
      sink.text("\n")
    }

    private static var records: PreemptionRecords? {
      // SAFETY: it does not change after the boot.
      unsafe installed
    }

    /// The records and this CPU's number; nil before `install`.
    @inline(__always)
    private static var own: (PreemptionRecords, UInt32)? {
      guard let records else { return nil }
      let cpu = records.machine.processor()
      return cpu < CpuMask.limit ? (records, cpu) : nil
    }
  }
#else
  /// Where a section with preemption off begins or ends: nowhere in this kernel, which has no watch.
  public enum PreemptionEdge: Sendable { case call, fault, work, taskSwitch, point }

  /// The watch of other builds; here each function does nothing.
  public enum PreemptionWatch {
    /// Does nothing: this kernel has no watch.
    @inline(__always)
    public static func begin(_ edge: PreemptionEdge, call: UInt32 = .max) {}
    /// Does nothing: this kernel has no watch.
    @inline(__always)
    public static func end(_ edge: PreemptionEdge) {}
    /// Does nothing: this kernel has no watch.
    @inline(__always)
    public static func cut(_ edge: PreemptionEdge) {}
    /// Does nothing: this kernel has no watch.
    @inline(__always)
    public static func enterInterrupt() {}
    /// Does nothing: this kernel has no watch.
    @inline(__always)
    public static func leaveInterrupt() {}
  }
#endif
