// SPDX-License-Identifier: Apache-2.0
/// The LiteOS tick and time functions for C code of the kernel.
///
/// A portable module cannot name the port, so each function calls through a binding that the kernel
/// installs at boot. Before that, handlers do nothing and every count is 0.

// SAFETY: storing function pointers accesses no memory behind them; each call site gives its
// reason.
/// The kernel's implementation of the C functions.
@safe public struct TickBinding {
  /// Serves the tick interrupt on this CPU: `TickService.handleTick`.
  public let handleTick: @convention(c) () -> Void
  /// Returns the ticks since the start: `TickService.tickCount`.
  public let tickCount: @convention(c) () -> UInt64
  /// Returns the monotonic time in nanoseconds: `Timekeeper.monotonicNanoseconds`.
  public let monotonicNanoseconds: @convention(c) () -> UInt64
  /// Stores four numbers at the pointer: realtime seconds and nanoseconds, monotonic seconds and
  /// nanoseconds, all of the same moment.
  public let clocks: @convention(c) (UnsafeMutablePointer<Int64>) -> Void
  /// Ticks per second.
  public let hertz: UInt32
  /// Counts of the hardware counter per second.
  public let frequency: UInt32

  /// Creates a binding from its functions and frequencies.
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

  /// Installs the implementation of the C functions; nil removes it (tests). Called at boot, before
  /// a second CPU runs.
  public static func install(_ binding: TickBinding?) {
    // SAFETY: called at boot, before a second CPU runs, so there is no concurrent access.
    unsafe installed = binding
  }

  /// The installed binding.
  fileprivate static var current: TickBinding? {
    // SAFETY: the variable is read-only after boot.
    unsafe installed
  }
}

/// Serves the tick interrupt on this CPU. Interrupts must be masked.
@c(OsTickHandler)
public func osTickHandler() {
  TickBinding.current?.handleTick()
}

/// Returns the ticks since the start; 0 before it.
@c(LOS_TickCountGet)
public func losTickCountGet() -> UInt64 {
  TickBinding.current?.tickCount() ?? 0
}

/// Returns the counts of the hardware counter per tick, rounded down; 0 before the start.
@c(LOS_CyclePerTickGet)
public func losCyclePerTickGet() -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  return binding.frequency / binding.hertz
}

/// Converts milliseconds to ticks, rounded down. As in LiteOS, `UInt32.max` (wait without timeout)
/// is not converted.
@c(LOS_MS2Tick)
public func losMS2Tick(_ milliseconds: UInt32) -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  guard milliseconds != .max else { return .max }
  let ticks = UInt64(milliseconds) * UInt64(binding.hertz) / 1000
  return UInt32(clamping: ticks)
}

/// Converts ticks to milliseconds, rounded down and clamped to 32 bits.
@c(LOS_Tick2MS)
public func losTick2MS(_ ticks: UInt32) -> UInt32 {
  guard let binding = TickBinding.current else { return 0 }
  return UInt32(clamping: UInt64(ticks) * 1000 / UInt64(binding.hertz))
}

/// Returns the monotonic time in nanoseconds since boot; 0 before the start.
@c(LOS_CurrNanosec)
public func losCurrNanosec() -> UInt64 {
  TickBinding.current?.monotonicNanoseconds() ?? 0
}

/// Stores four numbers at `clocks`: realtime seconds and nanoseconds, monotonic seconds and
/// nanoseconds. Does nothing before the start or if `clocks` is NULL.
@c(OsVdsoTimeGet)
public func osVdsoTimeGet(_ clocks: UnsafeMutablePointer<Int64>?) {
  // SAFETY: C callers pass memory for four numbers, as in the LiteOS vDSO page, or NULL.
  guard let clocks = unsafe clocks, let binding = TickBinding.current else { return }
  unsafe binding.clocks(clocks)
}
