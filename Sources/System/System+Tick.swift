// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace

/// Whom an expired timeout is for. Raw values below 2^31 are tasks.
enum TimeoutToken: Equatable {
  /// A task that waits.
  case task(TaskNumber)
  /// A timer of a process, by its number in the table of processes.
  case timer(UInt32)

  private static var timerBit: UInt32 { 0x8000_0000 }

  /// The token of a raw value.
  @inline(__always)
  init(rawValue: UInt32) {
    self =
      rawValue & Self.timerBit == 0
      ? .task(TaskNumber(rawValue: rawValue)) : .timer(rawValue & ~Self.timerBit)
  }

  /// What the queue of timeouts stores.
  var rawValue: UInt32 {
    @inline(__always) get {
      switch self {
      case .task(let task): task.rawValue
      case .timer(let number): number | Self.timerBit
      }
    }
  }
}

/// The order of a tick. Time is published first; then timeouts are served, slices and deadlines
/// counted, and the interrupted thread asked to check its CPU time. An idle CPU that goes on makes
/// up for the ticks that it has skipped in the same order, before anything else runs. Timeouts that
/// expire between two ticks have an interrupt of their own, which does nothing else.
extension System {
  /// Serves the timer's interrupt on this CPU: a tick, timeouts, or both. Interrupts are masked.
  public static func serveTimer() {
    guard let count = handleTimer(afterIdle: false) else { return }
    let isInProgram = A.Control.hasInterruptedProgram
    TaskClocks<A>.tick(isInProgram: isInProgram)
    advance(to: count, isInProgram: isInProgram)
    if A.system.watchesProcessorTime, A.Context.runningOwner != 0 {
      Thread<UserServices<A>>.noteTick()
    }
  }

  /// Handles the timer's interrupt or the end of a wait; returns the number of ticks at a tick. One
  /// function, because the compiler copies the service of timeouts for each closure that it gets.
  @inline(never)
  private static func handleTimer(afterIdle: Bool) -> UInt64? {
    let wake: (UInt32) -> Void = { serveTimeout($0) }
    guard afterIdle else { return A.system.ticks.handleInterrupt(wake: wake) }
    A.system.ticks.leaveIdle(wake: wake)
    return A.system.ticks.tickCount()
  }

  /// The idle loop of a CPU: it waits for interrupts while no task is ready.
  public static func idle() -> Never {
    A.system.scheduler.idle(before: { enterIdle() }, after: { resumeFromIdle() })
  }

  /// Before the wait: hands timekeeping to a running CPU and stops this CPU's tick, unless a
  /// timeout, a software timer, a waiter or a console without a line needs each tick. Interrupts
  /// are masked.
  static func enterIdle() {
    guard !A.system.scheduler.hasTimeouts, !(A.system.hooks.hasTimers?() ?? false),
      !A.system.isWakingWaiters, A.Console.line != .max
    else { return }
    if let heir = A.system.ticks.enterIdle() {
      A.Interrupts.sendIPI(.timekeeping, to: CpuMask(cpu: heir))
    }
  }

  /// After the wait. No thread was interrupted whose CPU time is to be checked. Interrupts are
  /// masked.
  static func resumeFromIdle() {
    if let count = handleTimer(afterIdle: true) { advance(to: count, isInProgram: false) }
  }

  /// Brings the scheduler and the C code to tick `count`, and wakes some waiters for a
  /// time of day if a leap second has stepped the clock.
  @inline(__always)
  private static func advance(to count: UInt64, isInProgram: Bool) {
    A.system.scheduler.tick(to: count, isInProgram: isInProgram)
    if A.Console.line == .max { UserServices<A>.serveConsole() }
    A.system.hooks.tick?(count)
    let isNew = A.system.publisher.takeLeap()
    if isNew || A.system.isWakingWaiters { wakeWaiters(isNew) }
  }

  /// Wakes a few waiters, because interrupts are masked; the next tick goes on with the next ones.
  @inline(never)
  private static func wakeWaiters(_ isNew: Bool) {
    let goesOn = A.system.processes.clockWasStepped(isNew: isNew)
    // SAFETY: static memory. A whole byte; a tick of another CPU may write it, too, which costs at
    // worst one more look for waiters.
    unsafe A.storage.pointee.isWakingWaiters = goesOn
  }

  /// Serves an expired timeout.
  static func serveTimeout(_ rawValue: UInt32) {
    switch TimeoutToken(rawValue: rawValue) {
    case .task(let task): A.system.scheduler.wake(task)
    case .timer(let number): A.system.processes.expireTimer(number)
    }
  }
}
