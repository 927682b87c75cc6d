// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: events are in the C caller's memory and do not move from Init to Destroy. Their layout is
// that of `EventFlags`: two words of a queue, and the bits.
/// LiteOS' event functions.
extension LiteOS {
  /// `LOS_EventInit`: makes an event set with no bit set.
  public func eventInit(_ events: UnsafeMutablePointer<EVENT_CB_S>?) -> UInt32 {
    guard let events = unsafe CPointer(events) else { return LOS_ERRNO_EVENT_PTR_NULL }
    scheduler.withState { _ in unsafe object(events).object.initialize(to: EventFlags()) }
    return LOS_OK
  }

  /// `LOS_EventPoll`: checks a word of the caller for bits, and clears them with
  /// `LOS_WAITMODE_CLR`.
  public func eventPoll(
    _ bits: UnsafeMutablePointer<UInt32>?, _ mask: UInt32, _ mode: UInt32
  ) -> UInt32 {
    guard let bits = unsafe CPointer(bits) else { return LOS_ERRNO_EVENT_PTR_NULL }
    let flaw = Self.checkMask(of: mask, mode)
    guard flaw == LOS_OK else { return flaw }
    return scheduler.withState { _ in
      let found = WantedEvents(mask: mask, mode: Self.mode(mode), clears: false).match(
        bits.value)
      if mode & LOS_WAITMODE_CLR != 0 { bits.value &= ~found }
      return found
    }
  }

  /// `LOS_EventRead`: waits for bits. Returns the bits, 0 if it would block with `LOS_NO_WAIT`, or
  /// an error.
  public func eventRead(
    _ events: UnsafeMutablePointer<EVENT_CB_S>?, _ mask: UInt32, _ mode: UInt32, _ timeout: UInt32
  ) -> UInt32 {
    guard let events = unsafe CPointer(events) else { return LOS_ERRNO_EVENT_PTR_NULL }
    let flaw = Self.checkMask(of: mask, mode)
    guard flaw == LOS_OK else { return flaw }
    guard !isInInterrupt else { return LOS_ERRNO_EVENT_READ_IN_INTERRUPT }
    guard !isSystemTask else { return LOS_ERRNO_EVENT_READ_IN_SYSTEM_TASK }
    do throws(WaitError) {
      return try scheduler.read(
        object(events), mask, Self.mode(mode), clears: mode & LOS_WAITMODE_CLR != 0,
        Timeout(rawValue: timeout))
    } catch {
      switch error {
      case .wouldBlock: return 0
      case .preemptionLocked: return LOS_ERRNO_EVENT_READ_IN_LOCK
      default: return LOS_ERRNO_EVENT_READ_TIMEOUT
      }
    }
  }

  /// `LOS_EventWrite`: sets bits. Callable from any context.
  public func eventWrite(_ events: UnsafeMutablePointer<EVENT_CB_S>?, _ bits: UInt32) -> UInt32 {
    guard let events = unsafe CPointer(events) else { return LOS_ERRNO_EVENT_PTR_NULL }
    guard bits & LOS_ERRTYPE_ERROR == 0 else { return LOS_ERRNO_EVENT_SETBIT_INVALID }
    scheduler.write(object(events), bits)
    return LOS_OK
  }

  /// `LOS_EventClear`: clears all bits that are not in `kept`. Callable from any context.
  public func eventClear(_ events: UnsafeMutablePointer<EVENT_CB_S>?, _ kept: UInt32) -> UInt32 {
    guard let events = unsafe CPointer(events) else { return LOS_ERRNO_EVENT_PTR_NULL }
    scheduler.clear(object(events), ~kept)
    return LOS_OK
  }

  /// `LOS_EventDestroy`: refused while a task waits.
  public func eventDestroy(_ events: UnsafeMutablePointer<EVENT_CB_S>?) -> UInt32 {
    guard let events = unsafe CPointer(events) else { return LOS_ERRNO_EVENT_PTR_NULL }
    return scheduler.withState { set in
      guard set[object(events)].waiters.isEmpty else {
        return LOS_ERRNO_EVENT_SHOULD_NOT_DESTORY
      }
      set[object(events)] = EventFlags()
      return LOS_OK
    }
  }

  private func object(_ events: CPointer<EVENT_CB_S>) -> ObjectHandle<EventFlags> {
    unsafe events.object()
  }

  private static func mode(_ mode: UInt32) -> EventFlags.Mode {
    mode & LOS_WAITMODE_AND != 0 ? .all : .any
  }

  /// Checks a mask and a mode; returns `LOS_OK` or an error. A mode is AND or OR, with or without
  /// CLR.
  private static func checkMask(of mask: UInt32, _ mode: UInt32) -> UInt32 {
    guard mask != 0 else { return LOS_ERRNO_EVENT_EVENTMASK_INVALID }
    guard mask & LOS_ERRTYPE_ERROR == 0 else { return LOS_ERRNO_EVENT_SETBIT_INVALID }
    let order = mode & ~LOS_WAITMODE_CLR
    guard order == LOS_WAITMODE_AND || order == LOS_WAITMODE_OR else {
      return LOS_ERRNO_EVENT_FLAGS_INVALID
    }
    return LOS_OK
  }
}
