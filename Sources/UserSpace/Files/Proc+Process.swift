// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The texts about a process or a thread, in Linux's formats (fs/proc/array.c, base.c). What needs
/// preemption points comes first; the rest is copied at once, so that no text is torn.
extension Proc {
  /// /proc/PID/comm.
  static func describeName(_ status: ProcessStatus?, to window: inout TextWindow) {
    guard let status else { return }
    name(status, to: &window)
    window.text("\n")
  }

  private static func name(_ status: ProcessStatus, to window: inout TextWindow) {
    for index in 0..<16 {
      guard status.name[index] != 0 else { return }
      window.put(status.name[index])
    }
  }

  /// What is shown of a process or a thread, and the sizes of the process's memory; nil if it has
  /// gone.
  typealias Shown = (status: ProcessStatus, sizes: MemorySizes?)

  /// What is shown of a process.
  @inline(never)
  static func shown(of process: ProcessID) -> Shown? {
    let sizes = sizes(of: process, countsShared: false)
    return P.status(of: process).map { ($0, sizes) }
  }

  /// What is shown of a thread.
  @inline(never)
  static func shown(of thread: ThreadID) -> Shown? {
    let sizes = P.process(of: thread).flatMap { Self.sizes(of: $0, countsShared: false) }
    return P.status(of: thread).map { ($0, sizes) }
  }

  /// stat: writes the 52 fields of proc(5), which are numbered from 1. 0 stands for what this
  /// kernel does not know: the flags, the addresses of code and data, the registers, and the
  /// delays.
  @inline(never)
  static func describeNumbers(_ shown: Shown?, to window: inout TextWindow) {
    guard let (status, sizes) = shown else { return }
    let memory = P.memory(of: status.process)
    let strings = memory?.strings ?? ProgramStrings()
    var fields = InlineArray<53, Int64>(repeating: 0)
    fields[4] = Int64(status.parent.rawValue)
    fields[5] = Int64(status.group.rawValue)
    fields[6] = Int64(status.session.rawValue)
    fields[7] = status.terminal.map { $0.pseudo.map { 136 << 8 | Int64($0) } ?? console } ?? 0
    fields[8] = status.foreground != .zero ? Int64(status.foreground.rawValue) : -1
    fields[10] = Int64(memory?.space.faultCount ?? 0)
    fields[14] = ticks(status.time.user)
    fields[15] = ticks(status.time.system)
    fields[16] = ticks(status.childrenTime.user)
    fields[17] = ticks(status.childrenTime.system)
    let scheduling = status.scheduling
    fields[18] = scheduling.statPriority
    fields[19] = Int64(scheduling.nice.rawValue)
    fields[20] = Int64(status.threads)
    fields[22] = ticks(status.started)
    fields[23] = Int64(sizes?.total ?? 0) << Int64(Page.shift)
    fields[24] = Int64(sizes?.resident ?? 0)
    let limit = P.limit(5, of: status.process)?.soft ?? .max  // RLIMIT_RSS
    fields[28] = Int64(strings.stack.word)
    fields[31] = Int64(status.pending & 0x7fff_ffff)
    fields[32] = Int64(status.blocked & 0x7fff_ffff)
    fields[33] = Int64(status.ignored & 0x7fff_ffff)
    fields[34] = Int64(status.handled & 0x7fff_ffff)
    fields[38] = Int64(status.endSignal)
    fields[39] = Int64(status.cpu)
    fields[40] = Int64(scheduling.priority)
    fields[41] = Int64(scheduling.policy.rawValue)
    fields[48] = Int64(strings.arguments.lowerBound.word)
    fields[49] = Int64(strings.arguments.upperBound.word)
    fields[50] = Int64(strings.environment.lowerBound.word)
    fields[51] = Int64(strings.environment.upperBound.word)
    fields[52] = Int64(status.exitStatus)
    window.decimal(UInt64(status.thread.rawValue))
    window.text(" (")
    name(status, to: &window)
    window.text(") ")
    window.put(status.state.text.bytes[0])
    for index in 4...52 {
      window.text(" ")
      if index == 25 { window.decimal(UInt64(limit)) } else { window.decimal(fields[index]) }
    }
    window.text("\n")
  }

  /// The device number of the console, as stat shows it.
  private static var console: Int64 { 204 << 8 | 64 }

  /// Nanoseconds as clock ticks of 1/100 s.
  private static func ticks(_ nanoseconds: UInt64) -> Int64 { Int64(nanoseconds / 10_000_000) }

  /// status: the lines of Linux 6.1.
  @inline(never)
  static func describe(_ shown: Shown?, to window: inout TextWindow) {
    guard let (status, sizes) = shown else { return }
    window.text("Name:\t")
    name(status, to: &window)
    if sizes != nil {
      window.text("\nUmask:\t0")
      var shift: UInt32 = 9
      while shift > 0 {
        shift -= 3
        window.decimal(UInt64(status.fileMask >> shift & 7))
      }
    }
    window.text("\nState:\t")
    window.text(status.state.text)
    field("\nTgid:", status.process.rawValue, to: &window)
    field("\nNgid:", 0, to: &window)
    field("\nPid:", status.thread.rawValue, to: &window)
    field("\nPPid:", status.parent.rawValue, to: &window)
    window.text("\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0")
    field("\nFDSize:", status.descriptors, to: &window)
    window.text("\nGroups:\t ")
    field("\nNStgid:", status.process.rawValue, to: &window)
    field("\nNSpid:", status.thread.rawValue, to: &window)
    field("\nNSpgid:", status.group.rawValue, to: &window)
    field("\nNSsid:", status.session.rawValue, to: &window)
    window.text("\n")
    if let sizes { describe(sizes, to: &window) }
    field("Threads:", status.threads, to: &window)
    window.text("\nSigQ:\t0/")
    window.decimal(UInt64(status.signalLimit))
    set("\nSigPnd:", status.pending, to: &window)
    set("\nShdPnd:", status.sharedPending, to: &window)
    set("\nSigBlk:", status.blocked, to: &window)
    set("\nSigIgn:", status.ignored, to: &window)
    set("\nSigCgt:", status.handled, to: &window)
    set("\nCapInh:", 0, to: &window)
    set("\nCapPrm:", Capabilities.all, to: &window)
    set("\nCapEff:", Capabilities.all, to: &window)
    set("\nCapBnd:", Capabilities.all, to: &window)
    set("\nCapAmb:", 0, to: &window)
    field("\nNoNewPrivs:", status.hasNoNewPrivileges ? 1 : 0, to: &window)
    window.text(
      "\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tunknown\n"
    )
    window.text("SpeculationIndirectBranch:\tunsupported\nCpus_allowed:\t")
    window.hexadecimal(status.affinity.rawValue, width: 1)
    window.text("\nCpus_allowed_list:\t")
    list(status.affinity, to: &window)
    window.text("\nMems_allowed:\t1\nMems_allowed_list:\t0")
    field("\nvoluntary_ctxt_switches:", status.switches, to: &window)
    window.text("\nnonvoluntary_ctxt_switches:\t0\n")
  }

  /// The lines about memory. Greatest sizes are not kept: the present ones stand for them.
  private static func describe(_ sizes: MemorySizes, to window: inout TextWindow) {
    size("VmPeak:", sizes.total, to: &window)
    size("VmSize:", sizes.total, to: &window)
    size("VmLck:", 0, to: &window)
    size("VmPin:", 0, to: &window)
    size("VmHWM:", sizes.resident, to: &window)
    size("VmRSS:", sizes.resident, to: &window)
    size("RssAnon:", sizes.resident, to: &window)
    size("RssFile:", 0, to: &window)
    size("RssShmem:", 0, to: &window)
    size("VmData:", sizes.data - sizes.writableStack, to: &window)
    size("VmStk:", sizes.stack, to: &window)
    size("VmExe:", sizes.program, to: &window)
    size("VmLib:", sizes.libraries, to: &window)
    size("VmPTE:", 0, to: &window)
    size("VmSwap:", 0, to: &window)
    window.text("CoreDumping:\t0\nTHP_enabled:\t0\n")
  }

  @inline(never)
  private static func size(_ name: StaticString, _ pages: UInt32, to window: inout TextWindow) {
    window.text(name)
    window.text("\t")
    window.rightAligned(UInt64(pages) << 2, width: 8)
    window.text(" kB\n")
  }

  @inline(never)
  private static func field(_ name: StaticString, _ value: UInt32, to window: inout TextWindow) {
    window.text(name)
    window.text("\t")
    window.decimal(UInt64(value))
  }

  /// A set of 64 signals or capabilities.
  @inline(never)
  private static func set(_ name: StaticString, _ bits: UInt64, to window: inout TextWindow) {
    window.text(name)
    window.text("\t")
    window.hexadecimal(UInt32(truncatingIfNeeded: bits >> 32))
    window.hexadecimal(UInt32(truncatingIfNeeded: bits))
  }

  /// A set of CPUs as ranges: `0-2,5`.
  static func list(_ cpus: CpuMask, to window: inout TextWindow) {
    var isFirst = true
    var cpu: UInt32 = 0
    while cpu < 32 {
      guard cpus.contains(cpu) else {
        cpu += 1
        continue
      }
      let start = cpu
      while cpu < 31, cpus.contains(cpu + 1) { cpu += 1 }
      if !isFirst { window.text(",") }
      isFirst = false
      window.decimal(UInt64(start))
      if cpu > start {
        window.text("-")
        window.decimal(UInt64(cpu))
      }
      cpu += 1
    }
  }
}
