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
        describe(shown(of: subject.process), to: &window)
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
      ) { (window, subject) in describeName(P.status(of: subject.process), to: &window) }
    case 21:
      ProcFile("cmdline", in: .process, .marked) { (window, subject) in
        describeStrings(of: subject.process, to: &window) { $0.arguments }
      }
    case 22:
      ProcFile("stat", in: .process) { (window, subject) in
        describeNumbers(shown(of: subject.process), to: &window)
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
      ProcFile(link: "root", in: .process) { (subject) in
        P.nodes(of: subject.process).map { (_) in FileNode.root }
      }
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
        describe(shown(of: subject.thread), to: &window)
      }
    case 34:
      ProcFile(
        "comm", in: .thread, mode: 0o100644,
        taking: { (buffer, subject) throws(Errno) in try takeName(buffer, of: subject.thread) }
      ) { (window, subject) in describeName(P.status(of: subject.thread), to: &window) }
    case 35:
      ProcFile("stat", in: .thread) { (window, subject) in
        describeNumbers(shown(of: subject.thread), to: &window)
      }

    // The machine, as programs for Linux ask.
    case 36: ProcFile("mounts", mode: 0o120777) { (window, _) in window.text("self/mounts") }
    case 37:
      ProcFile("mounts", in: .process) { (window, _) in describeMounts(to: &window) }
    case 38:
      ProcFile("filesystems") { (window, _) in
        window.text("nodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tpipefs\n")
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
      ProcFile("hostname", in: .kernelSettings) { (window, _) in
        line(SystemName.node, to: &window)
      }
    case 46:
      ProcFile("domainname", in: .kernelSettings) { (window, _) in
        line(SystemName.domain, to: &window)
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
    case 54: ProcFile("uuid", in: .randomSettings) { (window, _) in describeUUID(to: &window) }
    case 55:
      ProcFile("overcommit_memory", in: .memorySettings) { (window, _) in line("0", to: &window) }
    case 56:
      ProcFile("max_map_count", in: .memorySettings) { (window, _) in line("65530", to: &window) }
    case 57:
      ProcFile("mmap_min_addr", in: .memorySettings) { (window, _) in line("4096", to: &window) }
    case 58: ProcFile("file-max", in: .fileSettings) { (window, _) in line("1024", to: &window) }
    case 59: ProcFile("nr_open", in: .fileSettings) { (window, _) in line("64", to: &window) }
    case 60:
      ProcFile("pipe-max-size", in: .fileSettings) { (window, _) in line("1048576", to: &window) }
    #if DEBUG  // Only debug builds record a trace.
      case 61:
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
