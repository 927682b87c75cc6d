// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A lock for tasks on several CPUs, held with interrupts on for as long as a system call takes. It
/// goes from one CPU to the next that waits, in turn, so that a wait is as long as what the other
/// CPUs do once each.
///
/// A CPU that waits keeps its task, serves interrupts, and after a while sleeps until it is woken.
/// The holder is a CPU: a task that blocks gives the lock back at the switch, and takes it again when
/// it comes back. It stands in front of all spin locks in the order (`LockLevel`). One 32-bit word: 0
/// free, otherwise the holder's CPU number plus one.
public struct HandoverLock<CPU: Processor>: ~Copyable {
  private let holder = Atomic<UInt32>(0)
  /// CPUs that wait, and those of them that sleep; bit n is CPU n.
  private let waiting = Atomic<UInt32>(0)
  private let asleep = Atomic<UInt32>(0)

  /// How often a CPU looks before it sleeps.
  private static var patience: Int { 100 }

  /// A free lock.
  public init() {}

  /// The CPU that holds it at the moment.
  public var holderNumber: UInt32? {
    let word = holder.load(ordering: .relaxed)
    return word == 0 ? nil : word - 1
  }

  /// True while the calling CPU has the lock.
  @inline(__always)
  public borrowing func isMine() -> Bool {
    holder.load(ordering: .relaxed) == CPU.number &+ 1  // Wrapping: a number is below 8.
  }

  /// Takes the lock; the calling CPU does not have it. With interrupts on and no spin lock held.
  @inline(__always)
  public borrowing func take(file: StaticString = #fileID, line: UInt32 = #line) {
    note(file, line)
    let me = CPU.number &+ 1  // Wrapping: as above.
    let seen = holder.compareExchange(
      expected: 0, desired: me, successOrdering: .acquiring, failureOrdering: .relaxed
    ).original
    if seen != 0 { wait(me) }
    noteTaken(file, line, isContended: seen != 0)
  }

  /// Gives the lock to the next CPU that waits. `wake` interrupts a CPU that sleeps. From the context
  /// in which it was taken, or in a switch.
  @inline(__always)
  public borrowing func give(
    file: StaticString = #fileID, line: UInt32 = #line, wake: (UInt32) -> Void
  ) {
    noteRelease(file, line)
    if waiting.load(ordering: .relaxed) == 0 {
      holder.store(0, ordering: .sequentiallyConsistent)
      // Who began to wait meanwhile and sleeps has seen the lock taken.
      let late = asleep.load(ordering: .sequentiallyConsistent)
      if late != 0 { wake(UInt32(truncatingIfNeeded: late.trailingZeroBitCount)) }
    } else {
      handOver(wake)
    }
  }

  /// The way of `give` when somebody waits.
  @inline(never)
  private borrowing func handOver(_ wake: (UInt32) -> Void) {
    let waiters = waiting.load(ordering: .relaxed)
    // Nobody but the holder takes a bit away, so one is left.
    // Wrapping: a mask of the CPUs up to this one.
    let behind = waiters & ~((2 &<< CPU.number) &- 1)
    let next = UInt32(
      truncatingIfNeeded: (behind != 0 ? behind : waiters).trailingZeroBitCount)
    waiting.bitwiseAnd(~(1 &<< next), ordering: .relaxed)
    holder.store(next &+ 1, ordering: .sequentiallyConsistent)  // Wrapping: as above.
    if asleep.load(ordering: .sequentiallyConsistent) &>> next & 1 != 0 { wake(next) }
  }

  /// Waits until the lock is handed over, or is free after all.
  @inline(never)
  private borrowing func wait(_ me: UInt32) {
    let bit: UInt32 = 1 &<< (me &- 1)  // Wrapping: it is a CPU's number.
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
      if looks < Self.patience { CPU.relax() } else { sleep(me, bit) }
    }
  }

  /// Waits for an interrupt, of which there is one if the lock came before.
  private borrowing func sleep(_ me: UInt32, _ bit: UInt32) {
    let interrupts = CPU.maskInterrupts()
    asleep.bitwiseOr(bit, ordering: .sequentiallyConsistent)
    let seen = holder.load(ordering: .sequentiallyConsistent)
    if seen != 0, seen != me { CPU.waitForInterrupt() }
    asleep.bitwiseAnd(~bit, ordering: .relaxed)
    CPU.restoreInterrupts(interrupts)
  }

  /// Asks the audit, where there is one, whether this CPU may take the lock.
  @inline(__always)
  private borrowing func note(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.take(identity, .kernel, LockPlace(file, line), on: $0) }
    #endif
  }

  /// Tells the audit that this CPU has it.
  @inline(__always)
  private borrowing func noteTaken(_ file: StaticString, _ line: UInt32, isContended: Bool) {
    #if DEBUG
      audit {
        LockAudits.taken(.kernel, LockPlace(file, line), isContended: isContended, on: $0)
      }
    #endif
  }

  /// Tells the audit that this CPU lets the lock go.
  @inline(__always)
  private borrowing func noteRelease(_ file: StaticString, _ line: UInt32) {
    #if DEBUG
      audit { LockAudits.release(identity, .kernel, LockPlace(file, line), on: $0) }
    #endif
  }

  #if DEBUG
    /// Keeps interrupts, which take locks, away from the CPU's audit.
    private borrowing func audit(_ body: (_ cpu: UInt32) -> Void) {
      let interrupts = CPU.maskInterrupts()
      body(CPU.number)
      CPU.restoreInterrupts(interrupts)
    }

    private var identity: UInt {
      // SAFETY: only the address is looked at. The lock does not move while anybody uses it.
      unsafe withUnsafePointer(to: holder) { UInt(bitPattern: $0) }
    }
  #endif
}
