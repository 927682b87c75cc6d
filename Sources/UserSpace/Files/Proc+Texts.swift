// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Texts about the clock and the counters.
extension Proc {
  /// /proc/cmdline.
  static func describeCommandLine(to window: inout TextWindow) {
    window.bytes(CommandLine(P.commandLine.text).text)
    window.text("\n")
  }

  /// /proc/uptime: seconds since boot, and the idle seconds of all CPUs together.
  static func describeUptime(to window: inout TextWindow) {
    seconds(P.monotonicNanoseconds(), to: &window)
    window.text(" ")
    seconds(allTimes().idle, to: &window)
    window.text("\n")
  }

  private static func seconds(_ nanoseconds: UInt64, to window: inout TextWindow) {
    let hundredths = nanoseconds / 10_000_000
    window.decimal(hundredths / 100)
    window.text(".")
    window.decimal(hundredths % 100, width: 2)
  }

  /// /proc/PID/counters: what the process and the machine have counted.
  static func describeCounters(of process: ProcessID, to window: inout TextWindow) {
    var status = ProcessStatus()
    guard P.describe(process, to: &status) else { return }
    counter("system_calls ", status.systemCalls, to: &window)
    counter(
      "page_faults ", UInt64(P.memory(of: process)?.space.faultCount ?? 0), to: &window)
    counter("context_switches ", UInt64(P.contextSwitches), to: &window)
    counter("vdso_fallbacks ", status.vdsoFallbacks, to: &window)
    let ticks = P.tickStatistics
    counter("ticks ", ticks.ticks, to: &window)
    counter("ticks_missed ", ticks.missed, to: &window)
    counter("ticks_skipped ", ticks.skipped, to: &window)
    counter("tick_interrupts ", ticks.interrupts, to: &window)
    counter("idle_waits ", ticks.idleWaits, to: &window)
    counter("owned_futexes ", UInt64(P.ownedFutexCount), to: &window)
    counter("slept_nanoseconds ", P.sleptNanoseconds, to: &window)
  }

  private static func counter(_ name: StaticString, _ value: UInt64, to window: inout TextWindow) {
    window.text(name)
    window.decimal(value)
    window.text("\n")
  }
}
