// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A lock between CPUs that is held with interrupts enabled for as long as a system call takes. The
/// releaser hands it over to a waiting CPU in round-robin order. So a waiter waits at most for one
/// critical section of each other CPU.
///
/// A waiting CPU keeps its task, serves interrupts, and after some polls sleeps until it is woken.
/// The holder is a CPU: a task that blocks releases the lock at the switch and acquires it again
/// when it is switched back in. It comes before all spin locks in the lock order (`LockLevel`). The
/// state is one 32-bit word: 0 when free, otherwise the holder's CPU number plus one.
public struct HandoverLock<CPU: Processor>: ~Copyable {
  private let holder = Atomic<UInt32>(0)
  /// The CPUs that wait, and those of them that sleep; bit n is CPU n.
  private let waiting = Atomic<UInt32>(0)
  private let sleeping = Atomic<UInt32>(0)

  /// How many times a waiting CPU polls before it sleeps.
  private static var pollLimit: Int { 100 }

  /// A free lock.
  public init() {}

  /// The CPU that holds the lock at the moment; nil when it is free.
  public var holderNumber: UInt32? {
    let word = holder.load(ordering: .relaxed)
    return word == 0 ? nil : word - 1
  }

  /// Whether a CPU waits for the lock at the moment.
  public var isContended: Bool {
    @inline(__always) get { waiting.load(ordering: .relaxed) != 0 }
  }

  /// True while the calling CPU holds the lock.
  @inline(__always)
  public borrowing func isHeldByThisCPU() -> Bool {
    holder.load(ordering: .relaxed) == CPU.number &+ 1  // Wrapping: a number is below 8.
  }

  /// Acquires the lock, which the calling CPU does not hold. Call with interrupts enabled and no
  /// spin lock held.
  @inline(__always)
  public borrowing func acquire(file: StaticString = #fileID, line: UInt32 = #line) {
    auditAcquire(file, line)
    let me = CPU.number &+ 1  // Wrapping: a CPU number is below 8.
    let seen = holder.compareExchange(
      expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
    ).original
    if seen != 0 { wait(me) }
    auditAcquired(file, line, isContended: seen != 0)
  }

  /// Releases the lock and hands it over to the next waiting CPU, if there is one. `wake` sends an
  /// interrupt to a sleeping CPU. Call it from the context that acquired the lock, or in a context
  /// switch.
  @inline(__always)
  public borrowing func release(
    file: StaticString = #fileID, line: UInt32 = #line, wake: (UInt32) -> Void
  ) {
    auditRelease(file, line)
    if waiting.load(ordering: .relaxed) == 0 {
      holder.store(0, ordering: .sequentiallyConsistent)
      // A CPU that began to wait meanwhile and sleeps saw the lock held, so it must be woken.
      let late = sleeping.load(ordering: .sequentiallyConsistent)
      if late != 0 { wake(UInt32(truncatingIfNeeded: late.trailingZeroBitCount)) }
    } else {
      handOver(wake)
    }
  }

  /// The part of `release` for when a CPU waits: chooses the next holder and wakes it if it sleeps.
  @inline(never)
  private borrowing func handOver(_ wake: (UInt32) -> Void) {
    let waiters = waiting.load(ordering: .relaxed)
    // Only the holder clears a bit while the lock is held, so at least one is still set.
    // Wrapping: a mask of the CPUs up to this one.
    let after = waiters & ~((2 &<< CPU.number) &- 1)
    let next = UInt32(
      truncatingIfNeeded: (after != 0 ? after : waiters).trailingZeroBitCount)
    waiting.bitwiseAnd(~(1 &<< next), ordering: .relaxed)
    // Wrapping: a CPU number is below 8.
    holder.store(next &+ 1, ordering: .sequentiallyConsistent)
    if sleeping.load(ordering: .sequentiallyConsistent) &>> next & 1 != 0 { wake(next) }
  }

  /// Waits until the lock is handed over, or acquires it when it becomes free.
  @inline(never)
  private borrowing func wait(_ me: UInt32) {
    let bit: UInt32 = 1 &<< (me &- 1)  // Wrapping: `me` is a CPU number plus one.
    waiting.bitwiseOr(bit, ordering: .sequentiallyConsistent)
    var looks = 0
    while true {
      let seen = holder.compareExchange(
        expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .acquiring
      ).original
      if seen == me { return }
      if seen == 0 {
        waiting.bitwiseAnd(~bit, ordering: .relaxed)
        return
      }
      looks += 1
      if looks < Self.pollLimit { CPU.relax() } else { sleep(me, bit) }
    }
  }

  /// Waits for an interrupt unless the lock is free or already handed over; the releaser sends one.
  private borrowing func sleep(_ me: UInt32, _ bit: UInt32) {
    let interrupts = CPU.maskInterrupts()
    sleeping.bitwiseOr(bit, ordering: .sequentiallyConsistent)
    let seen = holder.load(ordering: .sequentiallyConsistent)
    if seen != 0, seen != me { CPU.waitForInterrupt() }
    sleeping.bitwiseAnd(~bit, ordering: .relaxed)
    CPU.restoreInterrupts(interrupts)
  }

  /// Debug builds: checks that this CPU may acquire the lock.
  @inline(__always)
  private borrowing func auditAcquire(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.willAcquire(identity, .kernel, LockSite(file, line), on: $0) }
    #endif
  }

  /// Debug builds: records that this CPU now holds the lock.
  @inline(__always)
  private borrowing func auditAcquired(_ file: StaticString, _ line: UInt32, isContended: Bool) {
    #if DEBUG
      audit {
        LockAudits.didAcquire(.kernel, LockSite(file, line), isContended: isContended, on: $0)
      }
    #endif
  }

  /// Debug builds: records that this CPU releases the lock.
  @inline(__always)
  private borrowing func auditRelease(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.willRelease(identity, .kernel, LockSite(file, line), on: $0) }
    #endif
  }

  #if DEBUG
    /// Runs `body` with interrupts masked, because interrupt handlers acquire locks and would
    /// change this CPU's audit.
    private borrowing func audit(_ body: (_ cpu: UInt32) -> Void) {
      let interrupts = CPU.maskInterrupts()
      body(CPU.number)
      CPU.restoreInterrupts(interrupts)
    }

    private var identity: UInt {
      // SAFETY: only the address is used, and the lock does not move while it is in use.
      unsafe withUnsafePointer(to: holder) { UInt(bitPattern: $0) }
    }
  #endif
}
