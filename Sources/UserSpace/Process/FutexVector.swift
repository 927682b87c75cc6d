// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The waiters of the running thread for several futexes at once (futex_waitv), in a block of
/// frames of their own.
///
/// The waiters are added one by one, get their keys, and then wait. A waiter holds a reference to
/// the frame of a shared word. So there may be a preemption point after each step; there is one
/// after each four.
@safe struct FutexVector<P: Platform>: ~Copyable {
  private struct Entry {
    var waiter: FutexWaiter
    let address: UserAddress
    let expected: UInt32
    let isPrivate: Bool
  }

  /// The maximum number of futexes (FUTEX_WAITV_MAX).
  static var limit: UInt32 { 128 }

  /// Whether a preemption point belongs to the step for the futex with this index.
  static func isPoint(_ index: Int) -> Bool { index % 4 == 3 }

  private let frame: PhysicalFrame
  private let entries: RecordTable<Entry>
  /// How many waiters were added, and how many of them were put into a queue.
  private var (count, queuedCount) = (0, 0)

  private static var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  /// No waiters, with room for `count`, from 1 to `limit`.
  ///
  /// - Throws: `outOfMemory`.
  init(room count: Int) throws(Errno) {
    var order = 0
    while (Int(Page.size) << order) / MemoryLayout<Entry>.stride < count { order += 1 }
    do throws(MemoryError) {
      frame = try Self.pool.allocateCold(order: order, zeroed: false)
    } catch { throw Errno(error) }
    entries = RecordTable(in: frame, order: order, of: P.Memory.self)
  }

  // SAFETY: the waiter is the first field of the entry, which stays in place until the end.
  private func waiter(_ index: Int) -> RecordReference<FutexWaiter> {
    unsafe RecordReference(
      at: UnsafeMutableRawPointer(entries.reference(index).address).assumingMemoryBound(
        to: FutexWaiter.self))
  }

  /// Adds a futex, whose word is to be `expected`. There is room for it.
  mutating func add(_ address: UserAddress, expected: UInt32, isPrivate: Bool) {
    entries[count] = Entry(
      waiter: FutexWaiter(task: P.task), address: address, expected: expected,
      isPrivate: isPrivate)
    count += 1
  }

  /// Waits until a wake at one of the futexes; returns the index of the last that was woken.
  ///
  /// `deadline` is in monotonic nanoseconds, `.max` for none; with `isWall` it is a wall-clock
  /// time, and the wait follows changes of that clock.
  ///
  /// - Throws: `tryAgain` if a word differs; `invalid` for a misaligned one; `badAddress`;
  ///   `timedOut`; `interrupted` by a signal.
  mutating func wait(until deadline: UInt64, isWall: Bool) throws(Errno) -> Int {
    let thread = P.thread
    try findKeys()
    // Set before the clock is read, so that a change in between wakes the thread.
    P.processes.withLock { _ in thread.pointee.wait = isWall ? .timeOfDay : .futex }
    defer { P.processes.withLock { _ in thread.pointee.wait = .nothing } }
    do throws(Errno) {
      try enqueue()
      while lastWoken == nil {
        try P.wait(until: Futex<P>.end(of: deadline, isWall: isWall))
      }
    } catch {
      // A wake that arrived meanwhile must count; otherwise it would be lost.
      guard lastWoken != nil else { throw error }
    }
    return lastWoken ?? 0
  }

  /// - Throws: `invalid`, `badAddress`; `interrupted` if the thread is dying.
  private func findKeys() throws(Errno) {
    for index in 0..<count {
      if Self.isPoint(index), P.mustEnd() { throw .interrupted }
      let entry = entries.reference(index)
      let key = try Futex<P>.checkedKey(
        of: entry.pointee.address, isPrivate: entry.pointee.isPrivate)
      entry.pointee.waiter.key = key
      if let frame = key.frame { Self.pool.retain(frame) }
    }
  }

  /// - Throws: `tryAgain`, `badAddress`; `interrupted` if the thread is dying.
  private mutating func enqueue() throws(Errno) {
    while queuedCount < count {
      if Self.isPoint(queuedCount), P.mustEnd() { throw .interrupted }
      let waiter = waiter(queuedCount)
      P.processes.withLock { $0.futexes.append(waiter, key: waiter.pointee.key, bits: .max) }
      let entry = entries.reference(queuedCount)
      queuedCount += 1
      guard try P.User.word(at: entry.pointee.address) == entry.pointee.expected else {
        throw .tryAgain
      }
    }
  }

  /// The index of the last futex that was woken; nil if none was.
  private var lastWoken: Int? {
    var index = queuedCount
    while index > 0 {
      index -= 1
      if !entries.reference(index).pointee.waiter.isQueued { return index }
    }
    return nil
  }

  /// Removes all waiters, and frees their frames.
  @inline(never)
  deinit {
    for index in 0..<count {
      let waiter = waiter(index)
      P.processes.withLock { _ = $0.futexes.remove(waiter) }
      if let frame = waiter.pointee.key.frame { Self.pool.release(frame) }
      if Self.isPoint(index) { P.preemptionPoint() }
    }
    Self.pool.release(frame)
  }
}
