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
  /// Where its memory's record is: with this record, or, between vfork and exec, with its parent's.
  var spaceHome: UnsafeMutablePointer<Space>
  /// Where it has room for one of its own.
  let ownSpace: UnsafeMutablePointer<Space>
  /// The task that waits in vfork until it has memory of its own, or ends.
  var creator: UInt32?
  /// How many threads it has.
  var threadCount: UInt32 = 1
  /// Its last thread but one has ended; the one that is left opens the process's own page.
  var isAloneAgain = false
  /// How it ends, from the moment that `hasEnded` is set.
  var outcome = ProcessEnd.exited(0)

  /// Where the vDSO's ELF header is, nil without one.
  public var vdso: UInt32? { vdsoMapping?.header }
  /// Where the vDSO is, and its size; 0 without one.
  private(set) var vdsoStart: UInt32 = 0
  private(set) var vdsoSize: UInt32 = 0
  /// The frame of its own page of [vvar], kept through exec; nil without a vDSO.
  private var ownFrame: PhysicalFrame?
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

  // SAFETY: the caller hands over the memory; the place for the space is unused in a new record.
  /// Makes a process without a program in the `size` bytes at `memory`, page aligned and unused,
  /// with the console as descriptors 0, 1 and 2.
  @unsafe public static func create(
    in memory: UnsafeMutableRawPointer, identifier: UInt32, parent: UInt32,
    space: consuming Space, executable: FileNode
  ) -> UnsafeMutablePointer<Process<P>> {
    let record = unsafe emptyRecord(
      in: memory, identifier: identifier, parent: parent, executable: executable)
    unsafe record.pointee.ownSpace.initialize(to: space)
    unsafe record.pointee.files.clear()
    unsafe record.pointee.signals.clear()
    return unsafe record
  }

  // SAFETY: the parts lie one behind the other in memory that is the caller's to give:
  // 640 + 384 + 64 * 24 + 64 * 2 + 64 * 20 = 3968 bytes.
  /// A record whose place for a space is not used yet, and whose files and actions are nobody's.
  @unsafe static func emptyRecord(
    in memory: UnsafeMutableRawPointer, identifier: UInt32, parent: UInt32, executable: FileNode
  ) -> UnsafeMutablePointer<Process<P>> {
    precondition(
      MemoryLayout<Process<P>>.size <= 640 && MemoryLayout<Space>.size <= 384,
      "a process's record has outgrown its place")
    let record = unsafe memory.bindMemory(to: Process<P>.self, capacity: 1)
    let space = unsafe (memory + 640).bindMemory(to: Space.self, capacity: 1)
    let open = unsafe (memory + 1024).bindMemory(to: OpenFile.self, capacity: 64)
    let numbers = unsafe (memory + 2560).bindMemory(to: Descriptor.self, capacity: 64)
    let actions = unsafe (memory + 2688).bindMemory(to: SignalAction.self, capacity: 64)
    unsafe record.initialize(
      to: Process(
        identifier: identifier, parent: parent, ownSpace: space, executable: executable,
        files: FileTable(files: open, descriptors: numbers),
        signals: SignalActions(actions: actions)))
    return unsafe record
  }

  // SAFETY: the place lies in the same page as the record.
  private init(
    identifier: UInt32, parent: UInt32, ownSpace: UnsafeMutablePointer<Space>,
    executable: FileNode, files: FileTable, signals: SignalActions
  ) {
    self.identifier = identifier
    self.parent = parent
    unsafe self.ownSpace = ownSpace
    unsafe spaceHome = ownSpace
    self.executable = executable
    self.files = files
    self.signals = signals
  }

  /// Its memory.
  public var space: Space {
    // SAFETY: a space stands at its home as long as some process has it.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(spaceHome) }
    @inline(__always) unsafeMutableAddress { unsafe spaceHome }
  }

  /// It has its parent's memory, between vfork and exec.
  var borrowsSpace: Bool {
    // SAFETY: two addresses are compared.
    unsafe spaceHome != ownSpace
  }

  /// Opens the console as descriptors 0, 1 and 2.
  func openConsole() throws(Errno) {
    for _ in 0..<3 {
      _ = try files.open(FileNode(.console), flags: 2, closesOnExec: false)
    }
  }

  /// Gives a new process, whose space is a copy of its parent's, a page of its own in it.
  ///
  /// - Throws: `outOfMemory`; the space still has the parent's page then.
  mutating func takeOwnPage() throws(Errno) {
    guard let mapping = vdsoMapping else { return }
    do throws(MemoryError) {
      let frame = try space.pool.allocateRarely(zeroed: true)
      vdsoMapping = P.renewVdso(mapping, in: &space, ownFrame: frame)
      ownFrame = frame
    } catch {
      throw Errno(error)
    }
  }

  /// The frame of its own page, which it gets with its first program; nil without memory for it.
  mutating func ownPageFrame() -> PhysicalFrame? {
    if ownFrame == nil { ownFrame = try? space.pool.allocateRarely(zeroed: true) }
    return ownFrame
  }

  /// Maps the vDSO into its space, if there is one and memory for it; else nothing changes.
  public mutating func loadVdso() {
    guard let frame = ownPageFrame() else { return }
    vdsoMapping = P.loadVdso(into: &space, ownFrame: frame)
  }

  /// Counts the time since `start`, on the raw clock, as slept.
  mutating func didSleep(since start: Timespec) {
    sleptTime = sleptTime + (P.timeRarely(.monotonicRaw) - start)
  }

  /// Gives its memory back. No CPU may have its address space active, and the record may be used
  /// for another process afterwards.
  @unsafe public static func release(_ process: UnsafeMutablePointer<Process<P>>) {
    // SAFETY: the caller gives up its process.
    let pool = unsafe process.pointee.space.pool
    unsafe process.pointee.releaseSpace()
    unsafe process.pointee.releaseOwnFrame(to: pool)
    unsafe process.deinitialize(count: 1)
  }

  /// Gives the memory of its own back, if it has some. No CPU may have it active.
  mutating func releaseSpace() {
    // SAFETY: the place is in use exactly if it is the space's home.
    // Swift 6.3.1 cannot compile an access through the stored `let` for the thread sanitizer.
    guard !borrowsSpace else { return }
    let place = unsafe ownSpace
    unsafe place.pointee.teardown()
    unsafe place.deinitialize(count: 1)
  }

  /// Gives the frame of its own page back to `pool`, after its space.
  mutating func releaseOwnFrame(to pool: FramePool<P.CPU, P.Memory>) {
    if let ownFrame { pool.release(ownFrame) }
    ownFrame = nil
  }
}
