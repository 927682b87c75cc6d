// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Timers of setitimer and of timer_create.
extension SystemCall {
  private var me: ProcessID { process.pointee.identifier }

  /// timer_create: the clock, the sigevent (value, signal, kind), the address for the number.
  @inline(__always)
  func createTimer() throws(Errno) -> Word {
    var timer = ProcessTimer()
    timer.owner = me
    timer.signal = .alarm
    if address(1) != 0 {
      let event = EventRecord<P.ABI.Long>(
        try load(address(1), first: EventRecord<P.ABI.Long>.count))
      timer.signal = Signal(number: event.signal)
      // SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD 2; SIGEV_THREAD_ID 4 for a thread of this
      // process.
      let kind = event.notification
      guard kind <= 2 || kind == 4 && event.thread.map(isOwnThread) == true,
        kind == 1 || timer.signal != nil
      else { throw .invalid }
      if kind == 1 { timer.signal = nil }
      if kind == 4, let thread = event.thread { timer.thread = thread }
      timer.value = event.value
    }
    if let clock = ClockIdentifier(rawValue: Int32(bitPattern: argument(0))) {
      guard clock.canSleep else { throw .notSupported }
      timer.clock = .system(clock)
    } else {
      guard let clock = cpuClock(argument(0)) else { throw .invalid }
      timer.clock = .processor(clock)
    }
    guard let number = P.processes.withLock({ $0.add(timer) }) else { throw .tryAgain }
    do throws(Errno) { try store([number] as InlineArray<1, UInt32>, at: address(2)) } catch {
      P.processes.withLock { $0.remove(number) }
      throw error
    }
    return 0
  }

  private func isOwnThread(_ thread: ThreadID) -> Bool {
    P.processes.withLock { table in
      guard let task = table.task(of: thread) else { return false }
      return table.thread(task).pointee.process == process
    }
  }

  /// timer_settime and timer_settime64: the number, flags, the new times, the address for the old
  /// ones.
  @inline(__always)
  func setTimer() throws(Errno) -> Word {
    let isWide = isTime64
    guard address(2) != 0 else { throw .invalid }
    let interval = try loadTime(address(2), isWide: isWide).totalNanoseconds
    let value = try loadTime(address(2) &+ timeSize(isWide: isWide), isWide: isWide)
      .totalNanoseconds
    guard let interval, let value else { throw .invalid }
    let number = argument(0)
    let isAbsolute = argument(1) & 1 != 0
    let old = try P.processes.withLock { (table) throws(Errno) -> ProcessTimer in
      guard let number = table.timer(number, of: me) else { throw .invalid }
      let old = table.timers[Int(number)]
      let isWall = isAbsolute && old.settableClock != nil
      table.set(
        number, deadline: deadline(value, isAbsolute, of: old, table), wall: isWall ? value : 0,
        interval: min(interval, UInt64(Int64.max)))  // KTIME_MAX, as in Linux.
      return old
    }
    if address(3) != 0 { try store(old, at: address(3), isWide: isWide) }
    return 0
  }

  /// timer_gettime and timer_gettime64: the number, the address for its times.
  @inline(__always)
  func getTimer() throws(Errno) -> Word {
    try store(timer(argument(0)), at: address(1), isWide: isTime64)
    return 0
  }

  /// timer_getoverrun: the expirations that the last signal did not report.
  @inline(__always)
  func timerOverrun() throws(Errno) -> Word {
    Word(min(try timer(argument(0)).overrun, UInt32(Int32.max)))
  }

  /// timer_delete: the number.
  @inline(__always)
  func deleteTimer() throws(Errno) -> Word {
    let number = argument(0)
    try P.processes.withLock { (table) throws(Errno) in
      guard let number = table.timer(number, of: me) else { throw .invalid }
      table.remove(number)
    }
    return 0
  }

  /// setitimer: the kind, the new times, the address for the old ones.
  @inline(__always)
  func setIntervalTimer() throws(Errno) -> Word {
    var words = InlineArray<4, P.ABI.Long>(repeating: 0)
    if address(1) != 0 { words = try load(address(1)) }
    let times = IntervalRecord(words)
    guard let interval = times.interval, let value = times.value else { throw .invalid }
    let kind = try intervalKind()
    var timer = ProcessTimer()
    timer.owner = me
    timer.kind = kind
    timer.signal = kind.signal
    if kind != .real {
      timer.clock = .processor(.process(me, countsUserOnly: kind == .virtual))
    }
    // Two steps, because each walks over all timers, and interrupts are masked under the lock.
    guard
      let number = P.processes.withLock({ table in
        table.timer(kind, of: timer.owner) ?? table.add(timer)
      })
    else { throw .tryAgain }
    let old = P.processes.withLock { table in
      let old = table.timers[Int(number)]
      table.set(number, deadline: deadline(value, false, of: old, table), interval: interval)
      return old
    }
    if address(2) != 0 { try storeMicroseconds(old, at: address(2)) }
    return 0
  }

  /// getitimer: the kind, the address for its times.
  @inline(__always)
  func getIntervalTimer() throws(Errno) -> Word {
    let kind = try intervalKind()
    let timer = P.processes.withLock { table in
      table.timer(kind, of: me).map { table.timers[Int($0)] }
    }
    try storeMicroseconds(timer ?? ProcessTimer(), at: address(1))
    return 0
  }

  private func intervalKind() throws(Errno) -> IntervalKind {
    guard argument(0) <= 2, let kind = IntervalKind(rawValue: UInt8(argument(0))) else {
      throw .invalid
    }
    return kind
  }

  @inline(never)
  private func timer(_ number: UInt32) throws(Errno) -> ProcessTimer {
    try P.processes.withLock { (table) throws(Errno) -> ProcessTimer in
      guard let number = table.timer(number, of: me) else { throw .invalid }
      return table.timers[Int(number)]
    }
  }

  /// When a timer expires; 0 for never. `value` is relative to now, or a time of the clock of the
  /// timer.
  @inline(never)
  func deadline(
    _ value: UInt64, _ isAbsolute: Bool, of timer: ProcessTimer, _ table: borrowing ProcessTable<P>
  ) -> UInt64 {
    guard value != 0 else { return 0 }
    if isAbsolute {
      guard let clock = timer.settableClock else { return value }
      return P.deadline(value, on: clock)
    }
    var timer = timer
    timer.wall = 0  // The old setting does not count.
    let (deadline, isFar) = table.now(of: timer).addingReportingOverflow(value)
    return isFar ? .max : max(deadline, 1)
  }

  /// Stores the interval and the remaining time.
  ///
  /// - Throws: `badAddress`, `overflow`.
  func store(
    _ timer: ProcessTimer, at address: UserAddress, isWide: Bool
  ) throws(Errno) {
    let left = timer.remaining(at: P.processes.withLock { $0.now(of: timer) })
    try store(timer.interval, at: address, isWide: isWide)
    try store(left, at: address &+ timeSize(isWide: isWide), isWide: isWide)
  }

  @inline(never)
  private func store(_ nanoseconds: UInt64, at address: UserAddress, isWide: Bool) throws(Errno) {
    try storeTime(Timespec(totalNanoseconds: nanoseconds), at: address, isWide: isWide)
  }

  /// Stores the interval and the remaining time in microseconds; the latter is at least 1 if the
  /// timer is armed.
  ///
  /// - Throws: `badAddress`.
  private func storeMicroseconds(_ timer: ProcessTimer, at address: UserAddress) throws(Errno) {
    var interval = Timespec(totalNanoseconds: timer.interval)
    let left = timer.remaining(at: P.processes.withLock { $0.now(of: timer) })
    var rest = Timespec(totalNanoseconds: left == 0 ? 0 : max(left, 1000))
    interval.nanoseconds /= 1000
    rest.nanoseconds /= 1000
    let record = IntervalRecord<P.ABI.Long>(interval: interval, value: rest)
    try store(record.words, at: address)
  }
}
