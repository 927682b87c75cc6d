// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

// The timers and signals that files report, and futexes in their pages.
extension Platform {
  /// Makes the timer of a file; nil if there are too many timers.
  @inline(never)
  public static func makeTimer(
    of clock: ClockIdentifier, waking queue: RecordReference<FileWaiters>
  ) -> UInt32? {
    var timer = ProcessTimer()
    timer.owner = ProcessTimer.ofFile
    timer.clock = .system(clock)
    timer.file = queue
    return processes.withLock { $0.add(timer) }
  }

  /// Removes a timer of a file.
  public static func removeTimer(_ number: UInt32) {
    processes.withLock { $0.remove(number) }
  }

  /// Whether a timer of a file has expired, or was cancelled, since it was read.
  public static func hasExpired(_ number: UInt32) -> Bool {
    processes.withLock { table in
      table.timers[Int(number)].isDue || table.timers[Int(number)].wasCancelled
    }
  }

  /// The number of expirations of a file's timer since the last call.
  @inline(never)
  public static func takeExpirations(_ number: UInt32) throws(Errno) -> UInt64 {
    try processes.withLock { (table) throws(Errno) in
      let timer = table.timers.reference(Int(number))
      if timer.pointee.wasCancelled {
        timer.pointee.wasCancelled = false
        timer.pointee.isDue = false
        throw .canceled
      }
      return timer.pointee.isDue ? table.collectExpirations(number) : 0
    }
  }

  /// The queue of those who wait for signals of the running process.
  public static var signalWaiters: RecordReference<FileWaiters> {
    // The queue is in the process's record, which stays in place. `Process.finish`
    // empties it.
    process.pointee.signalWaiters.reference
  }

  /// Whether one of `signals` is pending for the running thread or its process.
  public static func isPending(_ signals: UInt64) -> Bool {
    processes.withLock { _ in
      let own = thread.pointee.signals.queue.pending | process.pointee.signals.queue.pending
      return own & signals != 0
    }
  }

  /// Dequeues the next one of `signals` that is pending; nil if there is none.
  @inline(never)
  public static func takeSignal(of signals: UInt64) -> SignalInfo? {
    processes.withLock { $0.dequeueSignal(of: signals, for: thread) }
  }

  /// Wakes all threads that wait for the shared futex at `offset` in `frame`, but not those that wait
  /// to be moved to another futex.
  public static func wakeWaiters(at offset: Word, of frame: PhysicalFrame) {
    let key = FutexKey(space: UInt(frame.address.word), address: offset, frame: frame)
    while processes.withLock({ $0.wakeWaiter(at: key) }) {}
  }
}
