// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import BootImage
  import PortARMv7A
  import PortARMv7AAssembly
  import RTOSCore
  import System
  import UserSpace
  import VmRegion

  /// The translation table of a process on this machine.
  package typealias KernelTable = ShortDescriptorTable<LinearMap, ARMv7A, CP15Maintenance>

  /// This port and this board, as the system sees them.
  package enum KernelArchitecture: Architecture {
    package typealias CPU = ARMv7A
    package typealias SchedulerCPU = KernelCPU
    package typealias Context = ARMv7A
    package typealias Clock = GenericTimer
    package typealias Table = KernelTable
    package typealias Memory = LinearMap
    package typealias User = UserCopy
    package typealias ABI = ARMEABI
    package typealias Space = KernelHalf
    package typealias Registers = KernelRegisters
    package typealias Control = KernelControl
    package typealias Console = KernelConsole

    package static var storage: UnsafeMutablePointer<KernelSystem> {
      @inline(__always) get {
        // SAFETY: MachineAssembly checks that the memory is large enough; nothing else uses it.
        unsafe boot_system_place().assumingMemoryBound(to: KernelSystem.self)
      }
    }

    package static func makeTable(_ pool: KernelFrames) throws(MemoryError) -> KernelTable {
      try KernelTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 0))
    }

    package static func encode(_ table: inout KernelTable) -> UInt64 {
      let root = table.rootAddress
      // SAFETY: the identifier is part of the table, which does not move.
      return unsafe withUnsafeMutablePointer(to: &table.identifier) { place in
        unsafe ARMv7A.encode(root: root, identifier: place)
      }
    }

    package static var fileSource: FileSource {
      { path, page, frame in KernelPlatform.writePage(path, page: page, frame: frame) }
    }
  }

  /// The kernel's stacks and addresses on this machine.
  package enum KernelHalf: KernelSpace {
    package static var stackCount: UInt32 { KernelMap.stackCount }

    package static var stackSize: Int { Int(KernelMap.stackSlot) - 0x1000 }

    package static func mapStack(_ index: UInt32, pages: InlineArray<3, UInt32>) -> UInt32 {
      KernelMap.mapStack(index, pages: pages)
    }

    package static func unmapStack(_ index: UInt32) -> InlineArray<3, UInt32> {
      KernelMap.unmapStack(index)
    }

    package static func stack(of index: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the address is in the kernel's half, where the stacks have their slots.
      unsafe pointer(of: KernelMap.stackBase + index * KernelMap.stackSlot + 0x1000)
    }

    package static var bootStack: UnsafeRawBufferPointer {
      let start = boot_boot_stack_guard() + 0x1000
      // SAFETY: the boot stack is mapped between its guard page and its top, and is never freed.
      return unsafe UnsafeRawBufferPointer(
        start: pointer(of: start), count: Int(boot_boot_stack_top() - start))
    }

    /// The number of the stack that `mapStack` returned this top of.
    package static func index(ofStackTop top: UInt32) -> UInt32 {
      (top - 1 - KernelMap.stackBase) / KernelMap.stackSlot
    }

    /// The physical address of an address in the linear map; 0 for any other.
    package static func physicalAddress(of address: UInt32) -> UInt32 {
      guard address >= LinearMap.base, address - LinearMap.base < LinearMap.limit else { return 0 }
      return LinearMap.physicalAddress(of: address)
    }

    package static func callArea(of index: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the address is at the end of the stack's slot.
      unsafe pointer(of: KernelMap.callArea(of: index))
    }

    @inline(__always)
    package static func word(of pointer: UnsafeMutableRawPointer) -> UInt32 {
      UInt32(UInt(bitPattern: pointer))
    }

    @inline(__always)
    package static func pointer(of word: UInt32) -> UnsafeMutableRawPointer {
      // SAFETY: the pointer is only formed here; the address is never 0.
      unsafe UnsafeMutableRawPointer(bitPattern: UInt(word)).unsafelyUnwrapped
    }
  }

  /// The registers of programs on this machine.
  package enum KernelRegisters: UserRegisters {
    package static func prepareStack(
      top: UInt32, frame: UnsafeRawPointer, threadPointer: UInt32
    ) -> UInt32 {
      // SAFETY: the frame has the layout that the vectors store.
      unsafe ARMv7A.prepareUserStack(top: top, frame: frame, threadPointer: threadPointer)
    }

    package static func reset() { port_reset_user() }

    package static var threadPointer: UInt32 { port_tls() }

    package static func setThreadPointer(_ value: UInt32) { port_set_tls(value) }

    @unsafe package static func storeFloats(to words: UnsafeMutableRawPointer) {
      // SAFETY: the caller passes the address of 65 words, aligned to 4.
      unsafe port_save_vfp(words)
    }

    @unsafe package static func loadFloats(from words: UnsafeRawPointer) {
      // SAFETY: the caller passes the address of 65 words, aligned to 4.
      unsafe port_restore_vfp(words)
    }
  }

  /// The CPUs of this machine together.
  package enum KernelControl: MachineControl {
    package static func sendIPI(_ interrupt: InterprocessorInterrupt, to cpus: UInt32) {
      InterruptLines.sendIPI(interrupt, to: cpus)
    }

    package static var timerLine: UInt32 { Machine.shared.timerLine }

    package static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32 {
      ProcessorArea.interruptCount(of: cpu, kind.rawValue)
    }

    package static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink) {
      ProcessorText.describe(cpu, mainIdentity: ProcessorArea.mainIdentity(of: cpu), to: &sink)
    }

    package static func describeAlignment(to sink: inout some TextSink) {
      AlignmentFaults.describe(to: &sink)
    }

    package static func task(of cpu: UInt32) -> UInt32 { ProcessorArea.task(of: cpu) }

    package static func startCountingInstructions() -> Bool { InstructionCounter.start() }

    package static var instructionCount: UInt32 {
      @inline(__always) get { InstructionCounter.read() }
    }

    package static func powerOff(status: UInt32) { Power.off(status: status) }
  }

  /// The UART as the programs' console.
  package enum KernelConsole: SystemConsole {
    package static func put(_ byte: UInt8) { Console.uart.put(byte) }

    package static func get() -> UInt8? { Console.uart.get() }
  }
#endif
