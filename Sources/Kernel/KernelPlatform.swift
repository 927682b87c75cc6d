// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import TickHandler
  import UserSpace
  import VdsoModule
  import VmRegion

  /// The translation table of a process on this machine.
  typealias KernelTable = ShortDescriptorTable<LinearMap, ARMv7A, TableUpkeep>

  // SAFETY: the variables are written at boot before the first program runs, and what they point to
  // is never freed.
  /// Implements the services that user space requires (`Platform`) on this machine.
  enum KernelPlatform: Platform {
    typealias CPU = ARMv7A
    typealias Table = KernelTable
    typealias Memory = LinearMap
    typealias User = UserCopy

    // SAFETY: all three are written at boot before the first program runs.
    nonisolated(unsafe) private static var table: Processes<KernelPlatform>?
    nonisolated(unsafe) private static var rootFiles: RootFiles?
    nonisolated(unsafe) private static var random: UnsafePointer<Guarded<ARMv7A, RandomSource>>?
    // SAFETY: the word is a statistic, read and written as a whole.
    /// Instructions that the last load of the vDSO took, with those of reading the counter.
    nonisolated(unsafe) private static var lastLoad: UInt32 = 0

    // SAFETY: written under the process table's lock, and read as a whole word.
    /// True while a timer of a CPU-time clock is armed.
    nonisolated(unsafe) static var watchesProcessorTime = false

    /// Stores the objects that the boot made for user space. Called once, before the first program.
    static func install(
      files: RootFiles, random newRandom: UnsafePointer<Guarded<ARMv7A, RandomSource>>,
      processes: Processes<KernelPlatform>
    ) {
      unsafe table = processes
      unsafe rootFiles = files
      unsafe random = newRandom
    }

    /// The CPU that holds the random source's lock.
    static var randomHolder: UInt32? { unsafe random.unsafelyUnwrapped.pointee.holderNumber }

    static var processes: Processes<KernelPlatform> { unsafe table.unsafelyUnwrapped }

    static var files: RootFiles { unsafe rootFiles.unsafelyUnwrapped }

    static var fileSource: FileSource {
      // SAFETY: the address space passes a frame that it has just allocated.
      { path, page, frame in
        unsafe KernelPlatform.files.writePage(
          page, of: path, to: KernelPlatform.Memory.pointer(to: PhysicalFrame(number: frame)))
      }
    }

    static var commandLine: ImmortalBytes { Machine.shared.commandLine }

    static func writeConsole(_ bytes: RawSpan) { Console.write(Span(_bytes: bytes)) }

    static func readConsole(into bytes: inout MutableRawSpan) -> Int {
      Console.read(into: &bytes)
    }

    static func end(_ end: ProcessEnd) {
      #if DEBUG
        Watching.finish()
      #endif
      Power.off(status: UInt32(bitPattern: end.shellStatus))
    }

    @inline(__always)
    static func time(_ clock: ClockIdentifier) -> Timespec {
      Machine.shared.ticks.timekeeper.read(clock)
    }

    static func resolution(_ clock: ClockIdentifier) -> Timespec {
      Machine.shared.ticks.timekeeper.resolution(of: clock)
    }

    static var tickStatistics: TickStatistics { Machine.shared.ticks.statistics() }

    @inline(__always)
    static var runTime: Timespec { TaskClocks.runTime }

    static func tickCounts(of task: UInt32) -> TickCounts { TaskClocks.ticks(of: task) }

    static func addTime(of task: UInt32, to sum: inout RunTime) {
      TaskClocks.addTime(of: task, to: &sum)
    }

    static func time(_ sum: RunTime) -> Timespec { TaskClocks.time(sum) }

    @inline(never)
    static func monotonicNanoseconds() -> UInt64 {
      Machine.shared.ticks.timekeeper.monotonicNanoseconds()
    }

    static func setRealtime(_ time: Timespec) -> Bool {
      do {
        try Machine.shared.ticks.timekeeper.setRealtime(time)
        return true
      } catch {
        return false
      }
    }

    static var counter: UInt64 { GenericTimer.read() }

    static var randomizesAddresses: Bool {
      Machine.shared.randomizesAddresses
    }

    static func adjust(_ request: inout ClockAdjustment) -> Bool? {
      Machine.shared.ticks.timekeeper.adjust(&request)
    }

    static func fillRandom(_ bytes: inout MutableRawSpan) {
      unsafe random.unsafelyUnwrapped.pointee.withLock { $0.fill(&bytes) }
    }

    static func loadVdso(
      into space: inout AddressSpace<KernelTable, ARMv7A, LinearMap>, ownFrame: PhysicalFrame
    ) -> VdsoMapping? {
      let start = InstructionCounter.read()
      do {
        let mapping = try Machine.shared.vdso.load(into: &space, ownFrame: ownFrame)
        unsafe lastLoad = InstructionCounter.read() &- start  // Wrapping: the counter does.
        return mapping
      } catch {
        return nil
      }
    }

    static func renewVdso(
      _ mapping: VdsoMapping, in space: inout AddressSpace<KernelTable, ARMv7A, LinearMap>,
      ownFrame: PhysicalFrame
    ) -> VdsoMapping {
      Machine.shared.vdso.renew(mapping, in: &space, ownFrame: ownFrame)
    }

    static func describeVdso(to sink: inout some TextSink, at address: UInt32?) {
      Machine.shared.vdso.describe(
        to: &sink,
        VdsoStatistics(
          address: address, updates: Machine.shared.publisher.writer.updateCount,
          age: Machine.shared.publisher.writer.ageNanoseconds(
            at: GenericTimer.read(), frequency: GenericTimer.frequency),
          worstUpdate: MeasuredPublisher.worstUpdate,
          worstNewLine: MeasuredPublisher.worstNewLine,
          lastLoad: MeasuredPublisher.canCount ? unsafe lastLoad : nil,
          counterFault: Machine.shared.counterFault))
    }

    static func writeVdsoImage(to sink: inout some TextSink) {
      guard case .on(let image) = Machine.shared.vdso.state else { return }
      let bytes = VdsoStart.image
      for place in 0..<Int(image.size) {
        // SAFETY: the image was checked to have `size` bytes; any byte is a valid value.
        sink.put(unsafe bytes.unsafeLoad(fromByteOffset: place, as: UInt8.self))
      }
    }
  }
#endif
