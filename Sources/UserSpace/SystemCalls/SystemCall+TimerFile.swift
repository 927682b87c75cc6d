// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// timerfd and signalfd.
extension SystemCall {
  private static var closesOnExec: UInt32 { 0o2000000 }
  private static var nonBlocking: UInt32 { 0o4000 }

  /// timerfd_create: the clock, and TFD_CLOEXEC or TFD_NONBLOCK.
  @inline(never)
  func openTimer() throws(Errno) -> Word {
    let flags = argument(1)
    guard flags & ~(Self.closesOnExec | Self.nonBlocking) == 0,
      let clock = ClockIdentifier(rawValue: Int32(bitPattern: argument(0))), clock.canSleep,
      clock != .tai
    else { throw .invalid }
    let timer = try TimerFiles<P>.make(clock)
    do throws(Errno) {
      return try open(
        .timer(timer), .timers, flags & Self.nonBlocking | 2,
        closesOnExec: flags & Self.closesOnExec != 0)
    } catch {
      TimerFiles<P>.free(timer)
      throw error
    }
  }

  /// timerfd_settime and timerfd_settime64: the descriptor, TFD_TIMER_ABSTIME and
  /// TFD_TIMER_CANCEL_ON_SET, the new times, the address for the old ones.
  ///
  /// - Throws: `badAddress`, `invalid`, `badDescriptor`; `canceled`, although the timer is set, if a
  ///   step of the clock had cancelled the last setting.
  @inline(__always)
  func setTimerFile() throws(Errno) -> Word {
    let isWide = isTime64
    let interval = try loadTime(address(2), isWide: isWide).totalNanoseconds
    let value = try loadTime(address(2) &+ timeSize(isWide: isWide), isWide: isWide)
      .totalNanoseconds
    let flags = argument(1)
    guard flags & ~3 == 0, let interval, let value else { throw .invalid }
    let number = try timerFile(argument(0))
    let isAbsolute = flags & 1 != 0
    let (old, wasCancelled) = P.processes.withLock { table -> (ProcessTimer, Bool) in
      let old = table.timers[Int(number)]
      let isWall = isAbsolute && old.settableClock != nil
      table.set(
        number, deadline: deadline(value, isAbsolute, of: old, table), wall: isWall ? value : 0,
        interval: min(interval, UInt64(Int64.max)))  // KTIME_MAX, as in Linux.
      table.timers[Int(number)].isCancellable = isWall && flags & 2 != 0
      return (old, old.wasCancelled && isWall && flags & 2 != 0 && value != 0)
    }
    guard !wasCancelled else { throw .canceled }
    if address(3) != 0 { try store(old, at: address(3), isWide: isWide) }
    return 0
  }

  /// timerfd_gettime and timerfd_gettime64: the descriptor, the address for its times.
  @inline(__always)
  func getTimerFile() throws(Errno) -> Word {
    let number = try timerFile(argument(0))
    let timer = P.processes.withLock { $0.timers[Int(number)] }
    try store(timer, at: address(1), isWide: isTime64)
    return 0
  }

  /// The number of the timer of an open file.
  ///
  /// - Throws: `badDescriptor`, `invalid`.
  @inline(never)
  private func timerFile(_ descriptor: UInt32) throws(Errno) -> UInt32 {
    guard let timer = TimerFiles<P>.timer(of: try files.file(descriptor)) else { throw .invalid }
    return timer.pointee.number
  }

  /// signalfd4: a descriptor of a signalfd whose signals to replace, or -1 for a new one; the
  /// signals, their size, and SFD_CLOEXEC or SFD_NONBLOCK. signalfd has no flags.
  @inline(never)
  func signalFile(flags: UInt32) throws(Errno) -> Word {
    let signals = try loadMask(address(1), size: word(2)) & ~Signal.unblockable
    guard flags & ~(Self.closesOnExec | Self.nonBlocking) == 0 else { throw .invalid }
    guard argument(0) != .max else {
      return try open(
        .signals(signals), .signals, flags & Self.nonBlocking | 2,
        closesOnExec: flags & Self.closesOnExec != 0)
    }
    let file = try files.file(argument(0))
    guard SignalFiles<P>.signals(of: file) != nil else { throw .invalid }
    file.file.object = .signals(signals)
    FileWait<P>.wake(P.signalWaiters, .input, .all)
    return word(0)
  }

  /// flock: the descriptor, LOCK_SH, LOCK_EX or LOCK_UN, and LOCK_NB.
  @inline(never)
  func lockFile() throws(Errno) -> Word {
    let (operation, nonBlocking): (UInt32, UInt32) = (argument(1), 4)
    try files.with(argument(0)) { (file) throws(Errno) in
      switch operation & ~nonBlocking {
      case 1: try FileLocks<P>.acquire(.shared, for: file, mayBlock: operation & nonBlocking == 0)
      case 2:
        try FileLocks<P>.acquire(.exclusive, for: file, mayBlock: operation & nonBlocking == 0)
      case 8: FileLocks<P>.release(file)
      default: throw .invalid
      }
    }
    return 0
  }
}
