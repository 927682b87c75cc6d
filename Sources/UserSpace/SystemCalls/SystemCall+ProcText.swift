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
    case .memoryInfo: describeMemory(to: &window)
    case .uptime: describeUptime(to: &window)
    case .vdso: unsafe P.describeVdso(to: &window, at: process.pointee.vdso)
    case .vdsoImage: P.writeVdsoImage(to: &window)
    case .counters: describeCounters(to: &window)
    case .maps: unsafe process.pointee.space.forEachRegion { describe($0, to: &window) }
    default: break
    }
  }

  /// A line of /proc/self/maps in Linux's format (fs/proc/task_mmu.c): the name begins in column
  /// 50, and a line without a name ends with a space.
  private func describe(_ region: Region, to window: inout TextWindow) {
    let start = window.length
    window.hexadecimal(region.base)
    window.text("-")
    window.hexadecimal(region.end)
    window.text(region.permissions.contains(.read) ? " r" : " -")
    window.text(region.permissions.contains(.write) ? "w" : "-")
    window.text(region.permissions.contains(.execute) ? "x" : "-")
    window.text(region.traits.contains(.shared) ? "s " : "p ")
    guard case .file(let path) = region.name else {
      window.text("00000000 00:00 0 ")
      describeName(region.name, from: start, to: &window)
      window.text("\n")
      return
    }
    let node = P.files.node(pathIndex: path)
    let status = P.files.status(node)
    window.hexadecimal(region.pageOffset << Page.shift)
    window.text(" 00:")
    window.hexadecimal(status.deviceMinor, width: 2)
    window.text(" ")
    window.decimal(UInt64(status.inode))
    window.text(" ")
    pad(from: start, to: &window)
    P.files.writePath(of: node, to: &window)
    window.text("\n")
  }

  private func describeName(
    _ name: RegionName, from start: UInt64, to window: inout TextWindow
  ) {
    let text: StaticString
    switch name {
    case .heap: text = "[heap]"
    case .stack: text = "[stack]"
    case .vdso: text = "[vdso]"
    case .vvar: text = "[vvar]"
    case .anonymous, .file: return
    }
    pad(from: start, to: &window)
    window.text(text)
  }

  private func pad(from start: UInt64, to window: inout TextWindow) {
    while window.length < start + 48 { window.text(" ") }
    window.text(" ")
  }

  private func describeMemory(to window: inout TextWindow) {
    let pool = unsafe process.pointee.space.pool
    line("MemTotal:       ", pages: pool.totalCount, to: &window)
    line("MemFree:        ", pages: pool.freeCount, to: &window)
    line("MemAvailable:   ", pages: pool.freeCount, to: &window)
  }

  private func line(_ name: StaticString, pages: UInt32, to window: inout TextWindow) {
    window.text(name)
    var width: UInt32 = 10_000_000
    let kibibytes = pages * 4
    while kibibytes < width, width > 1 {
      window.text(" ")
      width /= 10
    }
    window.decimal(UInt64(kibibytes))
    window.text(" kB\n")
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
