// SPDX-License-Identifier: Apache-2.0
import Kernel
import RTOSCore
import System
import TickHandler

// Tick and time functions of the C interface, and module init.

/// Serves the tick interrupt on this CPU. Interrupts must be masked.
@c(OsTickHandler)
func osTickHandler() { KernelSystem.serveTimer() }

/// Returns the ticks since the start.
@c(LOS_TickCountGet)
func losTickCountGet() -> UInt64 { KernelArchitecture.system.ticks.tickCount() }

/// Returns the counts of the hardware counter per tick, rounded down.
@c(LOS_CyclePerTickGet)
func losCyclePerTickGet() -> UInt32 {
  KernelArchitecture.counterFrequency / KernelArchitecture.system.ticks.configuration.hertz
}

/// Converts milliseconds to ticks, rounded down. As in LiteOS, `UInt32.max` (wait without
/// timeout) is not converted.
@c(LOS_MS2Tick)
func losMS2Tick(_ milliseconds: UInt32) -> UInt32 {
  KernelArchitecture.system.ticks.configuration.ticks(inMilliseconds: milliseconds)
}

/// Converts ticks to milliseconds, rounded down and clamped to 32 bits.
@c(LOS_Tick2MS)
func losTick2MS(_ ticks: UInt32) -> UInt32 {
  KernelArchitecture.system.ticks.configuration.milliseconds(inTicks: ticks)
}

/// Returns the monotonic time in nanoseconds since boot.
@c(LOS_CurrNanosec)
func losCurrNanosec() -> UInt64 {
  KernelArchitecture.system.ticks.timekeeper.monotonicNanoseconds()
}

/// Stores four numbers at `clocks`: realtime seconds and nanoseconds, monotonic seconds and
/// nanoseconds, all of the same moment. Does nothing if `clocks` is NULL.
@c(OsVdsoTimeGet)
func osVdsoTimeGet(_ clocks: UnsafeMutablePointer<Int64>?) {
  // SAFETY: C callers pass memory for four numbers, as in the LiteOS vDSO page, or NULL.
  guard let clocks = unsafe clocks else { return }
  let (realtime, monotonic) = KernelArchitecture.system.ticks.timekeeper.readBoth()
  // SAFETY: the memory has room for four numbers.
  unsafe clocks[0] = realtime.seconds
  unsafe clocks[1] = Int64(realtime.nanoseconds)
  unsafe clocks[2] = monotonic.seconds
  unsafe clocks[3] = Int64(monotonic.nanoseconds)
}

/// Runs the module-init entries of one level in order. LiteOS' own function returns nothing; C
/// code written for it may ignore the result.
///
/// - Returns: `LOS_OK`; the status of the first entry that failed and was not optional; `LOS_NOK`
///   for a level above 10.
@c(OsInitCall)
func osInitCall(_ level: UInt32) -> UInt32 {
  // SAFETY: the table is constant.
  unsafe ModuleInit.call(level, of: ModuleEntries.table)
}
