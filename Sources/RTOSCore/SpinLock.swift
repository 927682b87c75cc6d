// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A lock that masks interrupts on this CPU and keeps other CPUs out. Nothing under it may sleep.
///
/// One 32-bit word: 0 free, otherwise the holder's CPU number plus one, so that taking it twice on
/// one CPU is a panic and not a hang. Acquire and release order what stands between. Debug builds, on
/// the host and of the kernel, also hold it to the order of `LockLevel` and count its use; the kernel
/// that is shipped does not.
public struct SpinLock<CPU: Processor>: ~Copyable {
  private let holder = Atomic<UInt32>(0)
  #if DEBUG
    private let level: LockLevel
  #endif

  /// A free lock with its place in the order.
  public init(_ level: LockLevel) {
    #if DEBUG
      self.level = level
    #endif
  }

  /// The CPU that holds it at the moment.
  public var holderNumber: UInt32? {
    let word = holder.load(ordering: .relaxed)
    return word == 0 ? nil : word - 1
  }

  /// Runs `body` with the lock held and interrupts masked; both are as before afterwards, also
  /// when `body` throws.
  @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    file: StaticString = #fileID, line: UInt32 = #line, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let interrupts = enter(file: file, line: line)
    defer { leave(interrupts, file: file, line: line) }
    return try body()
  }

  /// Takes the lock with interrupts masked; returns their state before, for `give`.
  @inline(never)
  borrowing func take(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    enter(file: file, line: line)
  }

  /// Gives the lock back and interrupts as they were.
  @inline(never)
  borrowing func give(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    leave(interrupts, file: file, line: line)
  }

  /// `take` in line, with no closure in between: for what is done most often.
  @inline(__always)
  borrowing func enter(file: StaticString = #fileID, line: UInt32 = #line) -> InterruptState {
    let interrupts = CPU.maskInterrupts()
    noteTake(file, line)
    noteTaken(file, line, isContended: acquire())
    return interrupts
  }

  /// `give` likewise.
  @inline(__always)
  borrowing func leave(
    _ interrupts: InterruptState, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    releaseAfterSwitch(file: file, line: line)
    CPU.restoreInterrupts(interrupts)
  }

  /// Lets go of a lock that was taken on this CPU by the task that switched to the current one.
  /// Interrupts stay masked. From outside only the scheduler's first step of a new task does this.
  @inline(__always)
  borrowing func releaseAfterSwitch(file: StaticString = #fileID, line: UInt32 = #line) {
    noteRelease(file, line)
    holder.store(0, ordering: .releasing)
  }

  /// Asks the audit, where there is one, whether this CPU may take the lock.
  @inline(__always)
  private borrowing func noteTake(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      LockAudits.take(identity, level, LockPlace(file, line), on: CPU.number)
    #endif
  }

  /// Tells the audit that this CPU has it.
  @inline(__always)
  private borrowing func noteTaken(
    _ file: StaticString, _ line: UInt32, isContended: Bool
  ) {
    #if DEBUG
      LockAudits.taken(level, LockPlace(file, line), isContended: isContended, on: CPU.number)
    #endif
  }

  /// Tells the audit that this CPU lets the lock go.
  @inline(__always)
  private borrowing func noteRelease(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      LockAudits.release(identity, level, LockPlace(file, line), on: CPU.number)
    #endif
  }

  #if DEBUG
    /// Where the lock stands; it does not move while anybody uses it.
    private var identity: UInt {
      // SAFETY: only the address is looked at.
      unsafe withUnsafePointer(to: holder) { UInt(bitPattern: $0) }
    }
  #endif

  /// Waits for the lock; true if somebody had it. Interrupts are masked.
  @inline(__always)
  private borrowing func acquire() -> Bool {
    let me = CPU.number &+ 1  // Wrapping: a CPU number is below 8.
    // Weak: it may fail for no reason, and needs no loop here.
    let isMine = holder.weakCompareExchange(
      expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
    ).exchanged
    return isMine ? false : acquireSlowly(me)
  }

  /// Waits for a lock that was not to be had at the first try; true if somebody had it.
  @inline(never)
  private borrowing func acquireSlowly(_ me: UInt32) -> Bool {
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
