// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: locks are in the C caller's memory and do not move from Init to Destroy; an initialised
// one contains a `ReadWriteLock`.
/// LiteOS' reader-writer lock functions.
extension LiteOS {
  /// The magic number of an initialised lock.
  private static var magic: UInt32 { 0x5265_5772 }

  /// `LOS_RwlockInit`: refused for a lock that is already initialised.
  public func rwlockInit(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
    guard let lock = unsafe CPointer(lock) else { return LOS_EINVAL }
    return scheduler.withState { set in
      guard object(lock) == nil else { return LOS_EPERM }
      lock.value.magic = Self.magic
      unsafe object(lock)?.object.initialize(to: ReadWriteLock())
      return LOS_OK
    }
  }

  /// `LOS_RwlockDestroy`: refused while a task holds the lock.
  public func rwlockDestroy(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
    guard let lock = unsafe CPointer(lock) else { return LOS_EINVAL }
    return scheduler.withState { set in
      guard let place = object(lock) else { return LOS_EBADF }
      guard set[place].readers == 0,
        set[place].writer == TaskRecord.none
      else { return LOS_EBUSY }
      lock.value = LosRwlock()
      return LOS_OK
    }
  }

  /// `LOS_RwlockRdLock`: locks for reading. With `isTry`: `LOS_RwlockTryRdLock`.
  public func rwlockRead(
    _ lock: UnsafeMutablePointer<LosRwlock>?, _ timeout: UInt32, isTry: Bool = false
  ) -> UInt32 {
    unsafe acquire(lock, isTry: isTry) { (set, place, me) throws(WaitError) in
      try set.read(place, by: me, Timeout(rawValue: timeout))
    }
  }

  /// `LOS_RwlockWrLock`: locks for writing. With `isTry`: `LOS_RwlockTryWrLock`.
  public func rwlockWrite(
    _ lock: UnsafeMutablePointer<LosRwlock>?, _ timeout: UInt32, isTry: Bool = false
  ) -> UInt32 {
    unsafe acquire(lock, isTry: isTry) { (set, place, me) throws(WaitError) in
      try set.write(place, by: me, Timeout(rawValue: timeout))
    }
  }

  /// `LOS_RwlockUnLock`: undoes one lock, for reading or for writing.
  public func rwlockUnlock(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
    guard let lock = unsafe CPointer(lock) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    guard !isSystemTask else { return LOS_EPERM }
    do throws(WaitError) {
      try scheduler.signal { (set, me) throws(WaitError) in
        guard let place = object(lock) else { throw .invalid }
        try set.unlock(place, by: me)
      }
      return LOS_OK
    } catch {
      return error == .notOwner ? LOS_EPERM : LOS_EBADF
    }
  }

  /// `LOS_RwlockIsValid`: 1 for an initialised lock, else 0.
  public func rwlockIsValid(_ lock: UnsafePointer<LosRwlock>?) -> UInt32 {
    unsafe lock?.pointee.magic == Self.magic ? 1 : 0
  }

  @inline(never)
  private func acquire(
    _ lock: UnsafeMutablePointer<LosRwlock>?, isTry: Bool,
    _ attempt: (inout TaskSet, ObjectHandle<ReadWriteLock>, TaskNumber) throws(WaitError) ->
      WaitOutcome?
  ) -> UInt32 {
    guard let lock = unsafe CPointer(lock) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    guard !isSystemTask else { return LOS_EPERM }
    do throws(WaitError) {
      try scheduler.wait { (set, me) throws(WaitError) in
        guard let place = object(lock) else { throw .invalid }
        return try attempt(&set, place, me)
      }
      return LOS_OK
    } catch {
      switch error {
      case .wouldBlock: return isTry ? LOS_EBUSY : LOS_EINVAL
      case .preemptionLocked: return LOS_EDEADLK
      case .timedOut: return LOS_ETIMEDOUT
      case .deadlock, .overflow: return LOS_EINVAL
      default: return LOS_EBADF
      }
    }
  }

  /// The `ReadWriteLock` in a C lock; nil if that is not initialised.
  private func object(_ lock: CPointer<LosRwlock>) -> ObjectHandle<ReadWriteLock>? {
    guard lock.value.magic == Self.magic else { return nil }
    let offset = MemoryLayout<UInt32>.size
    return unsafe lock.object(at: offset)
  }
}
