// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: the kernel lock keeps processes and threads, whose records do not move, up to the
// caller's next preemption point.
/// What /proc asks about processes and threads.
extension Platform {
  /// The process with the lowest number from `first` on; nil if there is none.
  public static func process(from first: ProcessID) -> ProcessID? {
    processes.withLock { table in table.slot(from: first).map { table[$0].identifier } }
  }

  /// The thread of a process with the lowest number from `first` on; nil if there is none.
  public static func thread(from first: ThreadID, of process: ProcessID) -> ThreadID? {
    processes.withLock { table in
      if let task = table.task(from: first, of: process) {
        return table.thread(task).pointee.identifier
      }
      guard let slot = table.index(of: process), table[slot].isZombie,
        first.rawValue <= process.rawValue
      else { return nil }
      return process.firstThread
    }
  }

  /// The process that has this thread; nil if there is no such thread.
  public static func process(of thread: ThreadID) -> ProcessID? {
    guard thread != .zero else { return nil }
    return processes.withLock { table in
      let process = table.process(named: ProcessID(firstThread: thread))
      return table.index(of: process) == nil ? nil : process
    }
  }

  /// Stores what is shown of a process in `status`, which is new; false if the process has gone.
  public static func describe(_ process: ProcessID, to status: inout ProcessStatus) -> Bool {
    describe(process, thread: .zero, to: &status)
  }

  /// Stores what is shown of a thread in `status`, which is new; false if the thread has gone.
  @inline(never)
  public static func describe(_ thread: ThreadID, to status: inout ProcessStatus) -> Bool {
    guard let process = self.process(of: thread) else { return false }
    return describe(process, thread: thread, to: &status)
  }

  /// Stores what is shown of a process, or with a `thread` of this thread of it.
  @inline(never)
  private static func describe(
    _ process: ProcessID, thread: ThreadID, to status: inout ProcessStatus
  ) -> Bool {
    var task: TaskNumber?
    let record: ProcessReference<Self>?
    do throws(Errno) {
      record = try processes.withLock { (table) throws(Errno) in
        let slot = try table.slot(of: process)
        table.describe(entryAt: slot, to: &status)
        guard let record = table[slot].record else { return nil }
        table.describe(record, to: &status)
        task = table.task(of: thread == .zero ? process.firstThread : thread)
        // The first thread may have ended before the others.
        if task == nil, thread == .zero { task = table.task(from: .zero, of: process) }
        guard let task else { return nil }
        let reference = table.thread(task)
        table.describe(reference, to: &status)
        guard thread != .zero else { return record }
        status.thread = thread
        status.started = reference.pointee.started
        status.time = table.splitTime(of: reference)
        return record
      }
    } catch { return false }
    if let record { describeActions(of: record, to: &status) }
    if let task { describe(task, to: &status) }
    return true
  }

  /// Adds which signals are ignored and which have handlers.
  private static func describeActions(
    of process: ProcessReference<Self>, to status: inout ProcessStatus
  ) {
    status.systemCalls = process.pointee.systemCalls
    for number: UInt32 in 1...64 {
      guard let signal = Signal(number: number) else { continue }
      let handler = process.pointee.signals[signal].handler
      if handler == SignalAction.ignore { status.ignored |= signal.bit }
      if handler != SignalAction.ignore, handler != 0 { status.handled |= signal.bit }
    }
  }

  /// Adds what the scheduler knows of a task.
  private static func describe(_ task: TaskNumber, to status: inout ProcessStatus) {
    guard let info = info(of: task) else { return }
    status.affinity = info.affinity.intersection(processors)
    if info.state != .blocked { status.state = .running }
    status.cpu = info.cpu
    status.switches = info.switches
  }

  /// The record of a process; nil if it has gone, ends or is a zombie.
  private static func record(of process: ProcessID) -> ProcessReference<Self>? {
    guard let record = processes.withLock({ $0.record(of: process) }),
      record.pointee.threadCount > 0
    else { return nil }
    return record
  }

  /// The address space of a process; nil if the process has gone, ends or is a zombie.
  @inline(never)
  public static func memory(of process: ProcessID) -> SpaceReference<Self>? {
    record(of: process)?.pointee.memory
  }

  /// The lowest open descriptor of a process from `first` on; nil if there is none.
  public static func descriptor(from first: UInt32, of process: ProcessID) -> UInt32? {
    record(of: process)?.pointee.files.firstOpen(from: first)
  }

  /// What is shown of an open descriptor of a process; nil if it is closed.
  @inline(never)
  public static func openFile(
    _ descriptor: UInt32, of process: ProcessID
  ) -> DescriptorStatus? {
    guard let files = record(of: process)?.pointee.files,
      let number = files.number(of: descriptor)
    else { return nil }
    let file = openFiles[number]
    return DescriptorStatus(
      node: file.node, flags: file.flags, position: file.position,
      closesOnExec: (try? files.closesOnExec(descriptor)) ?? false)
  }

  /// The program file, the working directory and the root directory of a process; nil if it has
  /// gone, ends or is a zombie.
  public static func nodes(
    of process: ProcessID
  ) -> (executable: FileNode, directory: FileNode, root: FileNode)? {
    record(of: process).map {
      ($0.pointee.executable, $0.pointee.directory, $0.pointee.root ?? .root)
    }
  }

  /// The limits of resource `number`, which is below 16; nil if the process has gone or is a
  /// zombie.
  public static func limit(_ number: Int, of process: ProcessID) -> (soft: Word, hard: Word)? {
    processes.withLock { table in
      table.record(of: process).map {
        ($0.pointee.limits[number].soft, $0.pointee.limits[number].hard)
      }
    }
  }

  /// Sets the name of a thread of the running process.
  ///
  /// - Throws: `invalid` for a thread of another process, `noProcess`.
  public static func setName(
    _ name: InlineArray<16, UInt8>, of thread: ThreadID
  ) throws(Errno) {
    let me = process
    try processes.withLock { (table) throws(Errno) in
      guard let task = table.task(of: thread) else { throw .noProcess }
      guard table.thread(task).pointee.process == me else { throw .invalid }
      table.thread(task).pointee.name = name
      traceName(name, of: task)
    }
  }

  /// Numbers about all processes.
  public static var processCounts: ProcessCounts { processes.withLock { $0.counts } }

  /// What names this machine.
  public static var names: MachineNames { processes.withLock { $0.names } }

  /// Sets the name of the node, or of the NIS domain.
  public static func setName(_ name: MachineName, isDomain: Bool) {
    processes.withLock { table in
      if isDomain { table.names.domain = name } else { table.names.node = name }
    }
  }

  /// The random number of this boot.
  public static var bootNumber: InlineArray<4, UInt32> {
    let fresh = randomWords()
    return processes.withLock { table in
      let number = table.names.boot ?? fresh
      table.names.boot = number
      return number
    }
  }

  /// Sets oom_score_adj of a process.
  ///
  /// - Throws: `noProcess`.
  public static func setMemoryScore(_ score: Int32, of process: ProcessID) throws(Errno) {
    guard let record = record(of: process) else { throw .noProcess }
    record.pointee.memoryScore = score
  }
}
