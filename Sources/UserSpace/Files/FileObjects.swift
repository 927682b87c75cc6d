// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What open files have besides their nodes, by kind. The kernel lock protects it.
@safe public struct FileObjects<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private var pipes: ObjectSlab<PipeSlot, CPU, Memory>
  private var counters: ObjectSlab<EventCounter, CPU, Memory>
  private var polls: ObjectSlab<EventPoll, CPU, Memory>
  private var items: ObjectSlab<PollItem, CPU, Memory>
  private var handles: ObjectSlab<ProcessHandle, CPU, Memory>
  private var timers: ObjectSlab<TimerFile, CPU, Memory>
  private var locks: ObjectSlab<FileLock, CPU, Memory>
  private var rangeLocks: ObjectSlab<RangeLock, CPU, Memory>
  private var sockets: ObjectSlab<SocketPair, CPU, Memory>
  private var watches: ObjectSlab<Watch, CPU, Memory>
  /// The number of locks of ranges and of requests for some.
  private(set) var rangeLockCount: UInt32 = 0
  /// The first of the requests of processes that wait.
  var firstRequest: RecordReference<RangeLock>?
  /// The locks of the first file in each list (`FileLocks.list`).
  var firstLocks = InlineArray<64, RecordReference<FileLock>?>(repeating: nil)
  /// The number of notifiers.
  var notifierCount: UInt32 = 0
  /// The newest message queue with a name, and the number of all.
  var firstQueue: RecordReference<NamedQueue>?
  var queueCount: UInt32 = 0
  /// The newest watch in each list (`Watches.list`), and the events that one of all waits for.
  var firstWatches = InlineArray<64, RecordReference<Watch>?>(repeating: nil)
  var watchedEvents: WatchEvents = []
  /// The first of all handles of processes.
  var firstHandle: RecordReference<ProcessHandle>?
  /// The pseudo-terminals by number, and the frames that each occupies.
  var terminals = InlineArray<16, RecordReference<PseudoTerminal>?>(repeating: nil)
  var terminalFrames = InlineArray<16, PhysicalFrame?>(repeating: nil)
  /// The number of the object that was made last.
  private(set) var lastNumber: UInt32 = 0

  /// No objects; their memory is frames of `pool`.
  public init(pool: FramePool<CPU, Memory>) {
    pipes = ObjectSlab(pool: pool)
    counters = ObjectSlab(pool: pool)
    polls = ObjectSlab(pool: pool)
    items = ObjectSlab(pool: pool)
    handles = ObjectSlab(pool: pool)
    timers = ObjectSlab(pool: pool)
    locks = ObjectSlab(pool: pool)
    rangeLocks = ObjectSlab(pool: pool)
    sockets = ObjectSlab(pool: pool)
    watches = ObjectSlab(pool: pool)
  }

  /// A new number for an object: its inode. Wrapping: after 2^32 objects.
  mutating func newNumber() -> UInt32 {
    lastNumber &+= 1
    return lastNumber
  }

  /// Makes a pipe without ends.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makePipe() throws(MemoryError) -> RecordReference<Pipe> {
    // SAFETY: the slot is new.
    try unsafe PipeSlot.create(at: pipes.allocate())
  }

  /// Frees a pipe without ends, whose frames have been released.
  mutating func free(_ pipe: RecordReference<Pipe>) {
    // SAFETY: nothing refers to the pipe any more.
    unsafe Self.free(RecordReference(at: PipeSlot.slot(of: pipe)), of: &pipes)
  }

  /// Makes an object of a slab.
  private static func make<Object>(
    _ object: Object, in slab: inout ObjectSlab<Object, CPU, Memory>
  ) throws(MemoryError) -> RecordReference<Object> {
    // SAFETY: the memory is new.
    let place = try unsafe slab.allocate()
    unsafe place.initialize(to: object)
    return unsafe RecordReference(at: place)
  }

  // SAFETY: the caller passes an object of the slab to which nothing refers any more.
  /// Frees an object.
  private static func free<Object>(
    _ object: RecordReference<Object>, of slab: inout ObjectSlab<Object, CPU, Memory>
  ) {
    unsafe slab.free(object.address)
    if slab.objectCount == 0 { slab.releaseReserve() }
  }

  /// Makes what eventfd makes.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeCounter(
    _ value: UInt64, isSemaphore: Bool
  ) throws(MemoryError) -> RecordReference<EventCounter> {
    try Self.make(EventCounter(value: value, isSemaphore: isSemaphore), in: &counters)
  }

  /// Frees what eventfd made; no open file has it any more.
  mutating func free(_ counter: RecordReference<EventCounter>) {
    Self.free(counter, of: &counters)
  }

  /// Makes an epoll instance without items.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makePoll() throws(MemoryError) -> RecordReference<EventPoll> {
    try Self.make(EventPoll(), in: &polls)
  }

  /// Frees an epoll instance, whose items were freed before.
  mutating func free(_ poll: RecordReference<EventPoll>) {
    Self.free(poll, of: &polls)
  }

  /// Makes a handle of a process.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeHandle(
    _ process: ProcessIdentity
  ) throws(MemoryError) -> RecordReference<ProcessHandle> {
    try Self.make(ProcessHandle(process), in: &handles)
  }

  /// Frees a handle of a process; no open file has it any more.
  mutating func free(_ handle: RecordReference<ProcessHandle>) {
    Self.free(handle, of: &handles)
  }

  /// Makes what timerfd_create makes.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeTimer() throws(MemoryError) -> RecordReference<TimerFile> {
    try Self.make(TimerFile(), in: &timers)
  }

  /// Frees what timerfd_create made; no open file has it any more.
  mutating func free(_ timer: RecordReference<TimerFile>) {
    Self.free(timer, of: &timers)
  }

  /// Makes a pair of sockets, and returns its first one.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeSockets(
    _ kind: Socket.Kind, by creator: ProcessID
  ) throws(MemoryError) -> RecordReference<Socket> {
    // SAFETY: the memory is new.
    try unsafe SocketPair.create(at: RecordReference(at: sockets.allocate()), kind, by: creator)
  }

  /// Frees a pair of sockets, which no open file has any more, and whose frames have been released.
  mutating func free(_ pair: RecordReference<SocketPair>) {
    Self.free(pair, of: &sockets)
  }

  /// The number of watches.
  var watchCount: UInt32 { watches.objectCount }

  /// Makes a watch for no event, which is in no list.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeWatch(
    of node: FileNode, _ notifier: RecordReference<Notifier>, _ descriptor: UInt32
  ) throws(MemoryError) -> RecordReference<Watch> {
    try Self.make(
      Watch(node: node, notifier: notifier, descriptor: descriptor, number: newNumber()),
      in: &watches)
  }

  /// Frees a watch, which is in no list.
  mutating func free(_ watch: RecordReference<Watch>) {
    Self.free(watch, of: &watches)
    if watches.objectCount == 0 { watchedEvents = [] }
  }

  /// Makes the locks of a file.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeLock(_ lock: FileLock) throws(MemoryError) -> RecordReference<FileLock> {
    try Self.make(lock, in: &locks)
  }

  /// Frees the locks of a file, which nothing holds or waits for.
  mutating func free(_ lock: RecordReference<FileLock>) {
    Self.free(lock, of: &locks)
  }

  /// Makes a lock of a range, or a request.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeRangeLock(
    _ lock: RangeLock
  ) throws(MemoryError) -> RecordReference<RangeLock> {
    let made = try Self.make(lock, in: &rangeLocks)
    rangeLockCount += 1
    return made
  }

  /// Frees a lock of a range, which is in no list.
  mutating func free(_ lock: RecordReference<RangeLock>) {
    rangeLockCount -= 1
    Self.free(lock, of: &rangeLocks)
  }

  /// Memory for an item, which the caller initialises.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeItem() throws(MemoryError) -> RecordReference<PollItem> {
    // SAFETY: the memory is new.
    unsafe RecordReference(at: try items.allocate())
  }

  /// Frees an item, which is in no queue any more.
  mutating func free(_ item: RecordReference<PollItem>) {
    Self.free(item, of: &items)
  }
}
