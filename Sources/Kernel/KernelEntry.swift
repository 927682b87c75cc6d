// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore

  // SAFETY: the variables are written at boot, before a second CPU runs tasks; the lock stays where it is.
  /// The lock that threads of programs hold while they are in the kernel, where several CPUs run: what
  /// belongs to processes (memory, files, signals, who waits for what) is one thread's at a time.
  ///
  /// It is taken in three places: for a system call that does more than look, for a fault, and for what
  /// is due on the way back to a program. It is given back there, and at every switch to another task:
  /// who comes back takes it again (`around`). Interrupts take spin locks only. With one CPU there is no
  /// lock to take.
  enum KernelEntry {
    nonisolated(unsafe) private static var storage: UnsafeMutablePointer<HandoverLock<ARMv7A>>?
    nonisolated(unsafe) private static var isUsed = false

    private static var lock: HandoverLock<ARMv7A> {
      @inline(__always) unsafeAddress { unsafe UnsafePointer(storage.unsafelyUnwrapped) }
    }

    /// Takes memory for the lock, for ever.
    static func install(_ memory: UnsafeMutablePointer<HandoverLock<ARMv7A>>) {
      unsafe memory.initialize(to: HandoverLock())
      unsafe storage = memory
    }

    /// From now on several CPUs run.
    static func begin() { unsafe isUsed = true }

    /// The CPU that holds it.
    static var holderNumber: UInt32? { lock.holderNumber }

    /// True while the running task holds the lock; false with one CPU.
    static var isHeld: Bool {
      @inline(__always) get { unsafe isUsed && lock.isMine() }
    }

    /// Takes the lock unless the running task has it. With interrupts on.
    @inline(__always)
    static func enter() {
      if unsafe isUsed { enterOfMany() }
    }

    /// Gives the lock back if the running task has it.
    @inline(__always)
    static func leave() {
      if unsafe isUsed { leaveOfMany() }
    }

    /// Runs what may switch to another task, and takes the lock again if the running task had it.
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
