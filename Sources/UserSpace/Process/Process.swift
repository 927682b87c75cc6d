// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VdsoModule
import VmRegion

/// A process: its memory, open files, signals and counters.
///
/// The record and its tables fill one page that the caller provides and that nothing else uses;
/// it is reached through a pointer only. Of its threads one at a time is in the kernel, which
/// serialises all; what other processes look at changes under the process table's lock.
@safe public struct Process<P: Platform>: ~Copyable {
  /// The type of its memory.
  public typealias Space = AddressSpace<P.Table, P.CPU, P.Memory>

  /// The number by which others know it.
  public let identifier: UInt32
  /// The number of the process that made it, or of init if that one is gone; 0 for the first.
  public internal(set) var parent: UInt32
  /// Its memory: its own, or, between vfork and exec, its parent's.
  var memory: SpaceReference<P>
  /// It has its parent's memory, between vfork and exec.
  var borrowsSpace = false
  /// The task that waits in vfork until it has memory of its own, or ends.
  var creator: UInt32?
  /// How many threads it has.
  var threadCount: UInt32 = 1
  /// Its last thread but one has ended; the one that is left opens the process's own page.
  var isAloneAgain = false
  /// One of its threads executes another program and waits until the others have ended: they end
  /// alone then, whatever they do, and not the process.
  var isExecuting = false
  /// How it ends, from the moment that `hasEnded` is set.
  var outcome = ProcessEnd.exited(0)

  /// Where the vDSO's ELF header is, nil without one.
  public var vdso: UInt32? { vdsoMapping?.header }
  /// Where the vDSO is, and its size; 0 without one.
  private(set) var vdsoStart: UInt32 = 0
  private(set) var vdsoSize: UInt32 = 0
  /// What its space has of the vDSO, nil without one.
  public internal(set) var vdsoMapping: VdsoMapping? {
    didSet {
      vdsoStart = vdsoMapping?.header ?? 0
      vdsoSize = vdsoMapping?.size ?? 0
    }
  }
  /// Who it and its one thread are, as its own page says it.
  public func ownPageIdentity(_ thread: UInt32) -> OwnPageIdentity {
    OwnPageIdentity(process: identifier, thread: thread, user: 0)
  }
  /// The program that it runs.
  var executable: FileNode
  /// Its working directory.
  var directory = FileNode(.root)
  /// What umask says of it.
  var fileMask: UInt32 = 0o22
  /// What prctl says of it; nothing is dumped.
  var isDumpable = true
  /// What it may use. They change under the process table's lock.
  var limits = ResourceLimits(processes: ProcessTable<P>.capacity)
  let files: FileTable
  var signals: SignalActions

  /// System calls that the threads have made that have ended.
  var endedCalls: UInt64 = 0
  /// How long they have had CPUs.
  public internal(set) var endedTime = RunTime()
  /// The ticks that found them.
  var endedTicks = TickCounts()
  /// What it has used, as it was told last.
  var shownTime = SplitTime()
  /// What its children have used that it has waited for, and theirs.
  var childrenTime = SplitTime()
  /// System calls for the time that the vDSO made because it could not answer.
  public internal(set) var vdsoFallbacks: UInt64 = 0
  /// How long it has slept, on the clock that nobody adjusts.
  private(set) var sleptTime = Timespec(seconds: 0, nanoseconds: 0)
  /// Set by its end: its threads do not enter it again.
  public internal(set) var hasEnded = false

  /// Bytes of memory for a record and its tables.
  public static var size: Int { 4096 }

  // SAFETY: the caller hands over the memory.
  /// Makes a process without a program in the `size` bytes at `page`, page aligned and unused, with
  /// one reference of `memory`, which it takes over.
  @unsafe static func create(
    in page: UnsafeMutableRawPointer, identifier: UInt32, parent: UInt32,
    memory: SpaceReference<P>, executable: FileNode
  ) -> UnsafeMutablePointer<Process<P>> {
    let record = unsafe emptyRecord(
      in: page, identifier: identifier, parent: parent, memory: memory, executable: executable)
    unsafe record.pointee.files.clear()
    unsafe record.pointee.signals.clear()
    return unsafe record
  }

  // SAFETY: the parts lie one after the other in memory that is the caller's to give:
  // 768 + 64 * 24 + 64 * 2 + 64 * 20 = 3712 bytes.
  /// A record whose tables of files and actions are not initialised.
  @unsafe static func emptyRecord(
    in page: UnsafeMutableRawPointer, identifier: UInt32, parent: UInt32,
    memory: SpaceReference<P>, executable: FileNode
  ) -> UnsafeMutablePointer<Process<P>> {
    precondition(MemoryLayout<Process<P>>.size <= 768, "a process's record has outgrown its place")
    let record = unsafe page.bindMemory(to: Process<P>.self, capacity: 1)
    let open = unsafe (page + 768).bindMemory(to: OpenFile.self, capacity: 64)
    let numbers = unsafe (page + 2304).bindMemory(to: Descriptor.self, capacity: 64)
    let actions = unsafe (page + 2432).bindMemory(to: SignalAction.self, capacity: 64)
    unsafe record.initialize(
      to: Process(
        identifier: identifier, parent: parent, memory: memory, executable: executable,
        files: FileTable(files: open, descriptors: numbers),
        signals: SignalActions(actions: actions)))
    return unsafe record
  }

  private init(
    identifier: UInt32, parent: UInt32, memory: SpaceReference<P>,
    executable: FileNode, files: FileTable, signals: SignalActions
  ) {
    self.identifier = identifier
    self.parent = parent
    self.memory = memory
    self.executable = executable
    self.files = files
    self.signals = signals
  }

  /// Its memory.
  public var space: Space {
    // SAFETY: a space lives as long as a process has a reference of it.
    @inline(__always) unsafeAddress { unsafe memory.address }
    @inline(__always) unsafeMutableAddress { unsafe memory.mutableAddress }
  }

  /// Opens the console as descriptors 0, 1 and 2.
  func openConsole() throws(Errno) {
    for _ in 0..<3 {
      _ = try files.open(FileNode(.console), flags: 2, closesOnExec: false, below: 3)
    }
  }

  /// Closes all files, or those that exec closes, while it has memory.
  @inline(never)
  func closeFiles(forExec: Bool) {
    let pool = space.pool
    for number in 0..<UInt32(FileTable.limit) {
      guard let isClosed = try? files.closesOnExec(number), isClosed || !forExec,
        let text = try? files.close(number)
      else { continue }
      pool.release(text)
    }
  }

  /// Gives a new process, whose space is a copy of its parent's, a page of its own in it.
  ///
  /// - Throws: `outOfMemory`; the space still has the parent's page then.
  mutating func takeOwnPage() throws(Errno) {
    guard let mapping = vdsoMapping else { return }
    guard let frame = memory.ownFrame() else { throw .outOfMemory }
    vdsoMapping = P.renewVdso(mapping, in: &space, ownFrame: frame)
  }

  /// Maps the vDSO into its space, if there is one and memory for it; else nothing changes.
  public mutating func loadVdso() {
    guard let frame = memory.ownFrame() else { return }
    vdsoMapping = P.loadVdso(into: &space, ownFrame: frame)
  }

  /// Counts the time since `start`, on the raw clock, as slept.
  mutating func didSleep(since start: Timespec) {
    sleptTime = sleptTime + (P.timeRarely(.monotonicRaw) - start)
  }

  /// Releases its memory. No CPU may have its address space active, and the record may be used for
  /// another process afterwards.
  @unsafe public static func release(_ process: UnsafeMutablePointer<Process<P>>) {
    // SAFETY: the caller gives up its process.
    unsafe process.pointee.closeFiles(forExec: false)
    unsafe process.pointee.memory.release()
    unsafe process.deinitialize(count: 1)
  }
}
