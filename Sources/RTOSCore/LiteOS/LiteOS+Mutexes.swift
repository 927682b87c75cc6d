// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: mutexes are in the C caller's memory and do not move from Init to Destroy; an initialised
// one contains a `Mutex`.
/// LiteOS' mutex functions. Mutexes always use priority inheritance: the protocol
/// `LOS_MUX_PRIO_NONE` is treated as that, and `LOS_MUX_PRIO_PROTECT` is refused.
extension LiteOS {
  /// The magic number of an initialised mutex.
  private static var magic: UInt32 { 0x4d75_7465 }

  /// `LOS_MuxAttrInit`: sets the default attributes.
  public func muxAttrInit(_ attribute: UnsafeMutablePointer<LosMuxAttr>?) -> UInt32 {
    guard let attribute = unsafe CPointer(attribute) else { return LOS_EINVAL }
    attribute.value = Self.standard
    return LOS_OK
  }

  private static var standard: LosMuxAttr {
    LosMuxAttr(
      protocol: UInt8(LOS_MUX_PRIO_INHERIT), prioceiling: 31,
      type: UInt8(LOS_MUX_DEFAULT), reserved: 0)
  }

  /// `LOS_MuxAttrDestroy`: only checks its argument.
  public func muxAttrDestroy(_ attribute: UnsafeMutablePointer<LosMuxAttr>?) -> UInt32 {
    unsafe attribute == nil ? LOS_EINVAL : LOS_OK
  }

  /// `LOS_MuxAttrGetType`: reads the type from attributes.
  public func muxAttrGetType(
    _ attribute: UnsafePointer<LosMuxAttr>?, _ type: UnsafeMutablePointer<Int32>?
  ) -> UInt32 {
    guard let attribute = unsafe CPointer(attribute), let type = unsafe CPointer(type),
      attribute.value.type <= LOS_MUX_ERRORCHECK
    else { return LOS_EINVAL }
    type.value = Int32(attribute.value.type)
    return LOS_OK
  }

  /// `LOS_MuxAttrSetType`: sets the type in attributes.
  public func muxAttrSetType(
    _ attribute: UnsafeMutablePointer<LosMuxAttr>?, _ type: Int32
  ) -> UInt32 {
    guard let attribute = unsafe CPointer(attribute), type >= 0, type <= LOS_MUX_ERRORCHECK else {
      return LOS_EINVAL
    }
    attribute.value.type = UInt8(type)
    return LOS_OK
  }

  /// `LOS_MuxAttrGetProtocol`: reads the protocol from attributes.
  public func muxAttrGetProtocol(
    _ attribute: UnsafePointer<LosMuxAttr>?, _ value: UnsafeMutablePointer<Int32>?
  ) -> UInt32 {
    guard let attribute = unsafe CPointer(attribute), let value = unsafe CPointer(value) else {
      return LOS_EINVAL
    }
    value.value = Int32(attribute.value.protocol)
    return LOS_OK
  }

  /// `LOS_MuxAttrSetProtocol`: sets the protocol in attributes.
  public func muxAttrSetProtocol(
    _ attribute: UnsafeMutablePointer<LosMuxAttr>?, _ value: Int32
  ) -> UInt32 {
    guard let attribute = unsafe CPointer(attribute), value >= 0, value <= LOS_MUX_PRIO_PROTECT
    else {
      return LOS_EINVAL
    }
    attribute.value.protocol = UInt8(value)
    return LOS_OK
  }

  /// `LOS_MuxInit`: makes a free mutex. Refused with `LOS_EBUSY` while a task holds the mutex or
  /// waits for it.
  public func muxInit(
    _ mutex: UnsafeMutablePointer<LosMux>?, _ attribute: UnsafePointer<LosMuxAttr>?
  ) -> UInt32 {
    guard let mutex = unsafe CPointer(mutex) else { return LOS_EINVAL }
    let wanted = unsafe attribute?.pointee ?? Self.standard
    guard let kind = Mutex.Kind(rawValue: wanted.type), wanted.prioceiling <= 31,
      wanted.protocol < LOS_MUX_PRIO_PROTECT
    else { return LOS_EINVAL }
    return scheduler.withState { set in
      if let place = object(of: mutex), set[place].isInUse {
        return LOS_EBUSY
      }
      mutex.value.attr = wanted
      mutex.value.magic = Self.magic
      unsafe object(of: mutex)?.object.initialize(to: Mutex(kind))
      return LOS_OK
    }
  }

  /// `LOS_MuxDestroy`: refused while a task holds the mutex or waits for it.
  public func muxDestroy(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
    guard let mutex = unsafe CPointer(mutex) else { return LOS_EINVAL }
    return scheduler.withState { set in
      guard let place = object(of: mutex) else { return LOS_EBADF }
      guard !set[place].isInUse else { return LOS_EBUSY }
      mutex.value = LosMux()
      return LOS_OK
    }
  }

  /// `LOS_MuxLock`: locks, or blocks until the mutex is handed over or the timeout ends.
  public func muxLock(_ mutex: UnsafeMutablePointer<LosMux>?, _ timeout: UInt32) -> UInt32 {
    unsafe lock(mutex, timeout, busy: LOS_EINVAL)
  }

  /// `LOS_MuxTrylock`: locks without blocking.
  public func muxTrylock(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
    let code = unsafe lock(mutex, LOS_NO_WAIT, busy: LOS_EBUSY)
    return code == LOS_EDEADLK ? LOS_EBUSY : code
  }

  private func lock(
    _ mutex: UnsafeMutablePointer<LosMux>?, _ timeout: UInt32, busy: UInt32
  ) -> UInt32 {
    guard let mutex = unsafe CPointer(mutex) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    do throws(WaitError) {
      try scheduler.wait { (set, me) throws(WaitError) in
        guard let place = object(of: mutex) else { throw .invalid }
        return try set.lock(place, by: me, Timeout(rawValue: timeout))
      }
      return LOS_OK
    } catch {
      switch error {
      case .wouldBlock: return busy
      case .preemptionLocked, .deadlock: return LOS_EDEADLK
      case .timedOut: return LOS_ETIMEDOUT
      case .overflow: return LOS_EINVAL
      default: return LOS_EBADF
      }
    }
  }

  /// `LOS_MuxUnlock`: undoes one lock; after the last one the mutex is handed over.
  public func muxUnlock(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
    guard let mutex = unsafe CPointer(mutex) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    do throws(WaitError) {
      try scheduler.signal { (set, me) throws(WaitError) in
        guard let place = object(of: mutex) else { throw .invalid }
        try set.unlock(place, by: me)
      }
      return LOS_OK
    } catch {
      return error == .notOwner ? LOS_EPERM : LOS_EBADF
    }
  }

  /// `LOS_MuxIsValid`: 1 for an initialised mutex, else 0.
  public func muxIsValid(_ mutex: UnsafePointer<LosMux>?) -> UInt32 {
    unsafe mutex?.pointee.magic == Self.magic ? 1 : 0
  }

  /// The `Mutex` in a C mutex; nil if that is not initialised.
  private func object(of mutex: CPointer<LosMux>) -> ObjectHandle<Mutex>? {
    guard mutex.value.magic == Self.magic else { return nil }
    let offset = MemoryLayout<LosMux>.size - MemoryLayout<UInt64>.size * 4
    return unsafe mutex.object(at: offset)
  }
}
