// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The big kernel lock. On a multiprocessor a user thread holds it while it runs kernel code. It
/// protects all process state: address spaces, files, signals and wait queues.
///
/// It is acquired in three places: by a system call, except for read-only fast paths; by a fault;
/// and for pending user-return work. It is released on the return to user mode and at every
/// context switch; a task that is switched back in re-acquires it (`around`). Interrupt handlers
/// take spin locks only. With one CPU there is no lock to acquire.
public enum KernelEntry<A: Architecture> {
  /// Starts to use the lock: several CPUs run from now on. Called at boot.
  public static func begin() {
    // SAFETY: written at boot, before a second CPU runs tasks.
    unsafe A.storage.pointee.isParallel = true
  }

  /// The CPU that holds the lock; nil while it is free.
  static var holderNumber: UInt32? { A.system.kernelLock.holderNumber }

  /// True while the running task holds the lock; always false with one CPU.
  public static var isHeld: Bool {
    @inline(__always) get { A.system.isParallel && A.system.kernelLock.isHeldByThisCPU() }
  }

  /// Acquires the lock unless the running task holds it. Interrupts are on, and no spin lock is
  /// held.
  @inline(__always)
  public static func enter() {
    if A.system.isParallel { acquire() }
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
    let had = isHeld
    body()
    if had { acquire() }
  }

  /// Lets a CPU that waits for the lock have it, if the running task holds it, and acquires it
  /// again.
  @inline(__always)
  static func giveWay() {
    guard A.system.isParallel, A.system.kernelLock.isContended, isHeld else { return }
    release()
    acquire()
  }

  @inline(never)
  private static func acquire() {
    if !A.system.kernelLock.isHeldByThisCPU() { A.system.kernelLock.acquire() }
  }

  @inline(never)
  private static func release() {
    guard A.system.kernelLock.isHeldByThisCPU() else { return }
    A.system.kernelLock.release { A.Interrupts.sendIPI(.reschedule, to: CpuMask(cpu: $0)) }
  }
}
