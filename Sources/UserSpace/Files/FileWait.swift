// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Waiting for events of a file. All is called under the kernel lock.
///
/// A waiter enters the queue before it looks at the file, so no wake-up between the two is lost.
enum FileWait<P: FilePlatform> {
  /// The queue of a file's waiters.
  typealias Queue = RecordReference<FileWaiters>

  /// Makes the running thread an exclusive waiter for `events`, and appends it. The waiter stays in
  /// place until `remove`.
  @inline(never)
  private static func append(
    _ waiter: RecordReference<FileWaiter>, for events: FileEvents, to queue: Queue
  ) {
    waiter.pointee = FileWaiter(task: P.task, events: events, isExclusive: true)
    append(waiter, to: queue)
  }

  /// Appends a waiter, which stays in place until `remove`.
  @inline(never)
  static func append(_ waiter: RecordReference<FileWaiter>, to queue: Queue) {
    if queue.pointee.isForCalls { return queue.pointee.append(waiter, to: queue) }
    P.consoleWaiters.withLock { _ in queue.pointee.append(waiter, to: queue) }
  }

  /// Removes a waiter from its queue.
  @inline(never)
  static func remove(_ waiter: RecordReference<FileWaiter>) {
    guard let queue = waiter.pointee.queue else { return }
    if queue.pointee.isForCalls { return queue.pointee.remove(waiter) }
    P.consoleWaiters.withLock { _ in queue.pointee.remove(waiter) }
  }

  /// Wakes those who wait for one of `events`.
  @inline(__always)
  static func wake(_ queue: Queue, _ events: FileEvents, _ whom: FileWaiters.Woken) {
    if queue.pointee.first != nil { wakeWaiters(queue, events, whom) }
  }

  @inline(never)
  private static func wakeWaiters(
    _ queue: Queue, _ events: FileEvents, _ whom: FileWaiters.Woken
  ) {
    queue.pointee.wake(events, whom, P.self) { body in P.consoleWaiters.withLock { _ in body() } }
  }

  /// Blocks the running thread as an exclusive waiter for `events` until `isReady` returns true, or
  /// monotonic time reaches `end`. The caller has a reference to the open file.
  ///
  /// - Throws: `restartsIfAsked` if a signal ends the wait, with `isKillable` only if the thread is
  ///   dying.
  @inline(__always)
  static func block(
    in queue: Queue, for events: FileEvents, end: UInt64 = .max, isKillable: Bool = false,
    until isReady: () -> Bool
  ) throws(Errno) {
    var waiter = FileWaiter()
    // SAFETY: the waiter stays in place until it has left the queue.
    try unsafe withUnsafeMutablePointer(to: &waiter) { (pointer) throws(Errno) in
      let waiter = unsafe RecordReference(at: pointer)
      append(waiter, for: events, to: queue)
      defer { remove(waiter) }
      while !isReady(), try sleep(waiter, until: end, isKillable: isKillable) {}
    }
  }

  /// How long a call may wait for a file.
  struct Limit {
    /// Whether it may wait at all.
    var mayBlock: Bool
    /// Until this monotonic time.
    var end = UInt64.max
  }

  /// Blocks as the other `block` does, as long as `limit` allows.
  ///
  /// - Throws: `tryAgain` at its end; `restartsIfAsked`, or `interrupted` if it ends.
  @inline(__always)
  static func block(
    in queue: Queue, for events: FileEvents, _ limit: Limit, until isReady: () -> Bool
  ) throws(Errno) {
    guard limit.mayBlock else { throw .tryAgain }
    do throws(Errno) {
      try block(in: queue, for: events, end: limit.end, until: isReady)
    } catch {
      throw limit.end == .max ? error : .interrupted
    }
    if limit.end != .max, !isReady() { throw .tryAgain }
  }

  /// Sleeps until `waiter` is woken, or until `end`. It is apart from `block`, of which each caller
  /// has a copy with its own `isReady`.
  ///
  /// - Returns: false if `end` was reached before.
  /// - Throws: as `block`.
  @inline(never)
  private static func sleep(
    _ waiter: RecordReference<FileWaiter>, until end: UInt64, isKillable: Bool
  ) throws(Errno) -> Bool {
    if isKillable ? P.mustEnd() : P.isInterrupted { throw .restartsIfAsked }
    if end != .max, P.monotonicNanoseconds() >= end { return false }
    P.wait(until: end)
    waiter.pointee.isWoken = false
    return true
  }
}
