import RTOSCore
import TickHandler
import VmRegion

// SAFETY: the process and its frame outlive the call, whose one thread is here.
/// The texts in /proc. They are generated anew for each read, into a window.
extension SystemCall {
  /// Writes the whole text behind `node`.
  func describe(_ node: FileNode, to window: inout TextWindow) {
    // SAFETY: for all of these, the process outlives the call.
    switch node.kind {
    case .commandLine:
      window.bytes(CommandLine(P.commandLine.text).text)
      window.text("\n")
    case .memoryInfo:
      P.collectTasks()
      describeMemory(to: &window)
    case .buddyInfo: describeFreeBlocks(to: &window)
    case .tasks: P.describeTasks(to: &window)
    case .processorInfo: P.describeProcessors(to: &window)
    case .interrupts: P.describeInterrupts(to: &window)
    case .alignment: P.describeAlignment(to: &window)
    case .locks: P.describeLocks(to: &window)
    case .trace: P.describeTrace(to: &window)
    case .uptime: describeUptime(to: &window)
    case .vdso: unsafe P.describeVdso(to: &window, at: process.pointee.vdso)
    case .vdsoImage: P.writeVdsoImage(to: &window)
    case .counters: describeCounters(to: &window)
    case .maps: unsafe process.pointee.space.forEachRegion { describe($0, to: &window) }
    case .memoryMap: unsafe process.pointee.space.forEachRegion { describeWhole($0, to: &window) }
    case .memorySize: describeSize(to: &window)
    default: break
    }
  }

  /// Seconds since boot, and seconds idle, which here are those that the process slept.
  private func describeUptime(to window: inout TextWindow) {
    seconds(P.monotonicNanoseconds(), to: &window)
    window.text(" ")
    unsafe seconds(process.pointee.sleptTime.totalNanoseconds ?? 0, to: &window)
    window.text("\n")
  }

  private func seconds(_ nanoseconds: UInt64, to window: inout TextWindow) {
    let hundredths = nanoseconds / 10_000_000
    window.decimal(hundredths / 100)
    window.text(".")
    window.decimal(hundredths % 100, width: 2)
  }

  private func describeCounters(to window: inout TextWindow) {
    unsafe counter("system_calls ", process.pointee.systemCalls, to: &window)
    unsafe counter("page_faults ", UInt64(process.pointee.space.faultCount), to: &window)
    counter("context_switches ", UInt64(P.contextSwitches), to: &window)
    unsafe counter("vdso_fallbacks ", process.pointee.vdsoFallbacks, to: &window)
    let ticks = P.tickStatistics
    counter("ticks ", ticks.ticks, to: &window)
    counter("ticks_missed ", ticks.missed, to: &window)
    counter("ticks_skipped ", ticks.skipped, to: &window)
    counter("tick_interrupts ", ticks.interrupts, to: &window)
    counter("idle_waits ", ticks.idleWaits, to: &window)
  }

  private func counter(_ name: StaticString, _ value: UInt64, to window: inout TextWindow) {
    window.text(name)
    window.decimal(value)
    window.text("\n")
  }
}
