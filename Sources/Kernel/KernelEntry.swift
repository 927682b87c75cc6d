// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore

  // SAFETY: the variables are written at boot, before a second CPU runs tasks; the lock never
  // moves.
  /// The big kernel lock. On a multiprocessor a user thread holds it while it runs kernel code. It
  /// protects all process state: address spaces, files, signals and wait queues.
  ///
  /// It is acquired in three places: by a system call, except for read-only fast paths; by a fault;
  /// and for pending user-return work. It is released on the return to user mode and at every
  /// context switch; a task that is switched back in re-acquires it (`around`). Interrupt handlers
  /// take spin locks only. With one CPU there is no lock to acquire.
  enum KernelEntry {
    nonisolated(unsafe) private static var storage: UnsafeMutablePointer<HandoverLock<ARMv7A>>?
    nonisolated(unsafe) private static var isUsed = false

    private static var lock: HandoverLock<ARMv7A> {
      @inline(__always) unsafeAddress { unsafe UnsafePointer(storage.unsafelyUnwrapped) }
    }

    /// Initialises the lock in `memory`, which is never freed.
    static func install(_ memory: UnsafeMutablePointer<HandoverLock<ARMv7A>>) {
      unsafe memory.initialize(to: HandoverLock())
      unsafe storage = memory
    }

    /// Starts to use the lock: several CPUs run from now on.
    static func begin() { unsafe isUsed = true }

    /// The CPU that holds the lock; nil while it is free.
    static var holderNumber: UInt32? { lock.holderNumber }

    /// True while the running task holds the lock; always false with one CPU.
    static var isHeld: Bool {
      @inline(__always) get { unsafe isUsed && lock.isMine() }
    }

    /// Acquires the lock unless the running task holds it. Interrupts are on, and no spin lock is
    /// held.
    @inline(__always)
    static func enter() {
      if unsafe isUsed { enterOfMany() }
    }

    /// Releases the lock if the running task holds it.
    @inline(__always)
    static func leave() {
      if unsafe isUsed { leaveOfMany() }
    }

    /// Runs `body`, which may switch to another task, and re-acquires the lock if it was held
    /// before.
    @inline(__always)
    static func around(_ body: () -> Void) {
      let had = isHeld
      body()
      if had { enterOfMany() }
    }

    @inline(never)
    private static func enterOfMany() {
      if !lock.isMine() { lock.take() }
    }

    @inline(never)
    private static func leaveOfMany() {
      guard lock.isMine() else { return }
      lock.give { InterruptLines.send(.reschedule, to: 1 << $0) }
    }
  }
#endif
