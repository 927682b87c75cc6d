// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call.
/// LiteOS' software timer functions.
extension LiteOS {
  /// `LOS_SwtmrCreate`: makes a timer, which is not running.
  public func swtmrCreate(
    _ interval: UInt32, _ mode: UInt8, _ handler: SWTMR_PROC_FUNC?,
    _ number: UnsafeMutablePointer<UInt16>?, _ argument: UInt
  ) -> UInt32 {
    guard interval > 0 else { return LOS_ERRNO_SWTMR_INTERVAL_NOT_SUITED }
    guard let mode = TimerMode(rawValue: mode) else { return LOS_ERRNO_SWTMR_MODE_INVALID }
    guard let handler else { return LOS_ERRNO_SWTMR_PTR_NULL }
    guard let number = unsafe CPointer(number) else { return LOS_ERRNO_SWTMR_RET_PTR_NULL }
    do throws(TimerError) {
      let timer = try timers.create(
        mode, interval: interval, argument: argument, handler: handler)
      number.value = UInt16(truncatingIfNeeded: timer.rawValue)
      return LOS_OK
    } catch {
      return LOS_ERRNO_SWTMR_MAXSIZE
    }
  }

  /// `LOS_SwtmrStart`: starts a timer; a running one is restarted.
  public func swtmrStart(_ number: UInt16) -> UInt32 {
    act(on: number) { (timer) throws(TimerError) in try timers.start(timer) }
  }

  /// `LOS_SwtmrStop`: stops a timer.
  public func swtmrStop(_ number: UInt16) -> UInt32 {
    act(on: number) { (timer) throws(TimerError) in try timers.stop(timer) }
  }

  /// `LOS_SwtmrDelete`: deletes a timer, also a running one.
  public func swtmrDelete(_ number: UInt16) -> UInt32 {
    act(on: number) { (timer) throws(TimerError) in try timers.delete(timer) }
  }

  /// `LOS_SwtmrTimeGet`: the ticks until the timer expires.
  public func swtmrTimeGet(_ number: UInt16, _ ticks: UnsafeMutablePointer<UInt32>?) -> UInt32 {
    guard UInt32(number) < state.timerCount else { return LOS_ERRNO_SWTMR_ID_INVALID }
    guard let ticks = unsafe CPointer(ticks) else { return LOS_ERRNO_SWTMR_TICK_PTR_NULL }
    return act(on: number) { (timer) throws(TimerError) in
      ticks.value = try timers.remaining(timer)
    }
  }

  private func act(
    on number: UInt16, _ body: (TimerNumber) throws(TimerError) -> Void
  ) -> UInt32 {
    guard UInt32(number) < state.timerCount else { return LOS_ERRNO_SWTMR_ID_INVALID }
    do throws(TimerError) {
      try body(TimerNumber(rawValue: UInt32(number)))
      return LOS_OK
    } catch {
      return error == .notStarted ? LOS_ERRNO_SWTMR_NOT_STARTED : LOS_ERRNO_SWTMR_NOT_CREATED
    }
  }
}

extension LiteOS {
  /// Handles a counted tick: finds the expired timers. Called in the tick interrupt.
  public func tick(to tick: UInt64) { timers.tick(to: tick) }

  /// True while a timer waits for ticks.
  public var hasTimers: Bool { timers.isAnyRunning }

  /// The main loop of the timer task.
  public func serveTimers() -> Never { timers.run() }
}
