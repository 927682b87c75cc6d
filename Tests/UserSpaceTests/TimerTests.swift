// SPDX-License-Identifier: Apache-2.0
import TickHandler
import XCTest

@testable import System
@testable import UserSpace

/// Timers of processes, with timeouts that the test lets expire.
final class TimerTests: MachineTestCase {
  override func setUpWithError() throws {
    try super.setUpWithError()
    // SIGALRM and SIGUSR1 stay pending.
    machine.put(words: [1 << 13 | 1 << 9, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, 0, 8), 0)
  }

  private var pending: UInt64 { Services.process.pointee.signals.queue.pending }

  /// The user-return work of the running thread.
  private func doUserReturnWork() { machine.doUserReturnWork() }

  /// Takes a signal that waits, as sigtimedwait does; the number and the words that come with it.
  private func take(_ signal: UInt32) -> [UInt32] {
    machine.put(words: [1 << (signal - 1), 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigtimedwait, buffer, buffer + 64, buffer + 8, 8), Int32(signal))
    return machine.words(buffer + 64, 6)
  }

  private func create(clock: UInt32 = 1, signal: UInt32 = 14, how: UInt32 = 0) -> UInt32 {
    machine.put(words: [0, signal, how, 0], at: buffer)
    XCTAssertEqual(machine.call(.timerCreate, clock, buffer, buffer + 64), 0)
    return machine.word(buffer + 64)
  }

  private func set(_ timer: UInt32, _ value: UInt64, every interval: UInt64 = 0, flags: UInt32 = 0)
  {
    func words(_ n: UInt64) -> [UInt32] {
      [UInt32(n / 1_000_000_000), 0, UInt32(n % 1_000_000_000), 0]
    }
    machine.put(words: words(interval) + words(value), at: buffer)
    XCTAssertEqual(machine.call(.timerSettime64, timer, flags, buffer, 0), 0)
  }

  /// The interval and the remaining time, in nanoseconds.
  private func get(_ timer: UInt32) -> [UInt64] {
    XCTAssertEqual(machine.call(.timerGettime64, timer, buffer), 0)
    let words = machine.words(buffer, 8).map(UInt64.init)
    return [0, 4].map { (words[$0 + 1] << 32 | words[$0]) * 1_000_000_000 + words[$0 + 2] }
  }

  func testTimerIsNeverEarlyAndRaisesItsSignalOnce() {
    let timer = create(signal: 10)
    set(timer, 5_000_000)
    XCTAssertEqual(get(timer), [0, 5_000_000])
    machine.pass(4_999_999)
    doUserReturnWork()
    XCTAssertEqual(pending, 0)
    XCTAssertEqual(get(timer), [0, 1])
    machine.pass(1)
    XCTAssertEqual(pending, 1 << 9)
    XCTAssertFalse(machine.isFlagged(Services.task), "it is blocked")
    XCTAssertEqual(get(timer), [0, 0])
    XCTAssertEqual(machine.timeoutCount, 0)
    // SI_TIMER, the timer's number, its overrun, its value.
    XCTAssertEqual(take(10), [10, 0, UInt32(bitPattern: -2), timer, 0, 0])
    XCTAssertEqual(pending, 0)
  }

  func testPeriodicTimerKeepsItsGridAndCountsOverruns() {
    let timer = create()
    set(timer, 3_000_000, every: 2_000_000)
    machine.pass(3_000_000)
    XCTAssertEqual(pending, 1 << 13)
    XCTAssertEqual(take(14)[3...4], [timer, 0])
    XCTAssertEqual(machine.call(.timerGetoverrun, timer), 0)
    XCTAssertEqual(get(timer), [2_000_000, 2_000_000])
    // Three and a half periods pass before the process takes the signal of the first.
    machine.pass(7_000_000)
    XCTAssertEqual(get(timer), [2_000_000, 1_000_000])
    XCTAssertEqual(machine.timeoutCount, 0)
    XCTAssertEqual(take(14)[3...4], [timer, 2])
    XCTAssertEqual(machine.call(.timerGetoverrun, timer), 2)
    XCTAssertEqual(get(timer), [2_000_000, 1_000_000])
    XCTAssertEqual(machine.earliestTimeout, machine.now + 1_000_000)
  }

  func testSetTimeRemovesThePendingSignal() {
    let (timer, other) = (create(), create())
    set(timer, 1_000_000)
    set(other, 1_000_000)
    machine.pass(1_000_000)
    set(timer, 5_000_000)
    XCTAssertEqual(take(14)[3], other)
    XCTAssertEqual(pending, 0)
    XCTAssertEqual(machine.call(.timerDelete, timer), 0)
    XCTAssertEqual(machine.timeoutCount, 0)
  }

  /// SIGALRM is ignored, and not blocked.
  private func ignoreAlarm() {
    machine.put(words: [0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, 0, 8), 0)
    machine.put(words: [1, 0, 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigaction, 14, buffer, 0, 8), 0)
  }

  func testTimerOfAnIgnoredSignalGoesOn() {
    ignoreAlarm()
    let timer = create()
    set(timer, 1_000_000, every: 2_000_000)
    machine.pass(1_000_000)
    XCTAssertEqual(pending, 0)
    XCTAssertEqual(machine.earliestTimeout, machine.now + 2_000_000)
  }

  func testTimerOfAnIgnoredSignalExpiresAtMostOnceInATick() {
    ignoreAlarm()
    let timer = create()
    set(timer, 1_000_000, every: 3)
    machine.pass(1_000_000)
    let tick = UInt64(Services.resolution(.monotonicCoarse).nanoseconds)
    XCTAssertEqual(machine.earliestTimeout, machine.now + tick / 3 * 3 + 3)
    XCTAssertEqual(machine.call(.timerDelete, timer), 0)
  }

  /// From 2^34.1 s on an interval is more than 2^64 ns; Linux keeps 2^63 ns less one of it.
  func testUnrepresentableIntervalDoesNotExpireAgain() {
    for clock: UInt32 in [0, 1] {
      for isIgnored in [false, true] {
        machine.put(words: [isIgnored ? 0 : 1 << 13, 0], at: buffer)
        XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, 0, 8), 0)
        machine.put(words: [isIgnored ? 1 : 0, 0, 0, 0, 0], at: buffer)
        XCTAssertEqual(machine.call(.rtSigaction, 14, buffer, 0, 8), 0)
        let timer = create(clock: clock)
        let now = Services.time(.realtime).totalNanoseconds ?? 0
        let end = clock == 0 ? now + 1_000_000 : machine.now + 1_000_000
        machine.put(words: [.max, 0x7fff_ffff, 999_999_999, 0], at: buffer)
        machine.put(
          words: [UInt32(end / 1_000_000_000), 0, UInt32(end % 1_000_000_000), 0], at: buffer + 16)
        XCTAssertEqual(machine.call(.timerSettime64, timer, 1, buffer, 0), 0)
        machine.pass(1_000_000)
        if !isIgnored { XCTAssertEqual(take(14)[3...4], [timer, 0]) }
        XCTAssertGreaterThanOrEqual(machine.earliestTimeout ?? 0, UInt64(Int64.max))
        XCTAssertEqual(get(timer)[0], UInt64(Int64.max))
        XCTAssertGreaterThan(get(timer)[1], UInt64(Int64.max) / 2)
        XCTAssertEqual(machine.call(.timerDelete, timer), 0)
      }
    }
  }

  func testAbsoluteWallClockTimerExpiresAtItsTime() {
    let timer = create(clock: 0)
    let now = Services.time(.realtime).totalNanoseconds ?? 0
    set(timer, now + 1_000_000, flags: 1)
    XCTAssertEqual(machine.earliestTimeout, machine.now + 1_000_000)
    set(timer, now - 1_000_000, flags: 1)
    XCTAssertEqual(machine.earliestTimeout, machine.now)
  }

  func testAbsoluteTimerInThePastHasOverrunsOnEachClock() {
    for clock: UInt32 in [0, 1, 7, 11] {
      machine.pass(10_000_000_000)
      let timer = create(clock: clock)
      let now =
        clock == 0 || clock == 11
        ? Services.time(.realtime).totalNanoseconds ?? 0 : machine.now
      for (interval, overrun) in [
        (1_000_000, 3000), (1, UInt64(Int32.max)), (3_000_000_001, 0), (7_000_000, 428),
      ] as [(UInt64, UInt64)] {
        set(timer, now - 3_000_000_000, every: interval, flags: 1)
        machine.pass(0)
        XCTAssertEqual(take(14)[3...4], [timer, UInt32(overrun)], "clock \(clock)")
        XCTAssertEqual(machine.call(.timerGetoverrun, timer), Int32(overrun))
        // The next expiry is on the grid that began 3 s ago.
        XCTAssertEqual(get(timer)[1], interval - 3_000_000_000 % interval, "clock \(clock)")
      }
      set(timer, 0)
      XCTAssertEqual(machine.call(.timerDelete, timer), 0)
    }
  }

  func testSignallessTimerInThePastShowsItsGrid() {
    let timer = create(clock: 0, how: 1)
    machine.pass(10_000_000_000)
    let now = Services.time(.realtime).totalNanoseconds ?? 0
    set(timer, now - 3_000_000_000, every: 7_000_000, flags: 1)
    XCTAssertEqual(get(timer)[1], 7_000_000 - 3_000_000_000 % 7_000_000)
  }

  func testClockSetForwardMakesItsTimersOverrun() {
    let timer = create(clock: 0)
    let now = Services.time(.realtime).totalNanoseconds ?? 0
    set(timer, now + 5_000_000_000, every: 1_000_000_000, flags: 1)
    XCTAssertTrue(Services.setRealtime(Timespec(totalNanoseconds: now + 8_500_000_000)))
    Services.processes.clockWasSet(isStep: true)
    machine.pass(0)
    XCTAssertEqual(take(14)[3...4], [timer, 3])
    XCTAssertEqual(machine.earliestTimeout, machine.now + 500_000_000)
  }

  func testSetTimeCancelsTheOldTimeout() {
    let timer = create()
    set(timer, 1_000_000)
    set(timer, 9_000_000)
    XCTAssertEqual(machine.timeoutCount, 1)
    machine.pass(2_000_000)
    doUserReturnWork()
    XCTAssertEqual(pending, 0)
    // A timeout that was being served when the timer was set again raises no signal.
    Services.processes.expireTimer(timer)
    doUserReturnWork()
    XCTAssertEqual(pending, 0)
    set(timer, 0)
    XCTAssertEqual(machine.timeoutCount, 0)
    XCTAssertEqual(get(timer), [0, 0])
  }

  func testSignallessTimerSchedulesNoTimeout() {
    let timer = create(how: 1)
    set(timer, 5_000_000, every: 2_000_000)
    XCTAssertEqual(machine.timeoutCount, 0)
    machine.pass(6_000_000)
    XCTAssertEqual(get(timer), [2_000_000, 1_000_000])
  }

  func testUnhandledSignalEndsTheProcess() {
    machine.put(words: [0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigprocmask, 2, buffer, 0, 8), 0)
    machine.put(words: [0, 0, 0, 5000], at: buffer)
    XCTAssertEqual(machine.call(.setitimer, 0, buffer, 0), 0)
    machine.pass(5_000_000)
    XCTAssertTrue(Services.thread.pointee.isInterrupted, "no wait goes on")
    doUserReturnWork()
    XCTAssertEqual(machine.ends, [142])
  }

  func testForeignAndDeletedTimersAreEINVAL() {
    let timer = create()
    XCTAssertEqual(machine.call(.timerDelete, timer), 0)
    for number: ARMCallNumber in [.timerGetoverrun, .timerDelete] {
      XCTAssertEqual(machine.call(number, timer), -22)
    }
    let other = create()
    Services.processes.withLock { $0.timers[Int(other)].owner = ProcessID(rawValue: 99) }
    XCTAssertEqual(machine.call(.timerGettime64, other, buffer), -22)
    machine.put(words: [0, 0, 0, 5000], at: buffer)
    XCTAssertEqual(machine.call(.setitimer, 0, buffer, 0), 0)
    // setitimer's timer has no number.
    for number in UInt32(0)..<64 { XCTAssertEqual(machine.call(.timerGetoverrun, number), -22) }
  }

  func testTimerBeyondTheTableIsRefusedAndExitFreesAll() {
    for _ in 0..<64 { _ = create() }
    machine.put(words: [0, 0, 0, 5000], at: buffer)
    XCTAssertEqual(machine.call(.setitimer, 0, buffer, 0), 0)
    XCTAssertEqual(machine.call(.timerCreate, 1, 0, buffer), -11)
    let me = Services.process.pointee.identifier
    Services.processes.removeTimers(of: me, withInterval: false)
    XCTAssertEqual(machine.call(.getitimer, 0, buffer), 0)
    XCTAssertEqual(machine.word(buffer + 12), 5000, "an exec leaves setitimer's timer")
    Services.processes.removeTimers(of: me, withInterval: true)
    XCTAssertEqual(machine.timeoutCount, 0)
    for _ in 0..<64 { _ = create() }
  }

  func testProcessesWithManyTimersLeaveTwoToEachOther() {
    func add(_ owner: UInt32, _ kind: IntervalKind? = nil) -> Bool {
      var timer = ProcessTimer()
      timer.owner = ProcessID(rawValue: owner)
      timer.kind = kind
      return Services.processes.withLock { $0.add(timer) != nil }
    }
    for owner in UInt32(1000)..<1004 {
      for _ in 0..<64 { XCTAssertTrue(add(owner)) }
      XCTAssertFalse(add(owner))
    }
    for owner in UInt32(1004)..<1128 {
      for _ in 0..<2 { XCTAssertTrue(add(owner)) }
      XCTAssertFalse(add(owner))
      for kind in [IntervalKind.real, .virtual, .profiling] { XCTAssertTrue(add(owner, kind)) }
    }
    for owner in UInt32(1000)..<1128 {
      Services.processes.removeTimers(of: ProcessID(rawValue: owner), withInterval: true)
    }
    for _ in 0..<64 { _ = create() }
  }

  func testUnstorableNumberLeavesNoTimer() {
    for _ in 0..<100 { XCTAssertEqual(machine.call(.timerCreate, 1, 0, 0x10), -14) }
  }
}
