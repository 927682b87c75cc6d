// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Timeouts: each CPU serves those that it has scheduled, at the counter's resolution.
///
/// All functions but `cancel` concern the timer of the calling CPU, whose lock they acquire.
extension TickService {
  /// The number of timeouts that one interrupt serves at most. If more have expired, the timer
  /// interrupts again at once; in between, interrupts are not masked.
  private static var servedAtOnce: Int { 2 }

  /// Schedules a call of `wake(token)` on this CPU when monotonic time reaches `deadline`, in
  /// nanoseconds; up to `slack` nanoseconds later, if the next tick is in between. May be called
  /// from any context. Acquires the CPU's lock.
  ///
  /// - Throws: `TimeoutQueue.Full`; then nothing has changed.
  public borrowing func schedule(
    at deadline: UInt64, slack: UInt32 = 0, token: UInt32
  ) throws(TimeoutQueue.Full) -> TimeoutHandle {
    // The timer that is programmed must be that of the CPU whose queue it is.
    let interrupts = CPU.maskInterrupts()
    defer { CPU.restoreInterrupts(interrupts) }
    var (isFirst, due) = (false, UInt64?.none)
    let handle = try timers[CPU.number].withLock { (timer) throws(TimeoutQueue.Full) in
      let handle = try timer.timeouts.insert(deadline: deadline, slack: slack, token: token)
      isFirst = timer.timeouts.isFirst(handle)
      if isFirst { due = self.due(timer) }
      return handle
    }
    if isFirst { program(due) }
    return handle
  }

  /// Cancels a timeout. False if it was served or cancelled before, or is being served by another
  /// CPU. The timer stays programmed: at worst, its CPU is interrupted once for nothing. May be
  /// called from any context. Acquires the lock of the CPU that serves it.
  public borrowing func cancel(_ handle: TimeoutHandle) -> Bool {
    timers[handle.cpu].withLock { $0.timeouts.cancel(handle) }
  }

  /// True if this CPU's next tick is reached. Interrupts are masked.
  @inline(__always)
  borrowing func isTickReached() -> Bool {
    timers[CPU.number].withLock { timer in
      guard let tick = timer.tick else { return false }
      return !Clock.isBehind((Clock.read() &- tick) & Clock.mask)  // Wrapping: as the counter.
    }
  }

  /// Sets this CPU's next tick, nil to stop its tick, and programs the timer. Interrupts are
  /// masked.
  @inline(never)
  borrowing func setTick(_ tick: UInt64?) {
    let due = timers[CPU.number].withColdLock { timer in
      timer.tick = tick
      return self.due(timer)
    }
    program(due)
  }

  /// Calls `wake` for timeouts that have expired at `nanoseconds`, in order and without a lock,
  /// then programs the timer. `newTick` is the CPU's next tick, nil if it is unchanged. Interrupts
  /// are masked.
  @inline(never)
  borrowing func serve(at nanoseconds: UInt64, newTick: UInt64?, _ wake: (UInt32) -> Void) {
    let cpu = CPU.number
    var left = Self.servedAtOnce
    while true {
      var due: UInt64?
      let expired = timers[cpu].withLock { timer -> UInt32? in
        if let newTick { timer.tick = newTick }
        if left > 0, let token = timer.timeouts.takeExpired(at: nanoseconds) { return token }
        due = self.due(timer)
        return nil
      }
      guard let expired else { return program(due) }
      left -= 1
      wake(expired)
    }
  }

  /// The count at which this CPU's timer is due: at its next tick or its first timeout, or when the
  /// clocks of an idle machine need it; nil if there is nothing.
  @inline(__always)
  private borrowing func due(_ timer: borrowing CPUTimer) -> UInt64? {
    let first = timer.timeouts.first
    if let tick = timer.tick {
      return first.map { timekeeper.timerCount(for: $0, tick: tick) } ?? tick
    }
    return timekeeper.idleDeadline(first?.deadline)
  }

  /// Programs this CPU's timer for `due`, or stops it. The interrupt is level-sensitive: a new
  /// deadline also withdraws it.
  ///
  /// Interrupts are masked since `due` was computed, but the timer's lock is released: a hypervisor
  /// or an emulator may switch to another CPU at this access, which may need the lock.
  @inline(__always)
  private borrowing func program(_ due: UInt64?) {
    if let due { Clock.setDeadline(due) } else { Clock.stopDeadline() }
  }
}
