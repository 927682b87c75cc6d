// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

/// A process: its memory, open files, signal actions and statistics.
///
/// The record and its tables are in one page (`ProcessPage`), which the caller of `create`
/// provides. The record is accessed through a reference only. The kernel lock serialises accesses by
/// its threads; fields that other processes read change under the process table's lock.
@safe public struct Process<P: Platform>: ~Copyable {
  /// The type of a process's address space.
  public typealias Space = AddressSpace<P.Table, P.CPU, P.Memory>

  /// The process number (PID); `zero` until fork enters a new process into the table.
  public internal(set) var identifier: ProcessID
  /// The number of the parent, or of init after the parent has ended; `zero` for the first process.
  public internal(set) var parent: ProcessID
  /// The reference to its address space: its own, or, between vfork and exec, its parent's.
  var memory: SpaceReference<P>
  /// Whether it uses its parent's address space, between vfork and exec.
  var sharesParentSpace = false
  /// The task blocked in vfork until this process executes a program or ends.
  var vforkWaiter: TaskNumber?
  /// Number of threads.
  var threadCount: UInt32 = 1
  /// Set when all threads but one have ended; the remaining thread then publishes its CPU time in
  /// the [vvar] page again.
  var mustPublishTimesAgain = false
  /// Whether a thread executes another program and waits until the others have ended. These end
  /// alone, whatever they do, and do not end the process.
  var isExecuting = false
  /// How the process ends; nil until then.
  var ending: ProcessEnd?

  /// The address of the vDSO's ELF header; nil without a vDSO.
  public var vdso: UserAddress? { vdsoMapping?.header }
  /// The address and the size of the vDSO; 0 without one.
  private(set) var vdsoStart: UserAddress = 0
  private(set) var vdsoSize: Word = 0
  /// The mapping of the vDSO in its address space; nil without one.
  public internal(set) var vdsoMapping: VdsoMapping? {
    didSet {
      vdsoStart = vdsoMapping?.header ?? 0
      vdsoSize = vdsoMapping?.size ?? 0
    }
  }
  /// The numbers of the process and its only thread, as the [vvar] page stores them.
  public func processPageIdentity(_ thread: ThreadID) -> ProcessPageIdentity {
    ProcessPageIdentity(process: identifier.rawValue, thread: thread.rawValue, user: 0)
  }
  /// The program file that it runs; counted, as the working directory is.
  private(set) var executable: FileNode
  /// Its working directory.
  private(set) var directory = FileNode.root
  /// Its root directory (chroot), counted too; nil for the root of all.
  private(set) var root: FileNode?
  /// The file mode mask (umask).
  var fileMask: UInt32 = 0o22
  /// The dumpable attribute (prctl); no core dumps are made.
  var isDumpable = true
  /// oom_score_adj, which is only stored and reported.
  var memoryScore: Int32 = 0
  /// The resource limits, which change under the process table's lock.
  var limits = ResourceLimits(processes: ProcessTable<P>.capacity)
  let files: FileTable<P>
  var signals: SignalActions
  /// The waiters for its signals by signalfd.
  var signalWaiters = FileWaiters()
  /// Its stop by a signal.
  var stop = GroupStop()

  /// What it has read and written.
  var transfers = TransferCounts()
  /// Number of system calls by threads that have ended.
  var endedCalls: UInt64 = 0
  /// CPU time of threads that have ended.
  public internal(set) var endedTime = CPUTime()
  /// Tick samples of threads that have ended.
  var endedTicks = TickCounts()
  /// The CPU time last reported.
  var reportedTime = SplitTime()
  /// CPU time of children that were waited for, and of their children.
  var childrenTime = SplitTime()
  /// Number of clock system calls from vDSO code, which makes one when it cannot answer itself.
  public internal(set) var vdsoFallbacks: UInt64 = 0
  /// Total time slept, on the raw monotonic clock.
  private(set) var sleptNanoseconds: UInt64 = 0
  /// True when the process ends: its threads do not return to user mode.
  public var hasEnded: Bool { ending != nil }

  // SAFETY: the caller passes the memory.
  /// Creates a process without a program in the unused page at `page`. It takes over one reference
  /// of `memory`.
  @unsafe static func create(
    in page: UnsafeMutableRawPointer, identifier: ProcessID, parent: ProcessID,
    memory: SpaceReference<P>, executable: FileNode
  ) -> ProcessReference<P> {
    let record = unsafe emptyRecord(
      in: page, identifier: identifier, parent: parent, memory: memory, executable: executable)
    record.pointee.files.clear()
    record.pointee.signals.clear()
    record.pointee.retainNodes()
    return record
  }

  // SAFETY: the caller passes the page.
  /// Creates a record whose tables of files and signal actions are not initialised.
  @unsafe static func emptyRecord(
    in page: UnsafeMutableRawPointer, identifier: ProcessID, parent: ProcessID,
    memory: SpaceReference<P>, executable: FileNode
  ) -> ProcessReference<P> {
    unsafe ProcessPage<P>.create(in: page) { (files, actions) in
      Process(
        identifier: identifier, parent: parent, memory: memory, executable: executable,
        files: files, signals: actions)
    }
  }

  private init(
    identifier: ProcessID, parent: ProcessID, memory: SpaceReference<P>,
    executable: FileNode, files: FileTable<P>, signals: SignalActions
  ) {
    self.identifier = identifier
    self.parent = parent
    self.memory = memory
    self.executable = executable
    self.files = files
    self.signals = signals
  }

  /// The address space.
  public var space: Space {
    // SAFETY: an address space lives as long as a process has a reference to it.
    @inline(__always) unsafeAddress { unsafe memory.address }
    @inline(__always) unsafeMutableAddress { unsafe memory.mutableAddress }
  }

  /// Whether no other thread can use its address space, of this or of another process. Then the
  /// running thread needs no lock to find that out, because only it can change it. It does not
  /// change while the running thread shares the kernel lock.
  @inline(__always)
  public var isAlone: Bool { threadCount == 1 && memory.users == 1 }

  /// Acquires the lock of its address space.
  @inline(__always)
  public func lockMemory() { memory.lock() }

  /// Releases the lock of its address space. `wake` sends an interrupt to a CPU.
  @inline(__always)
  public func unlockMemory(wake: (UInt32) -> Void) { memory.unlock(wake: wake) }

  /// Whether a CPU asks for the lock of its address space.
  public var isMemoryContended: Bool { memory.isContended }

  /// Counts the uses of the program file, of the working directory and of the root directory.
  func retainNodes() {
    Files<P>.retain(executable)
    Files<P>.retain(directory)
    if let root { Files<P>.retain(root) }
  }

  /// Sets the program file.
  mutating func setExecutable(_ node: FileNode) {
    Files<P>.retain(node)
    Files<P>.release(executable)
    executable = node
  }

  /// Sets the working directory.
  mutating func setDirectory(_ node: FileNode) {
    Files<P>.retain(node)
    Files<P>.release(directory)
    directory = node
  }

  /// Sets the root directory.
  mutating func setRoot(_ node: FileNode) {
    Files<P>.retain(node)
    if let root { Files<P>.release(root) }
    root = node
  }

  /// Takes over the parent's working directory and root directory, which `retainNodes` then counts.
  mutating func inheritDirectories(of parent: borrowing Process<P>) {
    directory = parent.directory
    root = parent.root
  }

  /// Closes the files of a process that ends, and releases its nodes.
  func releaseFiles() {
    files.closeAll(forExec: false)
    Files<P>.release(executable)
    Files<P>.release(directory)
    if let root { Files<P>.release(root) }
  }

  /// Opens the console as descriptors 0, 1 and 2, which share it as on Linux.
  ///
  /// - Throws: `fileTableFull`.
  func openConsole() throws(Errno) {
    let first = try files.open(Devices<P>.console, flags: 2, closesOnExec: false, below: 3)
    for _ in 0..<2 { _ = try files.duplicate(first, from: 0, closesOnExec: false, below: 3) }
  }

  /// Replaces the parent's [vvar] page in the copied address space of a new process by its own.
  ///
  /// - Throws: `outOfMemory`; the parent's page stays mapped then.
  mutating func replaceProcessPage() throws(Errno) {
    guard let mapping = vdsoMapping else { return }
    guard let frame = memory.processPageFrame() else { throw .outOfMemory }
    vdsoMapping = P.replaceVdsoProcessPage(mapping, in: &space, processPageFrame: frame)
  }

  /// Maps the vDSO into the address space. Changes nothing if there is no vDSO or no memory for it.
  ///
  /// - Returns: the address of its ELF header.
  public mutating func loadVdso() -> UserAddress? {
    guard let frame = memory.processPageFrame() else { return vdso }
    vdsoMapping = P.loadVdso(into: &space, processPageFrame: frame)
    return vdso
  }

  /// Whether all of its threads have stopped.
  var isStopped: Bool { stop.isComplete && !hasEnded }

  /// Whether a signal has no effect. As on Linux, the first process has no default action to stop.
  func ignores(_ signal: Signal) -> Bool {
    let action = signals[signal]
    if action.handler == 0, signal.stopsByDefault { return identifier == .first }
    return action.ignores(signal)
  }

  /// Adds the monotonic time from `start` to `end`, in nanoseconds, to the total time slept.
  mutating func didSleep(from start: UInt64, to end: UInt64) {
    sleptNanoseconds &+= end &- start  // Wrapping: a statistic; monotonic time does not go back.
  }

  /// Releases the memory and the files of a process. No CPU may have its address space active. The
  /// record may be reused afterwards.
  @unsafe public static func release(_ process: ProcessReference<P>) {
    // SAFETY: the caller gives up the process, so nothing else uses it.
    process.pointee.releaseFiles()
    process.pointee.memory.release()
    unsafe process.address.deinitialize(count: 1)
  }
}
