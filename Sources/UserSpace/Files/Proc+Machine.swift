// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// The texts about the work of the machine, in Linux's formats (fs/proc/stat.c, loadavg.c, fd.c).
extension Proc {
  /// What all CPUs together have done.
  static func allTimes() -> ProcessorTimes {
    var sum = ProcessorTimes()
    var rest = P.processors
    while let cpu = rest.removeFirst() { sum = sum + P.times(of: cpu) }
    return sum
  }

  /// /proc/stat. Times are in hundredths of a second.
  static func describeActivity(to window: inout TextWindow) {
    window.text("cpu ")
    describe(allTimes(), to: &window)
    var rest = P.processors
    while let cpu = rest.removeFirst() {
      window.text("cpu")
      window.decimal(UInt64(cpu))
      describe(P.times(of: cpu), to: &window)
    }
    let processes = P.processCounts
    let uptime = P.monotonicNanoseconds() / 1_000_000_000
    let wall = UInt64(clamping: P.time(.realtime).seconds)
    number("intr ", P.interruptCount, to: &window)
    number("ctxt ", UInt64(P.contextSwitches), to: &window)
    number("btime ", wall > uptime ? wall - uptime : 0, to: &window)
    number("processes ", UInt64(processes.made), to: &window)
    number("procs_running ", UInt64(P.activeTaskCount), to: &window)
    number("procs_blocked ", 0, to: &window)
    line("softirq 0 0 0 0 0 0 0 0 0 0 0", to: &window)
  }

  /// User, nice, system and idle time; nothing waits for disks, and interrupts have no time of
  /// their own.
  private static func describe(_ times: ProcessorTimes, to window: inout TextWindow) {
    let numbers: InlineArray<4, UInt64> = [times.user, times.nice, times.system, times.idle]
    for index in 0..<4 {
      window.text(" ")
      window.decimal(numbers[index] / 10_000_000)
    }
    window.text(" 0 0 0 0 0 0\n")
  }

  /// A line of a name with its blank, and a number.
  @inline(never)
  static func number(_ name: StaticString, _ value: UInt64, to window: inout TextWindow) {
    window.text(name)
    window.decimal(value)
    window.text("\n")
  }

  /// /proc/loadavg: the averages, tasks that run or are ready of all, and the last number.
  static func describeLoad(to window: inout TextWindow) {
    let averages = P.loadAverages
    for index in 0..<3 {
      let rounded = averages[index] &+ 10  // Half of a hundredth. Wrapping: it is far below 2^32.
      window.decimal(UInt64(rounded >> 11))
      window.text(".")
      window.decimal(UInt64(((rounded & 2047) * 100) >> 11), width: 2)
      window.text(" ")
    }
    let processes = P.processCounts
    window.decimal(UInt64(P.activeTaskCount))
    window.text("/")
    window.decimal(UInt64(processes.live))
    window.text(" ")
    window.decimal(UInt64(processes.last.rawValue))
    window.text("\n")
  }

  /// /proc/vmstat: the counts that programs read. Nothing is paged or swapped.
  static func describePageCounts(to window: inout TextWindow) {
    number("nr_free_pages ", UInt64(P.memory.space.pool.freeCount), to: &window)
    number("nr_file_pages ", UInt64(FileTree<P>.pageCount), to: &window)
    number("nr_shmem ", UInt64(FileTree<P>.pageCount), to: &window)
    number("pgpgin ", 0, to: &window)
    number("pgpgout ", 0, to: &window)
    number("pswpin ", 0, to: &window)
    number("pswpout ", 0, to: &window)
  }

  /// /proc/thread-self: the running thread's directory.
  static func describeOwnThread(to window: inout TextWindow) {
    window.decimal(UInt64(P.processIdentifier.rawValue))
    window.text("/task/")
    window.decimal(UInt64(P.threadIdentifier.rawValue))
  }

  /// /proc/PID/fdinfo/N.
  static func describeDescriptor(_ subject: ProcSubject, to window: inout TextWindow) {
    guard let file = P.openFile(subject.descriptor, of: subject.process) else { return }
    number("pos:\t", file.position, to: &window)
    window.text("flags:\t0")
    octal(file.flags | (file.closesOnExec ? 0o2000000 : 0), to: &window)
    number("\nmnt_id:\t", mountNumber(of: file.node), to: &window)
    number("ino:\t", UInt64(Files<P>.status(file.node).inode), to: &window)
  }

  /// A number as octal digits.
  static func octal(_ value: UInt32, to window: inout TextWindow) {
    var shift: UInt32 = 30
    while shift > 0, value >> shift == 0 { shift -= 3 }
    while true {
      window.decimal(UInt64(value >> shift & 7))
      guard shift > 0 else { return }
      shift -= 3
    }
  }

  /// /proc/PID/io. No disk is read or written.
  static func describeTransfers(of process: ProcessID, to window: inout TextWindow) {
    var status = ProcessStatus()
    guard P.describe(process, to: &status) else { return }
    number("rchar: ", status.transfers.readBytes, to: &window)
    number("wchar: ", status.transfers.writtenBytes, to: &window)
    number("syscr: ", UInt64(status.transfers.reads), to: &window)
    number("syscw: ", UInt64(status.transfers.writes), to: &window)
    window.text("read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n")
  }

  /// The CPUs that run, as a list of ranges: all others are absent.
  static func describeProcessorList(to window: inout TextWindow) {
    list(P.processors, to: &window)
    window.text("\n")
  }

  /// A set of CPUs as a number, with a digit for each four CPUs of the machine.
  static func describeProcessorMask(_ mask: CpuMask, to window: inout TextWindow) {
    let count = 32 - P.processors.rawValue.leadingZeroBitCount
    window.hexadecimal(mask.rawValue, width: (count + 3) / 4)
    window.text("\n")
  }
}
