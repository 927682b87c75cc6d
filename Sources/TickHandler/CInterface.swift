// SPDX-License-Identifier: Apache-2.0
/// The tick and the time under their LiteOS names, for C code of the kernel.
///
/// A portable module cannot name the port, so each function goes through a binding that the kernel
/// installs at boot. Before that, handlers do nothing and every count is 0.

// SAFETY: the functions behind the pointers keep their own promises; storing them touches nothing.
/// What stands behind the C names.
@safe public struct TickBinding {
  /// Serves the tick's interrupt on this CPU: `TickService.handleTick`.
  public let handleTick: @convention(c) () -> Void
  /// Ticks since the start: `TickService.tickCount`.
  public let tickCount: @convention(c) () -> UInt64
  /// Monotonic nanoseconds: `Timekeeper.monotonicNanoseconds`.
  public let monotonicNanoseconds: @convention(c) () -> UInt64
  /// Fills realtime seconds, its nanoseconds, monotonic seconds, its nanoseconds: the clocks now.
  public let clocks: @convention(c) (UnsafeMutablePointer<Int64>) -> Void
  /// Ticks per second.
  public let hertz: UInt32
  /// Counts of the hardware counter per second.
  public let frequency: UInt32

  /// A binding of its parts.
  public init(
    handleTick: @escaping @convention(c) () -> Void,
    tickCount: @escaping @convention(c) () -> UInt64,
    monotonicNanoseconds: @escaping @convention(c) () -> UInt64,
    clocks: @escaping @convention(c) (UnsafeMutablePointer<Int64>) -> Void,
    hertz: UInt32, frequency: UInt32
  ) {
    self.handleTick = handleTick
    self.tickCount = tickCount
    self.monotonicNanoseconds = monotonicNanoseconds
    unsafe self.clocks = unsafe clocks
    self.hertz = hertz
    self.frequency = frequency
  }

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var installed: TickBinding?

  /// Says what the C names stand for from now on; nil takes it back (tests).
  public static func install(_ binding: TickBinding?) {
    // SAFETY: see the declaration.
    unsafe installed = binding
  }

  /// What is installed.
  fileprivate static var current: TickBinding? {
    // SAFETY: see the declaration.
    unsafe installed
  }
}

/// Serves the tick's interrupt on this CPU, with interrupts masked.
@c(OsTickHandler)
public func osTickHandler() {
  TickBinding.current?.handleTick()
}

/// Ticks since the start; 0 before it.
@c(LOS_TickCountGet)
public func losTickCountGet() -> UInt64 {
  TickBinding.current?.tickCount() ?? 0
}

/// Counts of the hardware counter in a tick, rounded down; 0 before the start.
@c(LOS_CyclePerTickGet)
public func losCyclePerTickGet() -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  return binding.frequency / binding.hertz
}

/// Milliseconds as ticks, rounded down; `UInt32.max` stays what it is ("for ever"), as in LiteOS.
@c(LOS_MS2Tick)
public func losMS2Tick(_ milliseconds: UInt32) -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  guard milliseconds != .max else { return .max }
  let ticks = UInt64(milliseconds) * UInt64(binding.hertz) / 1000
  return UInt32(clamping: ticks)
}

/// Ticks as milliseconds, rounded down and at most what 32 bits hold.
@c(LOS_Tick2MS)
public func losTick2MS(_ ticks: UInt32) -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  return UInt32(clamping: UInt64(ticks) * 1000 / UInt64(binding.hertz))
}

/// Nanoseconds since boot; 0 before the start.
@c(LOS_CurrNanosec)
public func losCurrNanosec() -> UInt64 {
  TickBinding.current?.monotonicNanoseconds() ?? 0
}

/// Fills four numbers: realtime seconds, its nanoseconds, monotonic seconds, its nanoseconds.
/// Leaves them as they are before the start or when `clocks` is NULL.
@c(OsVdsoTimeGet)
public func osVdsoTimeGet(_ clocks: UnsafeMutablePointer<Int64>?) {
  // SAFETY: C callers hand over room for four numbers, as the LiteOS page has them.
  guard let clocks = unsafe clocks, let binding = TickBinding.current else { return }
  unsafe binding.clocks(clocks)
}
