// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// What files need of the machine and of the running process. Unless a requirement says otherwise,
/// it is called with interrupts on and no spin lock held.
public protocol FilePlatform:
  MemoryServices, TaskServices, ClockServices, MachineServices, TextServices,
  ConsoleServices, SessionServices, FileObjectServices, FileEventServices, ProcessServices,
  ProcessorServices
{
  /// The file tree.
  static var tree: RecordReference<TreeState<CPU, Memory>> { get }

  /// All open files.
  static var openFiles: OpenFiles { get }

  /// The number of the running process (PID).
  static var processIdentifier: ProcessID { get }

  /// Whether a process has ended. Its parent may or may not have waited for it.
  static func hasEnded(_ process: ProcessIdentity) -> Bool

  /// The address space of the running process.
  static var memory: SpaceReference<Self> { get }

  /// Calls `body` with the address space of each process, unless it is being changed or freed; one
  /// that several share may come again.
  static func forEachSpace(_ body: (inout AddressSpace<Table, CPU, Memory>) -> Void)

  /// The address of the vDSO's ELF header in the running process; nil without a vDSO.
  static var vdso: UserAddress? { get }

  /// Total time that the running process has slept, on the raw monotonic clock.
  static var sleptNanoseconds: UInt64 { get }

  /// The number of futexes with an owner that threads wait for.
  static var ownedFutexCount: Int { get }

  /// Whether the running thread must stop blocking, because a signal is pending or it must end.
  static var isInterrupted: Bool { get }

  /// The number of threads of the running process.
  static var threadCount: UInt32 { get }

  /// A preemption point in a long call. At most about 2,000 instructions pass between two of them,
  /// and the state is consistent there, because other threads run and may change it: memory,
  /// descriptors, files.
  ///
  /// - Returns: true if the call must end now with what it has done: the thread is dying or, with
  ///   `isInterruptible`, it has a signal to deliver.
  static func mustEnd(isInterruptible: Bool) -> Bool
}

/// What files need that are more than a node, the waiters for files, and where paths begin. Called
/// with interrupts on and no spin lock held.
public protocol FileObjectServices: MemoryServices {
  /// What open files have besides their nodes.
  static var fileObjects: RecordReference<FileObjects<CPU, Memory>> { get }

  /// The waiters for the console, and the lock of all such queues.
  static var consoleWaiters: ConsoleWaiters<CPU> { get }

  /// O_DIRECT: what is written to a pipe with this flag is a packet.
  static var directFlag: UInt32 { get }

  /// The root directory of the running process (chroot); nil for the root of all.
  static var rootDirectory: FileNode? { get }

  /// The piece at `index` of the vector at a user address (struct iovec): its address and size, which
  /// are allegations too.
  ///
  /// - Throws: `badAddress`.
  static func loadPiece(
    _ index: UInt32, of list: UserAddress
  ) throws(Errno) -> (address: UserAddress, count: Word)

  /// Has `FileTree.dropPages` called before the running thread returns to user mode.
  static func requestPageDrop()

  /// Sends the running thread the signal of a write without a reader (SIGPIPE).
  static func raiseBrokenPipe()
}

/// The timers and signals that files report, and futexes in their pages. Called with interrupts on
/// and no spin lock held.
public protocol FileEventServices {
  /// Makes the timer of a file. Its expirations wake those in `queue`.
  ///
  /// - Returns: its number; nil if there are too many timers.
  static func makeTimer(
    of clock: ClockIdentifier, waking queue: RecordReference<FileWaiters>
  ) -> UInt32?

  /// Removes a timer of a file.
  static func removeTimer(_ number: UInt32)

  /// Whether a timer of a file has expired, or was cancelled, since the last call of
  /// `takeExpirations`.
  static func hasExpired(_ number: UInt32) -> Bool

  /// The number of expirations since the last call, from which on an interval continues; 0 if there
  /// were none.
  ///
  /// - Throws: `canceled` once after a step of the wall clock, if the timer was set so.
  static func takeExpirations(_ number: UInt32) throws(Errno) -> UInt64

  /// The queue of those who wait for signals of the running process.
  static var signalWaiters: RecordReference<FileWaiters> { get }

  /// Whether one of `signals` is pending for the running thread or its process.
  static func isPending(_ signals: UInt64) -> Bool

  /// Dequeues the next one of `signals` that is pending; nil if there is none.
  static func takeSignal(of signals: UInt64) -> SignalInfo?

  /// Wakes all threads that wait for the shared futex at `offset` in `frame`.
  static func wakeWaiters(at offset: Word, of frame: PhysicalFrame)
}

extension FilePlatform {
  /// A preemption point in a call that only the end of its thread ends early.
  static func mustEnd() -> Bool { mustEnd(isInterruptible: false) }
}
