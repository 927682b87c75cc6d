// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What waits for events of a file: a thread that reads or writes, one that polls, or an item of an
/// epoll instance. It is in memory of the thread's call or of the item, and leaves its queue before
/// that memory is freed.
@safe public struct FileWaiter {
  /// The task to wake; without a meaning for an item.
  let task: TaskNumber
  /// The item to make ready; nil for a thread.
  let item: RecordReference<PollItem>?
  /// The events that it waits for.
  let events: FileEvents
  /// Whether a wake-up for one waiter ends with this one: it will use up what it waits for.
  let isExclusive: Bool
  /// Whether it was woken since it looked last.
  var isWoken = false
  /// The queue that it is in; nil for none.
  fileprivate(set) var queue: RecordReference<FileWaiters>?
  fileprivate(set) var next: RecordReference<FileWaiter>?
  fileprivate var previous: RecordReference<FileWaiter>?

  /// Memory for a waiter.
  init() {
    self.init(task: TaskNumber(rawValue: 0), events: [], isExclusive: true)
  }

  /// A waiter that is in no queue.
  init(task: TaskNumber, events: FileEvents, isExclusive: Bool) {
    self.task = task
    item = nil
    self.events = events
    self.isExclusive = isExclusive
  }

  /// An item in no queue. It looks at its events itself.
  init(item: RecordReference<PollItem>, isExclusive: Bool) {
    task = TaskNumber(rawValue: 0)
    self.item = item
    events = FileEvents(rawValue: .max)
    self.isExclusive = isExclusive
  }
}

/// The queue of those who wait for events of a file. Exclusive waiters are behind all others, in
/// the order of their arrival. An object with such a queue stays in place.
public struct FileWaiters {
  /// The most waiters of a queue that interrupts wake, besides those of threads that read: as many
  /// as may be woken with interrupts masked.
  static var limit: UInt32 { 64 }

  fileprivate(set) var first: RecordReference<FileWaiter>?
  /// The number of waiters.
  fileprivate(set) var count: UInt32 = 0
  fileprivate var last: RecordReference<FileWaiter>?
  /// Whether no interrupt walks the queue, so that the lock of the waiters is not for it.
  let isForCalls: Bool

  /// An empty queue.
  public init(isForCalls: Bool = false) { self.isForCalls = isForCalls }

  /// A reference to the queue, which is in an object that stays in place while it is used.
  var reference: RecordReference<FileWaiters> {
    @inline(__always) mutating get {
      // SAFETY: the object stays in place.
      unsafe withUnsafeMutablePointer(to: &self) { unsafe RecordReference(at: $0) }
    }
  }

  /// Appends a waiter to the `queue` that this is.
  @inline(never)
  mutating func append(
    _ waiter: RecordReference<FileWaiter>, to queue: RecordReference<FileWaiters>
  ) {
    waiter.pointee.queue = queue
    count += 1
    if waiter.pointee.isExclusive {
      waiter.pointee.previous = last
      if let last { last.pointee.next = waiter } else { first = waiter }
      last = waiter
    } else {
      waiter.pointee.next = first
      if let first { first.pointee.previous = waiter } else { last = waiter }
      first = waiter
    }
  }

  /// Removes a waiter, which is in this queue.
  @inline(never)
  mutating func remove(_ waiter: RecordReference<FileWaiter>) {
    let (next, previous) = (waiter.pointee.next, waiter.pointee.previous)
    if let previous { previous.pointee.next = next } else { first = next }
    if let next { next.pointee.previous = previous } else { last = previous }
    waiter.pointee.queue = nil
    count -= 1
  }

  /// Wakes those who wait for one of `events`. `locked` runs its argument under the lock of the
  /// waiters.
  func wake<P: TaskServices>(
    _ events: FileEvents, _ whom: Woken, _ services: P.Type, locked: (() -> Void) -> Void
  ) {
    var rest = first
    while let waiter = rest {
      rest = waiter.pointee.next
      let isExclusive = waiter.pointee.isExclusive
      if isExclusive, whom == .watchers { return }
      if let item = waiter.pointee.item {
        guard !item.pointee.events.isDisjoint(with: events) else { continue }
        // An item that is ready has woken its instance before. So each is visited once, however
        // many paths through nested instances lead to it.
        var isNew = false
        locked { isNew = item.pointee.poll.pointee.appendReady(item) }
        guard isNew else { continue }
        item.pointee.poll.pointee.waiters.wake(.readable, .one, services, locked: locked)
      } else {
        guard !waiter.pointee.events.isDisjoint(with: events), !waiter.pointee.isWoken else {
          continue
        }
        waiter.pointee.isWoken = true
        P.wake(waiter.pointee.task)
      }
      if isExclusive, whom == .one { return }
    }
  }

  /// Who is woken, of those who wait for an event.
  enum Woken {
    /// All that are not exclusive, such as a poll.
    case watchers
    /// Those, and the exclusive waiter that waits longest and was not woken yet.
    case one
    /// All.
    case all
  }
}

// SAFETY: lock and queue are never freed.
/// The lock of the queues of waiters, and the queue of the console, whose interrupt wakes waiters. A
/// copyable handle.
///
/// Waiters enter and leave queues under the kernel lock and, if interrupts wake those of the queue,
/// this lock. So the holder of the kernel lock may walk a queue without it, and an interrupt with it
/// alone.
@safe public struct ConsoleWaiters<CPU: Processor> {
  private let guarded: UnsafePointer<Guarded<CPU, FileWaiters>>
  /// The queue of the console.
  let queue: RecordReference<FileWaiters>

  /// A handle to the lock at `guarded`, whose value is at `queue`.
  public init(
    _ guarded: UnsafePointer<Guarded<CPU, FileWaiters>>, _ queue: UnsafeMutablePointer<FileWaiters>
  ) {
    unsafe self.guarded = guarded
    unsafe self.queue = RecordReference(at: queue)
  }

  /// Runs `body` on the console's queue with the lock held and interrupts masked.
  func withLock<Result>(_ body: (inout FileWaiters) -> Result) -> Result {
    unsafe guarded.pointee.withColdLock { body(&$0) }
  }

  /// Wakes those who wait for one of `events` of the console. Also in interrupts.
  @inline(never)
  public func wake<P: TaskServices>(_ events: FileEvents, _ services: P.Type) {
    wake(queue, events, services)
  }

  /// Wakes those in `queue` who wait for one of `events`. Also in interrupts.
  @inline(never)
  func wake<P: TaskServices>(
    _ queue: RecordReference<FileWaiters>, _ events: FileEvents, _ services: P.Type
  ) {
    withLock { _ in queue.pointee.wake(events, .all, services) { $0() } }
  }

  /// The CPU that holds the lock at the moment; nil if it is free.
  public var lockHolder: UInt32? { unsafe guarded.pointee.holderNumber }
}
