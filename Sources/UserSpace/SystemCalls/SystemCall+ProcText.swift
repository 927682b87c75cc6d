// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

// SAFETY: process and frame outlive the call, and only the calling thread uses them meanwhile.
/// Reading the generated texts in /proc.
extension SystemCall {
  /// Reads from a text, starting at the position of the open file, and advances that position.
  ///
  /// - Throws: `outOfMemory`, `badAddress`.
  func readText(
    _ descriptor: UInt32, _ file: inout OpenFile, _ address: UInt32, _ count: Int
  ) throws(Errno) -> UInt32 {
    let text = try openText(descriptor)
    // After a seek the text is generated anew from its beginning, as in Linux.
    if text.position != file.position { text.rewind() }
    while true {
      text.consume(Int(min(UInt64(text.count), file.position - text.position)))
      guard text.count == 0 else { break }
      guard !text.isLast else { return 0 }
      // A record is identified by the address of its region: when a region is unmapped, the later
      // ones keep their addresses.
      let node = file.node
      let record: TextRecord =
        switch node.kind {
        case .maps, .memoryMap: .marked
        case .commandLine, .vdsoImage, .trace: .byte
        default: .line
        }
      text.generate(by: record) { describe(node, to: &$0) }
    }
    let taken = min(text.count, count)
    // SAFETY: the piece has `taken` bytes. It is generated before it is copied, because the copy
    // may fault and then needs the process's address space, which the text may describe.
    try unsafe copyOut(text.rest, to: address, count: taken)
    text.consume(taken)
    file.position += UInt64(taken)
    return UInt32(taken)
  }

  /// The state of the text that the open file reads; the first read allocates it.
  ///
  /// - Throws: `badDescriptor`, `outOfMemory`.
  private func openText(_ descriptor: UInt32) throws(Errno) -> OpenText {
    let pool = unsafe process.pointee.space.pool
    return try files.with(descriptor) { (file) throws(Errno) in
      if let frame = file.text { return unsafe OpenText(at: P.Memory.pointer(to: frame)) }
      let frame: PhysicalFrame
      do throws(MemoryError) { frame = try pool.allocateCold(zeroed: false) } catch {
        throw Errno(error)
      }
      file.text = frame
      let text = unsafe OpenText(at: P.Memory.pointer(to: frame))
      text.rewind()
      return text
    }
  }

  /// Releases the frame of a text when its last descriptor is closed; nil means that there is none.
  func release(_ text: PhysicalFrame?) {
    if let text { unsafe process.pointee.space.pool.release(text) }
  }

  /// Writes the whole text of `node` to `window`, which keeps the part that it asks for.
  @inline(never)
  func describe(_ node: FileNode, to window: inout TextWindow) {
    // SAFETY: in all cases the process outlives the call.
    switch node.kind {
    case .commandLine:
      window.bytes(CommandLine(P.commandLine.text).text)
      window.text("\n")
    case .memoryInfo:
      P.reclaimTasks()
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
    case .maps, .memoryMap:
      unsafe process.pointee.space.forEachRegion { region in
        guard region.base >= window.first else { return }
        node.kind == .maps ? describe(region, to: &window) : describeDetails(region, to: &window)
        window.endRecord(next: region.end)
      }
    case .memorySize: describePages(to: &window)
    default: break
    }
  }

  /// /proc/uptime: seconds since boot, and seconds of sleep of the process in place of the idle
  /// time.
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
