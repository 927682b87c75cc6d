// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VmRegion

/// /proc/locks: the kernel's locks in lock order, outermost first, each with its level and
/// holder; in the debug kernel also its statistics. Locks of the C interface are left out: a
/// kernel that runs programs has none.
extension UserServices {
  /// Writes /proc/locks, a line for each lock of the kernel.
  public static func describeLocks(to sink: inout some TextSink) {
    sink.text("lock        level  cpu      taken  contended    held_ns  waited_ns\n")
    line(.memory, nil, to: &sink)  // There is one for each space.
    line(.kernel, KernelEntry<A>.holderNumber, to: &sink)
    line(.processes, processes.lockHolder, to: &sink)
    line(.ticks, A.system.ticks.lockHolder, to: &sink)
    line(.timeouts, A.system.ticks.timers.lockHolder, to: &sink)
    line(.timekeeper, A.system.ticks.timekeeper.lockHolder, to: &sink)
    line(.counter, A.system.counterCheck.lockHolder, to: &sink)
    line(.frames, A.system.frames.lockHolder, to: &sink)
    line(.interrupts, A.system.interrupts.lockHolder, to: &sink)
    line(.random, A.system.random.holderNumber, to: &sink)
    line(.waiters, consoleWaiters.lockHolder, to: &sink)
    line(.scheduler, A.system.scheduler.lockHolder, to: &sink)
    line(.console, A.system.console.holderNumber, to: &sink)
  }

  @inline(never)
  private static func line(_ level: LockLevel, _ holder: UInt32?, to sink: inout some TextSink) {
    sink.column(level.name, width: 11)
    sink.column(UInt64(level.rawValue), width: 4)
    sink.column(holder.map { UInt64($0) }, width: 4)
    #if DEBUG
      let use = LockAudits.use(of: level)
      sink.column(use.map { UInt64($0.acquisitions) }, width: 10)
      sink.column(use.map { UInt64($0.contentions) }, width: 10)
      sink.column(use.map { nanoseconds($0.longestHeld) }, width: 10)
      sink.column(use.map { nanoseconds($0.longestWait) }, width: 10)
    #else
      for _ in 0..<4 { sink.column(nil, width: 10) }
    #endif
    sink.text("\n")
  }

  #if DEBUG
    private static func nanoseconds(_ counts: UInt32) -> UInt64 {
      UInt64(counts) * 1_000_000_000 / UInt64(max(A.Clock.frequency, 1))
    }
  #endif
}
