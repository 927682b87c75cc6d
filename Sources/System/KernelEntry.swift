// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace
import VmRegion

/// The locks that a user thread holds while it runs kernel code on a multiprocessor.
///
/// A thread holds the kernel lock in one of two ways:
/// - *alone*: it may use all process state: address spaces, files, signals and wait queues;
/// - *shared*: it may use its own address space, its own thread and what belongs to the processes
///   with that space, and objects that have locks of their own. The lock of the space, which it
///   then holds, too, keeps the other threads with that space out.
///
/// They are acquired in three places: by a system call, as its row in the call table says; by a
/// fault; and for pending user-return work. They are released on the return to user mode and at
/// every context switch; a task that is switched back in re-acquires them (`around`). A call that
/// holds the kernel lock shared and needs more calls `enter`: the lock is free in between, so all
/// that the call found before it must look up again. Interrupt handlers take spin locks only. With
/// one CPU there is no lock to acquire.
public enum KernelEntry<A: Architecture> {
  private typealias Services = UserServices<A>

  /// Starts to use the lock: several CPUs run from now on. Called at boot.
  public static func begin() {
    // SAFETY: written at boot, before a second CPU runs tasks.
    unsafe A.storage.pointee.isParallel = true
  }

  /// The CPU that holds the lock alone; nil while none does.
  static var holderNumber: UInt32? { A.system.kernelLock.holderNumber }

  /// How the running task holds the lock; not at all with one CPU.
  @inline(__always)
  private static var hold: HandoverLock<A.CPU>.Hold {
    A.system.isParallel ? A.system.kernelLock.hold : .none
  }

  /// True while the running task holds the lock, alone or shared; always false with one CPU.
  public static var isHeld: Bool {
    @inline(__always) get { hold != .none }
  }

  /// True while the running task shares the lock.
  @inline(__always)
  public static var isShared: Bool { hold == .shared }

  /// Acquires the lock unless the running task holds it so already. A task that shares it gives it
  /// up first if it is to be `alone`. Interrupts are on, and no spin lock is held.
  @inline(__always)
  public static func enter(alone: Bool = true) {
    if A.system.isParallel { if alone { acquire() } else { shareOutOfLine() } }
  }

  /// Releases the lock if the running task holds it.
  @inline(__always)
  public static func leave() {
    if A.system.isParallel { release() }
  }

  /// Runs `body`, which may switch to another task, and re-acquires the lock if it was held
  /// before.
  @inline(__always)
  public static func around(_ body: () -> Void) {
    let had = hold
    body()
    if had != .none { enter(alone: had == .exclusive) }
  }

  /// Lets a CPU that waits for the lock have it, if the running task holds it, and acquires it
  /// again.
  @inline(__always)
  static func giveWay() {
    if A.system.isParallel { yield() }
  }

  /// Releases the lock and acquires it again as it was, if another CPU waits for it or another
  /// thread of the process for its memory. Interrupts are on.
  @inline(never)
  private static func yield() {
    let had = A.system.kernelLock.hold
    guard
      had != .none && A.system.kernelLock.isContended
        || had == .shared && Services.process.pointee.isMemoryContended
    else { return }
    release()
    enter(alone: had == .exclusive)
  }

  /// Acquires the lock alone. The debug build always takes the slow way, which its audit sees.
  @inline(never)
  private static func acquire() {
    #if !DEBUG
      if A.system.kernelLock.tryAcquire() { return }
    #endif
    acquireSlowly()
  }

  /// Acquires the lock alone, whatever the running task holds of it; waits for the other CPUs.
  @inline(never)
  private static func acquireSlowly() {
    switch A.system.kernelLock.hold {
    case .exclusive: return
    case .shared: leaveShared()
    case .none: break
    }
    A.system.kernelLock.acquire()
  }

  /// `share` for callers that are not hot.
  @inline(never)
  private static func shareOutOfLine() { share() }

  /// Acquires the lock shared, and the memory of a process with more than one thread.
  @inline(__always)
  private static func share() {
    #if !DEBUG
      if Services.process.pointee.isAlone, A.system.kernelLock.tryShare() { return }
    #endif
    shareSlowly()
  }

  /// Acquires the lock shared unless the running task holds it; waits for the CPU that holds it
  /// alone. The memory of the process is locked first, because its other threads hold it while they
  /// wait.
  @inline(never)
  private static func shareSlowly() {
    guard A.system.kernelLock.hold == .none else { return }
    let wasAlone = Services.process.pointee.isAlone
    if !wasAlone { Services.process.pointee.lockMemory() }
    A.system.kernelLock.share(wake: wake)
    // The other threads may have ended meanwhile.
    if !wasAlone, Services.process.pointee.isAlone {
      Services.process.pointee.unlockMemory(wake: wake)
    }
  }

  /// Releases what the running task holds of the lock, and wakes the CPUs that may have it now.
  @inline(never)
  private static func release() {
    switch A.system.kernelLock.hold {
    case .none: return
    case .shared: leaveShared()
    case .exclusive: A.system.kernelLock.release(wake: wake)
    }
  }

  /// Releases the shared lock, and the memory of a process with more than one thread.
  @inline(__always)
  private static func leaveShared() {
    // It is asked before: another thread may change it as soon as the kernel lock is free.
    let isAlone = Services.process.pointee.isAlone
    A.system.kernelLock.leave(wake: wake)
    if !isAlone { Services.process.pointee.unlockMemory(wake: wake) }
  }

  /// Tells a CPU that waits in its idle loop that the lock is free.
  private static func wake(_ cpu: UInt32) {
    A.Interrupts.sendIPI(.reschedule, to: CpuMask(cpu: cpu))
  }
}

/// Faults.
extension KernelEntry {
  /// Acquires the lock for a fault of the running program; true if the fault is resolved and the
  /// lock free, because private memory is enough for it. Always false with one CPU. If it is false,
  /// the caller calls `leaveFault` afterwards.
  @inline(__always)
  public static func enter(for fault: UserFault) -> Bool {
    PreemptionWatch.begin(.fault)
    guard A.system.isParallel && isResolved(fault) else { return false }
    PreemptionWatch.end(.fault)
    return true
  }

  /// Releases the lock after a fault of the running program, if the running task holds it.
  @inline(__always)
  public static func leaveFault() {
    leave()
    PreemptionWatch.end(.fault)
  }

  /// Resolves a fault with the shared lock. Else it holds the lock alone at its end.
  @inline(never)
  private static func isResolved(_ fault: UserFault) -> Bool {
    if case .memory(let address, let access) = fault {
      share()
      let outcome = Services.process.pointee.space.handleFault(at: address, access)
      if outcome == .resolved {
        leaveShared()
        return true
      }
    }
    acquire()
    return false
  }

  /// Resolves a fault of a copy by the kernel, which holds the lock alone, shared or not at all. It
  /// may hold it alone afterwards if it shared it.
  public static func resolve(_ address: UserAddress, _ access: Access) -> FaultOutcome {
    let had = isHeld
    enter(alone: false)
    var outcome = Services.process.pointee.space.handleFault(at: address, access)
    if outcome == .needsKernelLock {
      enter()
      outcome = Services.process.pointee.space.handleFault(at: address, access)
    }
    if !had { leave() }
    return outcome
  }

  /// Answers for the mapped files of all address spaces (`FileSource`). A thread that shares the
  /// lock gets no page.
  public static func serveFile(_ request: UInt8, _ path: UInt16, page: UInt32) -> UInt32 {
    guard !isShared else {
      precondition(FileRequest(rawValue: request)?.isForPage ?? true, "a file without its lock")
      return FileRequest.needsKernelLock
    }
    return MappedFiles<UserServices<A>>.serve(request, path, page: page)
  }
}
