// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A lock between CPUs that is held with interrupts enabled for as long as a system call takes. One
/// CPU holds it *exclusively*, or any number of CPUs *share* it.
///
/// A CPU that finds the lock held polls it a few times, then asks for it: the holder hands it over
/// to the CPUs that asked, in round-robin order, and sharers do not enter any more once a CPU waits
/// for the last of them to leave. So a waiter waits, after its polls, at most for one critical
/// section of each other CPU; sharers that enter or leave at the instant at which it makes itself
/// the next holder can delay that by a poll each. A waiter that only polls is not handed the lock,
/// because CPUs that take turns would then wait for each other at each acquisition.
///
/// A waiting CPU keeps its task, serves interrupts, and after more polls sleeps until it is woken.
/// The holder is a CPU: a task that blocks releases the lock at the switch and acquires it again
/// when it is switched back in. It comes before all spin locks in the lock order (`LockLevel`).
///
/// The state is one word. Bits 7 to 0: 0, or the number plus one of the CPU that holds the lock
/// exclusively, or will do so when no CPU shares it any more. Bits 15 to 8: the CPUs that share it.
public struct HandoverLock<CPU: Processor>: ~Copyable {
  /// How a CPU holds the lock.
  public enum Hold: UInt8, Sendable {
    /// Not at all.
    case none
    /// With others.
    case shared
    /// Alone.
    case exclusive
  }

  private let state = Atomic<UInt32>(0)
  /// The CPUs that ask for the lock, and those of them that sleep; bit n is CPU n. Who clears a
  /// CPU's bit of `asking` decides: the CPU itself acquires the lock as any other, and another CPU
  /// makes it the next holder.
  private let asking = Atomic<UInt32>(0)
  private let sleeping = Atomic<UInt32>(0)
  #if DEBUG
    private let level: LockLevel
  #endif

  /// How many times a waiting CPU polls before it asks for the lock, and before it sleeps.
  private static var patience: Int { 10 }
  private static var pollLimit: Int { 100 }

  /// The holder's byte of the state, and a sharer's bit.
  private static var holderMask: UInt32 { 0xff }
  @inline(__always)
  private static func sharer(_ cpu: UInt32) -> UInt32 { 0x100 &<< cpu }

  /// A free lock at `level` in the lock order.
  public init(_ level: LockLevel) {
    #if DEBUG
      self.level = level
    #endif
  }

  /// The CPU that holds the lock exclusively at the moment; nil when none does.
  public var holderNumber: UInt32? {
    let holder = state.load(ordering: .relaxed) & Self.holderMask
    return holder == 0 ? nil : holder - 1
  }

  /// Whether a CPU asks for the lock, or waits for sharers to leave.
  public var isContended: Bool {
    @inline(__always) get {
      if asking.load(ordering: .relaxed) != 0 { return true }
      let seen = state.load(ordering: .relaxed)
      return seen > Self.holderMask && seen & Self.holderMask != 0
    }
  }

  /// How the calling CPU holds the lock.
  public var hold: Hold {
    @inline(__always) get {
      let (seen, cpu) = (state.load(ordering: .relaxed), CPU.number)
      // Wrapping: a CPU number is below 8.
      if seen & Self.holderMask == cpu &+ 1 { return .exclusive }
      return seen & Self.sharer(cpu) == 0 ? .none : .shared
    }
  }

  /// Acquires the lock exclusively; the calling CPU does not hold it. Call with interrupts enabled
  /// and no spin lock held.
  @inline(__always)
  public borrowing func acquire(file: StaticString = #fileID, line: UInt32 = #line) {
    auditAcquire(file, line)
    let me = CPU.number &+ 1  // Wrapping: a CPU number is below 8.
    let isMine = exchange(0, for: me)
    if !isMine { wait(me, toShare: false) { _ in } }
    auditAcquired(file, line, isContended: !isMine)
  }

  /// Acquires the lock together with others; the calling CPU does not hold it. Call with interrupts
  /// enabled and no spin lock held. `wake` sends an interrupt to a sleeping CPU.
  @inline(__always)
  public borrowing func share(
    file: StaticString = #fileID, line: UInt32 = #line, wake: (UInt32) -> Void
  ) {
    auditAcquire(file, line)
    let cpu = CPU.number
    let seen = state.load(ordering: .relaxed)
    let isShared = seen & Self.holderMask == 0 && exchange(seen, for: seen | Self.sharer(cpu))
    if !isShared { wait(cpu &+ 1, toShare: true, wake) }  // Wrapping: a CPU number is below 8.
    auditAcquired(file, line, isContended: !isShared)
  }

  #if !DEBUG
    /// Acquires the lock exclusively if it is free; false if not, or by chance.
    @inline(__always)
    public borrowing func tryAcquire() -> Bool {
      exchange(0, for: CPU.number &+ 1)  // Wrapping: a CPU number is below 8.
    }

    /// Shares the lock unless a CPU holds it exclusively, or waits for the sharers to leave, or the
    /// calling CPU shares it; false if not, or by chance.
    @inline(__always)
    public borrowing func tryShare() -> Bool {
      let (seen, mine) = (state.load(ordering: .relaxed), Self.sharer(CPU.number))
      return seen & (mine | Self.holderMask) == 0 && exchange(seen, for: seen | mine)
    }
  #endif

  /// Releases the lock, which this CPU holds exclusively, and hands it over to the next CPU that
  /// asks for it, if there is one. `wake` sends an interrupt to a sleeping CPU. Call it from the
  /// context that acquired the lock, or in a context switch.
  @inline(__always)
  public borrowing func release(
    file: StaticString = #fileID, line: UInt32 = #line, wake: (UInt32) -> Void
  ) {
    auditRelease(file, line)
    if asking.load(ordering: .relaxed) == 0 {
      state.store(0, ordering: .releasing)
      atomicMemoryFence(ordering: .sequentiallyConsistent)
      // A CPU that asked meanwhile and sleeps saw the lock held, so it must be woken.
      if sleeping.load(ordering: .relaxed) != 0 { wakeAll(wake) }
    } else {
      handOver(leaving: 0, wake)
    }
  }

  /// Releases the lock, which this CPU shares. The last sharer wakes the CPU that waits for it, if
  /// that sleeps.
  @inline(__always)
  public borrowing func leave(
    file: StaticString = #fileID, line: UInt32 = #line, wake: (UInt32) -> Void
  ) {
    auditRelease(file, line)
    // Wrapping: the bit is set.
    let left = state.wrappingSubtract(Self.sharer(CPU.number), ordering: .releasing).newValue
    if left != 0, left <= Self.holderMask { wakeHolder(left, wake) }
  }

  /// Wakes the next holder if it sleeps.
  @inline(never)
  private borrowing func wakeHolder(_ holder: UInt32, _ wake: (UInt32) -> Void) {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    let cpu = holder &- 1  // Wrapping: a holder is a CPU number plus one.
    if sleeping.load(ordering: .relaxed) &>> cpu & 1 != 0 { wake(cpu) }
  }

  /// Wakes all CPUs that sleep: one that shares the lock then hands it over to no other.
  @inline(never)
  private borrowing func wakeAll(_ wake: (UInt32) -> Void) {
    var cpus = sleeping.load(ordering: .sequentiallyConsistent)
    while cpus != 0 {
      wake(UInt32(truncatingIfNeeded: cpus.trailingZeroBitCount))
      cpus &= cpus &- 1  // Wrapping: it is not 0.
    }
  }

  /// The part of a release for when a CPU asks for the lock: chooses the next holder and wakes it
  /// if it sleeps. The releaser stays as a sharer if `leaving` is its bit.
  @inline(never)
  private borrowing func handOver(leaving sharer: UInt32, _ wake: (UInt32) -> Void) {
    let next = takeNext()
    // Wrapping, modulo 2^32: only the holder changes the lowest byte, and the others only clear
    // their bits above it.
    let change = sharer &+ next &- (CPU.number &+ 1)
    state.wrappingAdd(change, ordering: .sequentiallyConsistent)
    if next != 0 { wakeHolder(next, wake) } else { wakeAll(wake) }
  }

  /// The number plus one of the next CPU that asks for the lock, which does not ask any more; 0 if
  /// none does.
  private borrowing func takeNext() -> UInt32 {
    while true {
      let askers = asking.load(ordering: .relaxed)
      guard askers != 0 else { return 0 }
      // Wrapping: a mask of the CPUs up to this one.
      let after = askers & ~((2 &<< CPU.number) &- 1)
      let next = UInt32(
        truncatingIfNeeded: (after != 0 ? after : askers).trailingZeroBitCount)
      if stopAsking(next) { return next &+ 1 }  // Wrapping: a CPU number is below 8.
    }
  }

  /// Clears a CPU's bit of `asking`; false if another CPU has done so.
  private borrowing func stopAsking(_ cpu: UInt32) -> Bool {
    let bit: UInt32 = 1 &<< cpu
    return asking.bitwiseAnd(~bit, ordering: .sequentiallyConsistent).oldValue & bit != 0
  }

  /// Waits until the lock is handed over, or acquires it when it becomes free.
  @inline(never)
  private borrowing func wait(_ me: UInt32, toShare: Bool, _ wake: (UInt32) -> Void) {
    let cpu = me &- 1  // Wrapping: `me` is a CPU number plus one.
    let mine = toShare ? Self.sharer(cpu) : me
    var polls = 0
    var isAsking = false
    while true {
      let seen = state.load(ordering: .acquiring)
      let holder = seen & Self.holderMask
      if holder == me {
        if toShare { return handOver(leaving: mine, wake) }
        if seen == me { return }  // No CPU shares it any more.
      } else if holder == 0, !isAsking || stopAsking(cpu) {
        isAsking = false
        // With sharers inside, a CPU that polled long enough keeps further ones out.
        let isReady = toShare || seen == 0
        if isReady || polls >= Self.patience, exchange(seen, for: seen | mine) {
          if isReady { return }
          continue
        }
      }
      polls += 1
      if polls >= Self.patience, holder != me, !isAsking {
        isAsking = true
        asking.bitwiseOr(1 &<< cpu, ordering: .sequentiallyConsistent)
      }
      if polls < Self.pollLimit { CPU.relax() } else { sleep(me, toShare: toShare) }
    }
  }

  /// Replaces the state if it is still `seen`.
  @inline(__always)
  private borrowing func exchange(_ seen: UInt32, for new: UInt32) -> Bool {
    state.weakCompareExchange(
      expected: seen, desired: new, successOrdering: .acquiring, failureOrdering: .relaxed
    ).exchanged
  }

  /// Waits for an interrupt unless the lock is free or already handed over; the releaser sends one.
  private borrowing func sleep(_ me: UInt32, toShare: Bool) {
    let bit: UInt32 = 1 &<< (me &- 1)  // Wrapping: `me` is a CPU number plus one.
    let interrupts = CPU.maskInterrupts()
    sleeping.bitwiseOr(bit, ordering: .sequentiallyConsistent)
    let seen = state.load(ordering: .sequentiallyConsistent)
    let holder = seen & Self.holderMask
    if holder != 0, holder != me || !toShare && seen != me { CPU.waitForInterrupt() }
    sleeping.bitwiseAnd(~bit, ordering: .relaxed)
    CPU.restoreInterrupts(interrupts)
  }

  /// Debug builds: checks that this CPU may acquire the lock.
  @inline(__always)
  private borrowing func auditAcquire(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.willAcquire(identity, level, LockSite(file, line), on: $0) }
    #endif
  }

  /// Debug builds: records that this CPU now holds the lock.
  @inline(__always)
  private borrowing func auditAcquired(_ file: StaticString, _ line: UInt32, isContended: Bool) {
    #if DEBUG
      audit {
        LockAudits.didAcquire(level, LockSite(file, line), isContended: isContended, on: $0)
      }
    #endif
  }

  /// Debug builds: records that this CPU releases the lock.
  @inline(__always)
  private borrowing func auditRelease(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.willRelease(identity, level, LockSite(file, line), on: $0) }
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
      unsafe withUnsafePointer(to: state) { UInt(bitPattern: $0) }
    }
  #endif
}
