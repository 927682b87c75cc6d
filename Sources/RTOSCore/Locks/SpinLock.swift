// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A spin lock that also masks interrupts on the holding CPU. Its holder must not sleep.
///
/// The lock is one 32-bit word: 0 when free, otherwise the holder's CPU number plus one. So a
/// second acquisition by the same CPU panics and does not hang. Acquiring orders later accesses
/// after it, releasing orders earlier accesses before it. Debug builds, on the host and of the
/// kernel, also check the order of `LockLevel` and count how the lock is used. The release kernel
/// does neither.
public struct SpinLock<CPU: Processor>: ~Copyable {
  private let holder = Atomic<UInt32>(0)
  #if DEBUG
    private let level: LockLevel
  #endif

  /// A free lock at `level` in the lock order.
  public init(_ level: LockLevel) {
    #if DEBUG
      self.level = level
    #endif
  }

  /// The CPU that holds the lock at the moment; nil when it is free.
  public var holderNumber: UInt32? {
    let word = holder.load(ordering: .relaxed)
    return word == 0 ? nil : word - 1
  }

  /// Runs `body` with the lock held and interrupts masked. Afterwards the lock is released and the
  /// interrupt state is as before, also when `body` throws.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    file: StaticString = #fileID, line: UInt32 = #line, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let interrupts = acquire(file: file, line: line)
    defer { release(interrupts, file: file, line: line) }
    return try body()
  }

  #if !DEBUG
    /// Masks interrupts and acquires the lock. Returns the previous interrupt state, for
    /// `releaseCold`. Out of line, which keeps code small; it takes no source position, which each
    /// caller would have to pass.
    @inline(never)
    borrowing func acquireCold() -> InterruptState { acquire() }

    /// Releases the lock and restores the interrupt state that `acquireCold` returned. Out of line.
    @inline(never)
    borrowing func releaseCold(_ interrupts: InterruptState) { release(interrupts) }
  #endif

  /// Masks interrupts and acquires the lock, inlined for hot paths. Returns the previous interrupt
  /// state, for `release`.
  @inline(__always)
  borrowing func acquire(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    let interrupts = CPU.maskInterrupts()
    auditAcquire(file, line)
    auditAcquired(file, line, isContended: spin())
    return interrupts
  }

  /// Releases the lock and restores the interrupt state that `acquire` returned, inlined for hot
  /// paths.
  @inline(__always)
  borrowing func release(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    releaseAfterSwitch(file: file, line: line)
    CPU.restoreInterrupts(interrupts)
  }

  /// Releases a lock that the previous task of this CPU acquired before it switched to the current
  /// one. Interrupts stay masked. Outside this file only the first step of a new task calls it.
  @inline(__always)
  borrowing func releaseAfterSwitch(file: StaticString = #fileID, line: UInt32 = #line) {
    auditRelease(file, line)
    holder.store(0, ordering: .releasing)
  }

  /// Debug builds: checks that this CPU may acquire the lock.
  @inline(__always)
  private borrowing func auditAcquire(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      LockAudits.willAcquire(identity, level, LockSite(file, line), on: CPU.number)
    #endif
  }

  /// Debug builds: records that this CPU now holds the lock.
  @inline(__always)
  private borrowing func auditAcquired(
    _ file: StaticString, _ line: UInt32, isContended: Bool
  ) {
    #if DEBUG
      LockAudits.didAcquire(level, LockSite(file, line), isContended: isContended, on: CPU.number)
    #endif
  }

  /// Debug builds: records that this CPU releases the lock.
  @inline(__always)
  private borrowing func auditRelease(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      LockAudits.willRelease(identity, level, LockSite(file, line), on: CPU.number)
    #endif
  }

  #if DEBUG
    /// The lock's address. The lock does not move while it is in use.
    private var identity: UInt {
      // SAFETY: the pointer is only converted to an address and never dereferenced.
      unsafe withUnsafePointer(to: holder) { UInt(bitPattern: $0) }
    }
  #endif

  /// Acquires the lock, spinning if necessary; true if another CPU held it. Interrupts are masked.
  @inline(__always)
  private borrowing func spin() -> Bool {
    let me = CPU.number &+ 1  // Wrapping: a CPU number is below 8.
    // A weak exchange may fail spuriously; the slow path then tries again.
    let isMine = holder.weakCompareExchange(
      expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
    ).exchanged
    return isMine ? false : spinSlowly(me)
  }

  /// Spins until the lock is acquired, after the first try failed; true if another CPU held it.
  @inline(never)
  private borrowing func spinSlowly(_ me: UInt32) -> Bool {
    var isContended = false
    while true {
      let seen = holder.compareExchange(
        expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
      ).original
      if seen == 0 { return isContended }
      precondition(seen != me, "a spin lock is taken twice on one CPU")
      isContended = true
      CPU.relax()
    }
  }
}
