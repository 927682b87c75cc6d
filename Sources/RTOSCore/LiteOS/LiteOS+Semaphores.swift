// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call.
/// LiteOS' semaphore functions.
extension LiteOS {
  /// `LOS_SemCreate`: makes a semaphore. With a limit of 1: `LOS_BinarySemCreate`.
  public func semCreate(
    _ count: UInt16, limit: UInt16 = UInt16(LOS_SEM_COUNT_MAX),
    _ handle: UnsafeMutablePointer<UInt32>?
  ) -> UInt32 {
    guard let handle = unsafe CPointer(handle) else { return LOS_ERRNO_SEM_PTR_NULL }
    guard count <= limit else { return LOS_ERRNO_SEM_OVERFLOW }
    let made = scheduler.withState { _ in
      state.semaphores.add(Semaphore(count: UInt32(count), limit: UInt32(limit)))
    }
    guard let made else { return LOS_ERRNO_SEM_ALL_BUSY }
    handle.value = made
    return LOS_OK
  }

  /// `LOS_SemDelete`: refused while a task waits.
  public func semDelete(_ handle: UInt32) -> UInt32 {
    scheduler.withState { set in
      guard let semaphore = state.semaphores[handle] else { return LOS_ERRNO_SEM_INVALID }
      guard set[semaphore].waiters.isEmpty else { return LOS_ERRNO_SEM_PENDED }
      state.semaphores.remove(handle)
      return LOS_OK
    }
  }

  /// `LOS_SemPend`: decrements the count, or blocks until the semaphore is posted.
  public func semPend(_ handle: UInt32, _ timeout: UInt32) -> UInt32 {
    guard state.semaphores.isPlausible(handle) else { return LOS_ERRNO_SEM_INVALID }
    guard !isInInterrupt else { return LOS_ERRNO_SEM_PEND_INTERR }
    guard !isSystemTask else { return LOS_ERRNO_SEM_PEND_IN_SYSTEM_TASK }
    do throws(WaitError) {
      try scheduler.wait { (set, me) throws(WaitError) in
        guard let semaphore = state.semaphores[handle] else { throw .invalid }
        return try set.take(semaphore, by: me, Timeout(rawValue: timeout))
      }
      return LOS_OK
    } catch {
      switch error {
      case .wouldBlock: return LOS_ERRNO_SEM_UNAVAILABLE
      case .preemptionLocked: return LOS_ERRNO_SEM_PEND_IN_LOCK
      case .timedOut: return LOS_ERRNO_SEM_TIMEOUT
      default: return LOS_ERRNO_SEM_INVALID
      }
    }
  }

  /// `LOS_SemPost`: wakes the most urgent waiter, or increments the count. Callable from any
  /// context.
  @inline(__always)
  public func semPost(_ handle: UInt32) -> UInt32 {
    let interrupts = scheduler.acquireLock()
    var code = LOS_ERRNO_SEM_INVALID
    if let semaphore = state.semaphores[handle] {
      let isGiven = Scheduler<CPU, Context>.give(semaphore, &scheduler.contents)
      code = isGiven ? LOS_OK : LOS_ERRNO_SEM_OVERFLOW
    }
    scheduler.releaseLock(interrupts)
    return code
  }
}
