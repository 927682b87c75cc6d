import Synchronization

/// A lock that masks interrupts on this CPU and keeps other CPUs out. Nothing under it may sleep.
///
/// One 32-bit word: 0 free, otherwise the holder's CPU number plus one, so that taking it twice on
/// one CPU is a panic and not a hang. Acquire and release order what stands between.
public struct SpinLock<CPU: Processor>: ~Copyable {
  private let holder = Atomic<UInt32>(0)

  /// A free lock.
  public init() {}

  /// Runs `body` with the lock held and interrupts masked; both are as before afterwards, also
  /// when `body` throws.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let interrupts = CPU.maskInterrupts()
    acquire()
    defer {
      holder.store(0, ordering: .releasing)
      CPU.restoreInterrupts(interrupts)
    }
    return try body()
  }

  /// Takes the lock with interrupts masked; returns their state before, for `give`.
  @inline(never)
  borrowing func take() -> InterruptState {
    let interrupts = CPU.maskInterrupts()
    acquire()
    return interrupts
  }

  /// Gives the lock back and interrupts as they were.
  @inline(never)
  borrowing func give(_ interrupts: InterruptState) {
    holder.store(0, ordering: .releasing)
    CPU.restoreInterrupts(interrupts)
  }

  /// Lets go of a lock that was taken on this CPU by the task that switched to the current one.
  /// Interrupts stay masked. Only the scheduler's first step of a new task does this.
  borrowing func releaseAfterSwitch() { holder.store(0, ordering: .releasing) }

  /// Waits for the lock. Interrupts are masked.
  @inline(__always)
  private borrowing func acquire() {
    let me = CPU.number &+ 1  // Wrapping: a CPU number is below 8.
    // What was seen tells whether it was taken, too, and in fewer instructions than the flag.
    let seen = holder.compareExchange(
      expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
    ).original
    if seen != 0 { acquireSlowly(me, seen) }
  }

  /// Waits for a lock that `seen` had a moment ago.
  @inline(never)
  private borrowing func acquireSlowly(_ me: UInt32, _ seen: UInt32) {
    var seen = seen
    while seen != 0 {
      precondition(seen != me, "a spin lock is taken twice on one CPU")
      CPU.relax()
      seen =
        holder.compareExchange(
          expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
        ).original
    }
  }
}
