// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The waiters of the running thread for several futexes at once (futex_waitv), in frames of their
/// own.
///
/// The waiters are added one by one, get their keys, and then wait. A waiter holds a reference to
/// the frame of a shared word. So there may be a preemption point after each step.
@safe struct FutexVector<P: Platform>: ~Copyable {
  private struct Entry {
    var waiter: FutexWaiter
    let address: UserAddress
    let expected: UInt32
    let isPrivate: Bool
    var wasQueued = false
  }

  /// The maximum number of futexes (FUTEX_WAITV_MAX).
  static var limit: UInt32 { 128 }
  private static var frameCapacity: Int { Int(Page.size) / MemoryLayout<Entry>.stride }

  private var frames = InlineArray<4, PhysicalFrame?>(repeating: nil)
  private var count = 0

  private var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  private func entry(_ index: Int) -> RecordReference<Entry>? {
    guard let frame = frames[index / Self.frameCapacity] else { return nil }
    return RecordTable(in: frame, of: P.Memory.self).reference(index % Self.frameCapacity)
  }

  // SAFETY: the waiter is the first field of the entry, which stays in place until `removeAll`.
  private func waiter(of entry: RecordReference<Entry>) -> RecordReference<FutexWaiter> {
    unsafe RecordReference(
      at: UnsafeMutableRawPointer(entry.address).assumingMemoryBound(to: FutexWaiter.self))
  }

  /// Adds a futex, whose word is to be `expected`. There are fewer than `limit`.
  ///
  /// - Throws: `outOfMemory`.
  mutating func add(_ address: UserAddress, expected: UInt32, isPrivate: Bool) throws(Errno) {
    if count % Self.frameCapacity == 0 {
      do throws(MemoryError) {
        frames[count / Self.frameCapacity] = try pool.allocateCold(zeroed: false)
      } catch { throw Errno(error) }
    }
    entry(count)?.pointee = Entry(
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
  func wait(until deadline: UInt64, isWall: Bool) throws(Errno) -> Int {
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
      guard let entry = entry(index) else { return }
      if P.mustEnd() { throw .interrupted }
      let key = try Futex<P>.checkedKey(
        of: entry.pointee.address, isPrivate: entry.pointee.isPrivate)
      entry.pointee.waiter.key = key
      if let frame = key.frame { pool.retain(frame) }
    }
  }

  /// - Throws: `tryAgain`, `badAddress`; `interrupted` if the thread is dying.
  private func enqueue() throws(Errno) {
    for index in 0..<count {
      guard let entry = entry(index) else { return }
      if P.mustEnd() { throw .interrupted }
      let waiter = waiter(of: entry)
      P.processes.withLock { $0.futexes.append(waiter, key: waiter.pointee.key, bits: .max) }
      entry.pointee.wasQueued = true
      guard try P.User.word(at: entry.pointee.address) == entry.pointee.expected else {
        throw .tryAgain
      }
    }
  }

  /// The index of the last futex that was woken; nil if none was.
  private var lastWoken: Int? {
    for index in (0..<count).reversed() {
      if let entry = entry(index), entry.pointee.wasQueued, !entry.pointee.waiter.isQueued {
        return index
      }
    }
    return nil
  }

  /// Removes all waiters, and frees their frames.
  @inline(never)
  mutating func removeAll() {
    for index in 0..<count {
      guard let entry = entry(index) else { break }
      let waiter = waiter(of: entry)
      P.processes.withLock { _ = $0.futexes.remove(waiter) }
      if let frame = waiter.pointee.key.frame { pool.release(frame) }
      P.preemptionPoint()
    }
    for index in frames.indices {
      if let frame = frames[index] { pool.release(frame) }
    }
  }
}
