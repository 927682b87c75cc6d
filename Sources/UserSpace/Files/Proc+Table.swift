// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The files of /proc.
extension Proc {
  /// The file of row `number`; one in no directory after the last. A new file is a row here.
  @inline(__always)
  static func file(_ number: UInt32) -> ProcFile<P> {
    switch number {
    // The machine.
    case 0:
      ProcFile("self", mode: 0o120777) { (window, _) in
        window.decimal(UInt64(P.processIdentifier.rawValue))
      }
    case 1: ProcFile("cmdline", .byte) { (window, _) in describeCommandLine(to: &window) }
    case 2: ProcFile("meminfo") { (window, _) in describeMemory(to: &window) }
    case 3: ProcFile("uptime") { (window, _) in describeUptime(to: &window) }
    case 4: ProcFile("vdso") { (window, _) in P.describeVdso(to: &window, at: P.vdso) }
    case 5: ProcFile("vdso.so", .byte) { (window, _) in P.writeVdsoImage(to: &window) }
    case 6: ProcFile("buddyinfo") { (window, _) in describeFreeBlocks(to: &window) }
    case 7: ProcFile("tasks") { (window, _) in P.describeTasks(to: &window) }
    case 8: ProcFile("cpuinfo") { (window, _) in P.describeProcessors(to: &window) }
    case 9: ProcFile("interrupts") { (window, _) in P.describeInterrupts(to: &window) }
    case 10: ProcFile("cpu", lists: .processors)
    case 11:
      ProcFile("alignment", in: .processors) { (window, _) in P.describeAlignment(to: &window) }
    case 12: ProcFile("locks") { (window, _) in P.describeLocks(to: &window) }
    case 13: ProcFile("", members: .processes, lists: .process)

    // A process.
    case 14: ProcFile("task", in: .process, lists: .tasks)
    case 15: ProcFile("fd", in: .process, mode: 0o040500, lists: .descriptors)
    case 16:
      ProcFile("environ", in: .process, mode: 0o100400, .marked) { (window, subject) in
        describeStrings(of: subject.process, to: &window) { $0.environment }
      }
    case 17:
      ProcFile("auxv", in: .process, mode: 0o100400, .marked) { (window, subject) in
        describeStrings(of: subject.process, to: &window) { $0.vector }
      }
    case 18:
      ProcFile("status", in: .process) { (window, subject) in
        var shown = Shown()
        if load(&shown, of: subject.process) { describe(&shown, to: &window) }
      }
    case 19:
      ProcFile("limits", in: .process) { (window, subject) in
        describeLimits(of: subject.process, to: &window)
      }
    case 20:
      ProcFile(
        "comm", in: .process, mode: 0o100644,
        taking: { (buffer, subject) throws(Errno) in
          try takeName(buffer, of: subject.process.firstThread)
        }
      ) { (window, subject) in
        var status = ProcessStatus()
        if P.describe(subject.process, to: &status) { describeName(status, to: &window) }
      }
    case 21:
      ProcFile("cmdline", in: .process, .marked) { (window, subject) in
        describeStrings(of: subject.process, to: &window) { $0.arguments }
      }
    case 22:
      ProcFile("stat", in: .process) { (window, subject) in
        var shown = Shown()
        if load(&shown, of: subject.process) { describeNumbers(&shown, to: &window) }
      }
    case 23:
      ProcFile("statm", in: .process) { (window, subject) in
        describePages(of: subject.process, to: &window)
      }
    case 24:
      ProcFile("maps", in: .process, .marked) { (window, subject) in
        forEachRegion(of: subject.process, &window) { describe($0, to: &$1) }
      }
    case 25:
      ProcFile(link: "cwd", in: .process) { (subject) in P.nodes(of: subject.process)?.directory }
    case 26:
      ProcFile(link: "root", in: .process) { (subject) in P.nodes(of: subject.process)?.root }
    case 27:
      ProcFile(link: "exe", in: .process) { (subject) in P.nodes(of: subject.process)?.executable }
    case 28:
      ProcFile("smaps", in: .process, .marked) { (window, subject) in
        forEachRegion(of: subject.process, &window) {
          describeDetails($0, of: subject.process, to: &$1)
        }
      }
    case 29:
      ProcFile(
        "oom_score_adj", in: .process, mode: 0o100644,
        taking: { (buffer, subject) throws(Errno) in
          try takeMemoryScore(buffer, of: subject.process)
        }
      ) { (window, subject) in describeMemoryScore(of: subject.process, to: &window) }
    case 30:
      ProcFile("counters", in: .process) { (window, subject) in
        describeCounters(of: subject.process, to: &window)
      }
    case 31:
      ProcFile(link: "", in: .descriptors, members: .descriptors) { (subject) in
        P.openFile(subject.descriptor, of: subject.process)?.node
      }

    // A thread.
    case 32: ProcFile("", in: .tasks, members: .threads, lists: .thread)
    case 33:
      ProcFile("status", in: .thread) { (window, subject) in
        var shown = Shown()
        if load(&shown, of: subject.thread) { describe(&shown, to: &window) }
      }
    case 34:
      ProcFile(
        "comm", in: .thread, mode: 0o100644,
        taking: { (buffer, subject) throws(Errno) in try takeName(buffer, of: subject.thread) }
      ) { (window, subject) in
        var status = ProcessStatus()
        if P.describe(subject.thread, to: &status) { describeName(status, to: &window) }
      }
    case 35:
      ProcFile("stat", in: .thread) { (window, subject) in
        var shown = Shown()
        if load(&shown, of: subject.thread) { describeNumbers(&shown, to: &window) }
      }

    // The machine, as programs for Linux ask.
    case 36: ProcFile("mounts", mode: 0o120777) { (window, _) in window.text("self/mounts") }
    case 37:
      ProcFile("mounts", in: .process, .marked) { (window, _) in
        describeMounts(isDetailed: false, to: &window)
      }
    case 38:
      ProcFile("filesystems") { (window, _) in
        window.text("nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\n")
      }
    case 39: ProcFile("version") { (window, _) in describeVersion(to: &window) }
    case 40: ProcFile("sys", lists: .settings)
    case 41: ProcFile("kernel", in: .settings, lists: .kernelSettings)
    case 42: ProcFile("vm", in: .settings, lists: .memorySettings)
    case 43: ProcFile("fs", in: .settings, lists: .fileSettings)
    case 44:
      ProcFile("ostype", in: .kernelSettings) { (window, _) in
        line(SystemName.system, to: &window)
      }
    case 45:
      ProcFile(
        "hostname", in: .kernelSettings, mode: 0o100644,
        taking: { (buffer, _) throws(Errno) in try takeName(buffer, isDomain: false) }
      ) { (window, _) in
        line(P.names.node, to: &window)
      }
    case 46:
      ProcFile(
        "domainname", in: .kernelSettings, mode: 0o100644,
        taking: { (buffer, _) throws(Errno) in try takeName(buffer, isDomain: true) }
      ) { (window, _) in
        line(P.names.domain, to: &window)
      }
    case 47:
      ProcFile("osrelease", in: .kernelSettings) { (window, _) in
        line(SystemName.release, to: &window)
      }
    case 48:
      ProcFile("version", in: .kernelSettings) { (window, _) in
        line(SystemName.version, to: &window)
      }
    case 49: ProcFile("pid_max", in: .kernelSettings) { (window, _) in line("32768", to: &window) }
    case 50:
      ProcFile("ngroups_max", in: .kernelSettings) { (window, _) in line("65536", to: &window) }
    case 51:
      ProcFile("cap_last_cap", in: .kernelSettings) { (window, _) in line("40", to: &window) }
    case 52:
      ProcFile("threads-max", in: .kernelSettings) { (window, _) in line("126", to: &window) }
    case 53: ProcFile("random", in: .kernelSettings, lists: .randomSettings)
    case 54:
      ProcFile("uuid", in: .randomSettings) { (window, _) in
        describeUUID(P.randomWords(), to: &window)
      }
    case 55:
      ProcFile("overcommit_memory", in: .memorySettings) { (window, _) in line("0", to: &window) }
    case 56:
      ProcFile("max_map_count", in: .memorySettings) { (window, _) in line("65530", to: &window) }
    case 57:
      ProcFile("mmap_min_addr", in: .memorySettings) { (window, _) in line("4096", to: &window) }
    case 58: ProcFile("file-max", in: .fileSettings) { (window, _) in line("4096", to: &window) }
    case 59: ProcFile("nr_open", in: .fileSettings) { (window, _) in line("4096", to: &window) }
    case 60:
      ProcFile("pipe-max-size", in: .fileSettings) { (window, _) in line("1048576", to: &window) }
    case 61: ProcFile("sys", in: .hidden, lists: .system)
    case 62:
      ProcFile("", in: .information, members: .descriptors, mode: 0o100400) { (window, subject) in
        describeDescriptor(subject, to: &window)
      }
    case 63: ProcFile("fdinfo", in: .process, lists: .information)
    case 64:
      ProcFile("io", in: .process, mode: 0o100400) { (window, subject) in
        describeTransfers(of: subject.process, to: &window)
      }
    case 65: ProcFile("stat") { (window, _) in describeActivity(to: &window) }
    case 66: ProcFile("loadavg") { (window, _) in describeLoad(to: &window) }
    case 67: ProcFile("vmstat") { (window, _) in describePageCounts(to: &window) }
    case 68:
      ProcFile("swaps") { (window, _) in
        line("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority", to: &window)
      }
    case 69:
      ProcFile("thread-self", mode: 0o120777) { (window, _) in describeOwnThread(to: &window) }
    case 70:
      ProcFile("mountinfo", in: .process, .marked) { (window, _) in
        describeMounts(isDetailed: true, to: &window)
      }
    case 71:
      ProcFile("boot_id", in: .randomSettings) { (window, _) in
        describeUUID(P.bootNumber, to: &window)
      }
    case 72:
      ProcFile("entropy_avail", in: .randomSettings) { (window, _) in line("256", to: &window) }
    case 73: ProcFile("inotify", in: .fileSettings, lists: .watchSettings)

    // /sys.
    case 74: ProcFile("devices", in: .system, lists: .devices)
    case 75: ProcFile("system", in: .devices, lists: .systemDevices)
    case 76: ProcFile("cpu", in: .systemDevices, lists: .cpus)
    case 77: ProcFile("online", in: .cpus) { (window, _) in describeProcessorList(to: &window) }
    case 78: ProcFile("possible", in: .cpus) { (window, _) in describeProcessorList(to: &window) }
    case 79: ProcFile("present", in: .cpus) { (window, _) in describeProcessorList(to: &window) }
    case 80: ProcFile("", in: .cpus, members: .processors, lists: .cpu)
    case 81: ProcFile("topology", in: .cpu, lists: .topology)
    case 82:
      ProcFile("core_id", in: .topology) { (window, subject) in
        window.decimal(UInt64(subject.number))
        window.text("\n")
      }
    case 83:
      ProcFile("physical_package_id", in: .topology) { (window, _) in line("0", to: &window) }
    case 84:
      ProcFile("thread_siblings", in: .topology) { (window, subject) in
        describeProcessorMask(CpuMask(cpu: subject.number), to: &window)
      }
    case 85:
      ProcFile("thread_siblings_list", in: .topology) { (window, subject) in
        window.decimal(UInt64(subject.number))
        window.text("\n")
      }
    case 86:
      ProcFile("core_siblings", in: .topology) { (window, _) in
        describeProcessorMask(P.processors, to: &window)
      }
    case 87:
      ProcFile("core_siblings_list", in: .topology) { (window, _) in
        describeProcessorList(to: &window)
      }
    // A thread's, as its process's.
    case 88:
      ProcFile("cmdline", in: .thread, .marked) { (window, subject) in
        guard let process = P.process(of: subject.thread) else { return }
        describeStrings(of: process, to: &window) { $0.arguments }
      }
    // Further settings.
    case 89: ProcFile("poolsize", in: .randomSettings) { (window, _) in line("256", to: &window) }
    case 90:
      ProcFile("max_queued_events", in: .watchSettings) { (window, _) in
        line(Notifiers<P>.greatestEventCount, to: &window)
      }
    case 91:
      ProcFile("max_user_instances", in: .watchSettings) { (window, _) in
        line(Notifiers<P>.greatestCount, to: &window)
      }
    case 92:
      ProcFile("max_user_watches", in: .watchSettings) { (window, _) in
        line(Watches<P>.greatestCount, to: &window)
      }
    case 93: ProcFile("mqueue", in: .fileSettings, lists: .queueSettings)
    case 94:
      ProcFile("msg_default", in: .queueSettings) { (window, _) in
        line(NamedQueue.Limits.usual.count, to: &window)
      }
    case 95:
      ProcFile("msg_max", in: .queueSettings) { (window, _) in
        line(NamedQueue.Limits.greatest.count, to: &window)
      }
    case 96:
      ProcFile("msgsize_default", in: .queueSettings) { (window, _) in
        line(NamedQueue.Limits.usual.size, to: &window)
      }
    case 97:
      ProcFile("msgsize_max", in: .queueSettings) { (window, _) in
        line(NamedQueue.Limits.greatest.size, to: &window)
      }
    case 98:
      ProcFile("queues_max", in: .queueSettings) { (window, _) in
        line(NamedQueue.greatestQueueCount, to: &window)
      }
    #if DEBUG || WATCH
      case 99:
        ProcFile(
          "latency", mode: 0o100644,
          taking: { (buffer, _) in
            PreemptionWatch.restart()
            return Word(buffer.count)
          }
        ) { (window, _) in PreemptionWatch.describe(to: &window) }
    #endif
    #if DEBUG  // Only debug builds record a trace.
      case 100:
        ProcFile(
          "trace", mode: 0o100644, .byte,
          taking: { (buffer, _) throws(Errno) in try controlTrace(buffer) }
        ) { (window, _) in P.describeTrace(to: &window) }
    #endif
    default: ProcFile("", in: .none) { (_, _) in }
    }
  }

  // Each field of the table has a function of its own, so that the compiler makes a table of it.

  @inline(never)
  static func name(_ row: UInt32) -> StaticString { file(row).name }

  @inline(never)
  static func mode(_ row: UInt32) -> UInt32 { file(row).mode }

  @inline(never)
  static func directory(_ row: UInt32) -> ProcFile<P>.Directory { file(row).directory }

  @inline(never)
  static func lists(_ row: UInt32) -> ProcFile<P>.Directory { file(row).lists }

  @inline(never)
  static func members(_ row: UInt32) -> ProcFile<P>.Members { file(row).members }

  @inline(never)
  static func record(_ row: UInt32) -> TextRecord { file(row).record }

  @inline(never)
  static func target(_ row: UInt32, of subject: ProcSubject) -> FileNode? {
    file(row).target(subject)
  }

  @inline(never)
  static func write(_ row: UInt32, of subject: ProcSubject, to window: inout TextWindow) {
    file(row).write(&window, subject)
  }

  @inline(never)
  static func take(
    _ row: UInt32, of subject: ProcSubject, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word { try file(row).take(buffer, subject) }
}
