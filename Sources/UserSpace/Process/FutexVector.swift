// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The waiters of the running thread for several futexes at once (futex_waitv), in a block of
/// frames of their own.
///
/// The waiters are added one by one, and then wait. A waiter holds a reference to the frame of a
/// shared word. So there may be a preemption point between any two; there is one after each `step`.
@safe struct FutexVector<P: Platform>: ~Copyable {
  /// The maximum number of futexes (FUTEX_WAITV_MAX).
  static var limit: UInt32 { 128 }

  /// How many waiters are handled between two preemption points, and in the queues under one lock.
  private static var step: Int { 4 }

  /// Whether a preemption point belongs to the waiter with this index.
  static func isPoint(_ index: Int) -> Bool { index % step == step - 1 }

  private let pool: FramePool<P.CPU, P.Memory>
  private let frame: PhysicalFrame
  private let waiters: RecordTable<FutexWaiter>
  /// How many waiters were added, and how many of them were put into a queue.
  private var (count, queuedCount) = (0, 0)
  /// Why a futex could not be added.
  private var failure: Errno?

  /// No waiters, with room for `count`, from 1 to `limit`.
  ///
  /// - Throws: `outOfMemory`.
  init(room count: Int) throws(Errno) {
    pool = Futex<P>.pool
    var order = 0
    while (Int(Page.size) << order) / MemoryLayout<FutexWaiter>.stride < count { order += 1 }
    do throws(MemoryError) {
      frame = try pool.allocateCold(order: order, zeroed: false)
    } catch { throw Errno(error) }
    waiters = RecordTable(in: frame, order: order, of: P.Memory.self)
  }

  /// Adds a futex, whose word is to be `expected`. There is room for it. `wait` throws the first
  /// error, because Linux checks all descriptions before the first address.
  mutating func add(_ address: UserAddress, expected: UInt32, isPrivate: Bool) {
    do throws(Errno) {
      let key = try Futex<P>.checkedKey(of: address, isPrivate: isPrivate)
      if let frame = key.frame { pool.retain(frame) }
      // Field by field, because a waiter as a whole is copied. The others are set when it is queued.
      let waiter = waiters.reference(count)
      waiter.pointee.task = P.task
      waiter.pointee.key = key
      waiter.pointee.address = address
      waiter.pointee.expected = expected
      count += 1
    } catch {
      if failure == nil { failure = error }
    }
  }

  /// Waits until a wake at one of the futexes; returns the index of the last that was woken.
  ///
  /// `deadline` is in monotonic nanoseconds, `.max` for none; with `isWall` it is a wall-clock
  /// time, and the wait follows changes of that clock.
  ///
  /// - Throws: `tryAgain` if a word differs; `invalid` for a misaligned one; `badAddress`;
  ///   `timedOut`; `interrupted` by a signal.
  mutating func wait(until deadline: UInt64, isWall: Bool) throws(Errno) -> Int {
    if let failure { throw failure }
    do throws(Errno) {
      try enqueue(isWall ? .timeOfDay : .futex)
      repeat { try P.wait(until: Futex<P>.end(of: deadline, isWall: isWall)) } while !isWoken
    } catch {
      failure = error
    }
    // A wake that arrived before the waiters left must count; otherwise it would be lost.
    if let index = leave() { return index }
    throw failure ?? .interrupted
  }

  /// Puts the waiters into their queues, and then compares their words, so that no wake between the
  /// two is lost. `wait` is set before the clock is read, so that a change in between wakes the
  /// thread.
  ///
  /// - Throws: `tryAgain`, `badAddress`; `interrupted` if the thread is dying.
  private mutating func enqueue(_ wait: Thread<P>.Wait) throws(Errno) {
    while queuedCount < count {
      if queuedCount > 0, P.mustEnd() { throw .interrupted }
      let first = queuedCount
      queuedCount = min(first + Self.step, count)
      P.processes.withLock { table in
        P.thread.pointee.wait = wait
        for index in first..<queuedCount {
          let waiter = waiters.reference(index)
          table.futexes.append(waiter, key: waiter.pointee.key, bits: .max)
        }
      }
      for index in first..<queuedCount {
        let waiter = waiters.reference(index)
        guard try P.User.word(at: waiter.pointee.address) == waiter.pointee.expected else {
          throw .tryAgain
        }
      }
    }
  }

  /// Whether one of the waiters was woken.
  private var isWoken: Bool {
    for index in 0..<queuedCount where !waiters.reference(index).pointee.isQueued { return true }
    return false
  }

  /// Removes all waiters from their queues; returns the index of the last that was woken before,
  /// nil if none was.
  private mutating func leave() -> Int? {
    var woken: Int?
    var first = 0
    while first < queuedCount {
      if first > 0 { P.preemptionPoint() }
      let end = min(first + Self.step, queuedCount)
      P.processes.withLock { table in
        P.thread.pointee.wait = .nothing
        for index in first..<end where !table.futexes.remove(waiters.reference(index)) {
          woken = index
        }
      }
      first = end
    }
    return woken
  }

  /// Releases the frames of the waiters, which are in no queue.
  @inline(never)
  deinit {
    for index in 0..<count {
      if let frame = waiters.reference(index).pointee.key.frame { pool.release(frame) }
      if Self.isPoint(index) { P.preemptionPoint() }
    }
    pool.release(frame)
  }
}
