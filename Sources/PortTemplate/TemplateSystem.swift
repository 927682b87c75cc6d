// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System
import VmRegion

/// The template of the kernel's own half of the address space. The finished example is `KernelMap`.
public enum TemplateSpace: KernelSpace {
  /// Reserve a slot of addresses for each stack.
  public static var stackCount: UInt32 { Unimplemented.stop("KernelSpace.stackCount", step: 7) }

  /// The slot without its guard page.
  public static var stackSize: Int { Unimplemented.stop("KernelSpace.stackSize", step: 7) }

  /// Map the pages of a slot from the second one on.
  public static func mapStack(_ index: UInt32, pages: InlineArray<3, PhysicalFrame>)
    -> KernelAddress
  {
    Unimplemented.stop("KernelSpace.mapStack", step: 7)
  }

  /// Unmap them, and invalidate the TLBs of all CPUs.
  public static func unmapStack(_ index: UInt32) -> InlineArray<3, PhysicalFrame> {
    Unimplemented.stop("KernelSpace.unmapStack", step: 7)
  }

  /// The second page of the slot.
  public static func stack(of index: UInt32) -> UnsafeMutableRawPointer {
    Unimplemented.stop("KernelSpace.stack", step: 7)
  }

  /// The linker script has its bounds.
  public static var bootStack: UnsafeRawBufferPointer {
    Unimplemented.stop("KernelSpace.bootStack", step: 7)
  }

  /// The end of the slot.
  public static func callArea(of index: UInt32) -> UnsafeMutableRawPointer {
    Unimplemented.stop("KernelSpace.callArea", step: 7)
  }

  /// Read-only, and executable if it is text; make its stores visible to instruction fetches.
  public static func mapKitPage(_ page: UInt32, to frame: PhysicalFrame, isText: Bool) {
    Unimplemented.stop("KernelSpace.mapKitPage", step: 7)
  }

  /// Reserve a page of addresses for each.
  public static func kitPage(_ page: UInt32) -> KernelAddress {
    Unimplemented.stop("KernelSpace.kitPage", step: 7)
  }

  /// The address, if a word holds it.
  public static func word(of pointer: UnsafeMutableRawPointer) -> UInt32 {
    Unimplemented.stop("KernelSpace.word", step: 7)
  }

  /// The pointer to this address.
  public static func pointer(of word: UInt32) -> UnsafeMutableRawPointer {
    Unimplemented.stop("KernelSpace.pointer", step: 7)
  }
}

/// The template of a program's registers. The finished example is `ARMv7ARegisters`.
public enum TemplateRegisters: UserRegisters {
  /// Copy the frame below `top`, and below it what `switchStack` loads.
  public static func prepareStack(
    top: KernelAddress, frame: UnsafeRawPointer, threadPointer: Word
  ) -> KernelAddress {
    Unimplemented.stop("UserRegisters.prepareStack", step: 7)
  }

  /// Clear what a trap frame does not contain.
  public static func reset() { Unimplemented.stop("UserRegisters.reset", step: 7) }

  /// Read the register that user mode reads for its thread pointer.
  public static var threadPointer: Word {
    Unimplemented.stop("UserRegisters.threadPointer", step: 7)
  }

  /// Write this register.
  public static func setThreadPointer(_ value: Word) {
    Unimplemented.stop("UserRegisters.setThreadPointer", step: 7)
  }

  /// Store the floating-point registers.
  @unsafe public static func storeFloats(to words: UnsafeMutableRawPointer) {
    Unimplemented.stop("UserRegisters.storeFloats", step: 7)
  }

  /// Load them.
  @unsafe public static func loadFloats(from words: UnsafeRawPointer) {
    Unimplemented.stop("UserRegisters.loadFloats", step: 7)
  }
}

/// The template of the CPUs' statistics and of the end of the machine. The finished example is
/// `ProcessorControl`.
public enum TemplateControl: MachineControl {
  /// Returning 0 is correct, but /proc/interrupts is wrong.
  public static func interruptCount(of cpu: UInt32, _ kind: InterruptKind) -> UInt32 {
    Unimplemented.stop("MachineControl.interruptCount", step: 6)
  }

  /// An empty function is correct, but /proc/interrupts is wrong.
  public static func countInterrupt(_ kind: InterruptKind) {}

  /// Test the mode in the frame of the interrupt, whose address is kept in the CPU's area.
  public static var hasInterruptedProgram: Bool {
    Unimplemented.stop("MachineControl.hasInterruptedProgram", step: 6)
  }

  /// Wait forever, with interrupts masked.
  public static func stopProcessor() { Unimplemented.stop("MachineControl.stopProcessor", step: 6) }

  /// Write what Linux writes on the architecture.
  public static func describeProcessor(_ cpu: UInt32, to sink: inout some TextSink) {
    Unimplemented.stop("MachineControl.describeProcessor", step: 7)
  }

  /// An empty function is correct where the processor completes all misaligned accesses.
  public static func describeAlignment(to sink: inout some TextSink) {}

  /// Keep the task's number in the CPU's area.
  public static func task(of cpu: UInt32) -> TaskNumber {
    Unimplemented.stop("MachineControl.task", step: 6)
  }

  /// Returning false is correct: then nothing is measured.
  public static func startCountingInstructions() -> Bool { false }

  /// It is read only if the counter was started.
  public static var instructionCount: UInt32 { 0 }

  /// Call the firmware, then wait forever.
  public static func powerOff(status: UInt32) {
    Unimplemented.stop("MachineControl.powerOff", step: 7)
  }
}

/// The template of the start of further CPUs. The finished examples are `ProcessorArea`, with the
/// phase in the CPU's area, and `Processors` of module Kernel. A kernel for one CPU needs none.
public enum TemplateProcessors: SecondaryProcessors {
  /// As many as there are areas.
  public static var limit: UInt32 { 1 }

  /// Load it from the CPU's area, with acquire ordering.
  public static func phase(of cpu: UInt32) -> ProcessorPhase {
    Unimplemented.stop("SecondaryProcessors.phase", step: 7)
  }

  /// Store it, with release ordering.
  public static func setPhase(_ phase: ProcessorPhase, of cpu: UInt32) {
    Unimplemented.stop("SecondaryProcessors.setPhase", step: 7)
  }

  /// Compare and exchange it.
  public static func change(_ cpu: UInt32, from: ProcessorPhase, to: ProcessorPhase) -> Bool {
    Unimplemented.stop("SecondaryProcessors.change", step: 7)
  }

  /// Prepare the CPU's area and call the firmware.
  public static func start(_ cpu: UInt32, identity: UInt32, task: TaskNumber) -> Bool {
    Unimplemented.stop("SecondaryProcessors.start", step: 7)
  }

  /// The encoding of a table that maps nothing.
  public static var emptySpace: UInt64 {
    Unimplemented.stop("SecondaryProcessors.emptySpace", step: 7)
  }
}
