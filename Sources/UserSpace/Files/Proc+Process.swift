// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The texts about a process or a thread, in Linux's formats (fs/proc/array.c, base.c). What needs
/// preemption points comes first; the rest is copied at once, so that no text is torn.
extension Proc {
  /// /proc/PID/comm.
  static func describeName(_ status: ProcessStatus, to window: inout TextWindow) {
    name(status, to: &window)
    window.text("\n")
  }

  private static func name(_ status: ProcessStatus, to window: inout TextWindow) {
    for index in 0..<16 {
      guard status.name[index] != 0 else { return }
      window.put(status.name[index])
    }
  }

  /// What is shown of a process or a thread, and the sizes of the process's memory; nil for a zombie.
  /// It is filled in place and passed as inout: the compiler copies all fields of an optional, and
  /// of a parameter.
  struct Shown {
    var status = ProcessStatus()
    var sizes: MemorySizes?
  }

  /// Fills `shown` for a process; false if the process has gone.
  @inline(never)
  static func load(_ shown: inout Shown, of process: ProcessID) -> Bool {
    shown.sizes = sizes(of: process, countsShared: false)
    return P.describe(process, to: &shown.status)
  }

  /// Fills `shown` for a thread; false if the thread has gone.
  @inline(never)
  static func load(_ shown: inout Shown, of thread: ThreadID) -> Bool {
    guard let process = P.process(of: thread) else { return false }
    shown.sizes = sizes(of: process, countsShared: false)
    return P.describe(thread, to: &shown.status)
  }

  /// stat: writes the 52 fields of proc(5), which are numbered from 1. 0 stands for what this
  /// kernel does not know: the flags, the addresses of code and data, the registers, and the
  /// delays.
  @inline(never)
  static func describeNumbers(_ shown: inout Shown, to window: inout TextWindow) {
    let memory = P.memory(of: shown.status.process)
    let strings = memory?.strings ?? ProgramStrings()
    var fields = InlineArray<53, Int64>(repeating: 0)
    fields[4] = Int64(shown.status.parent.rawValue)
    fields[5] = Int64(shown.status.group.rawValue)
    fields[6] = Int64(shown.status.session.rawValue)
    fields[7] = shown.status.terminal.map { $0.pseudo.map { 136 << 8 | Int64($0) } ?? console } ?? 0
    fields[8] = shown.status.foreground != .zero ? Int64(shown.status.foreground.rawValue) : -1
    fields[10] = Int64(memory?.space.faultCount ?? 0)
    fields[14] = ticks(shown.status.time.user)
    fields[15] = ticks(shown.status.time.system)
    fields[16] = ticks(shown.status.childrenTime.user)
    fields[17] = ticks(shown.status.childrenTime.system)
    let scheduling = shown.status.scheduling
    fields[18] = scheduling.statPriority
    fields[19] = Int64(scheduling.nice.rawValue)
    fields[20] = Int64(shown.status.threads)
    fields[22] = ticks(shown.status.started)
    fields[23] = Int64(shown.sizes?.total ?? 0) << Int64(Page.shift)
    fields[24] = Int64(shown.sizes?.resident ?? 0)
    let limit = P.limit(5, of: shown.status.process)?.soft ?? .max  // RLIMIT_RSS
    fields[28] = Int64(strings.stack.word)
    fields[31] = Int64(shown.status.pending & 0x7fff_ffff)
    fields[32] = Int64(shown.status.blocked & 0x7fff_ffff)
    fields[33] = Int64(shown.status.ignored & 0x7fff_ffff)
    fields[34] = Int64(shown.status.handled & 0x7fff_ffff)
    fields[38] = Int64(shown.status.endSignal)
    fields[39] = Int64(shown.status.cpu)
    fields[40] = Int64(scheduling.priority)
    fields[41] = Int64(scheduling.policy.rawValue)
    fields[48] = Int64(strings.arguments.lowerBound.word)
    fields[49] = Int64(strings.arguments.upperBound.word)
    fields[50] = Int64(strings.environment.lowerBound.word)
    fields[51] = Int64(strings.environment.upperBound.word)
    fields[52] = Int64(shown.status.exitStatus)
    window.decimal(UInt64(shown.status.thread.rawValue))
    window.text(" (")
    name(shown.status, to: &window)
    window.text(") ")
    window.put(shown.status.state.text.bytes[0])
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
  static func describe(_ shown: inout Shown, to window: inout TextWindow) {
    window.text("Name:\t")
    name(shown.status, to: &window)
    if shown.sizes != nil {
      window.text("\nUmask:\t0")
      var shift: UInt32 = 9
      while shift > 0 {
        shift -= 3
        window.decimal(UInt64(shown.status.fileMask >> shift & 7))
      }
    }
    window.text("\nState:\t")
    window.text(shown.status.state.text)
    field("\nTgid:", shown.status.process.rawValue, to: &window)
    field("\nNgid:", 0, to: &window)
    field("\nPid:", shown.status.thread.rawValue, to: &window)
    field("\nPPid:", shown.status.parent.rawValue, to: &window)
    window.text("\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0")
    field("\nFDSize:", shown.status.descriptors, to: &window)
    window.text("\nGroups:\t ")
    field("\nNStgid:", shown.status.process.rawValue, to: &window)
    field("\nNSpid:", shown.status.thread.rawValue, to: &window)
    field("\nNSpgid:", shown.status.group.rawValue, to: &window)
    field("\nNSsid:", shown.status.session.rawValue, to: &window)
    window.text("\n")
    if let sizes = shown.sizes { describe(sizes, to: &window) }
    field("Threads:", shown.status.threads, to: &window)
    window.text("\nSigQ:\t0/")
    window.decimal(UInt64(shown.status.signalLimit))
    set("\nSigPnd:", shown.status.pending, to: &window)
    set("\nShdPnd:", shown.status.sharedPending, to: &window)
    set("\nSigBlk:", shown.status.blocked, to: &window)
    set("\nSigIgn:", shown.status.ignored, to: &window)
    set("\nSigCgt:", shown.status.handled, to: &window)
    set("\nCapInh:", 0, to: &window)
    set("\nCapPrm:", Capabilities.all, to: &window)
    set("\nCapEff:", Capabilities.all, to: &window)
    set("\nCapBnd:", Capabilities.all, to: &window)
    set("\nCapAmb:", 0, to: &window)
    field("\nNoNewPrivs:", shown.status.hasNoNewPrivileges ? 1 : 0, to: &window)
    window.text(
      "\nSeccomp:\t0\nSeccomp_filters:\t0\nSpeculation_Store_Bypass:\tunknown\n"
    )
    window.text("SpeculationIndirectBranch:\tunsupported\nCpus_allowed:\t")
    window.hexadecimal(shown.status.affinity.rawValue, width: 1)
    window.text("\nCpus_allowed_list:\t")
    list(shown.status.affinity, to: &window)
    window.text("\nMems_allowed:\t1\nMems_allowed_list:\t0")
    field("\nvoluntary_ctxt_switches:", shown.status.switches, to: &window)
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
