// SPDX-License-Identifier: Apache-2.0
/// What the LiteOS interface needs of a machine besides the scheduler and the timers.
public protocol LiteOSPlatform {
  /// The processor.
  associatedtype CPU: Processor
  /// The scheduler's context switch.
  associatedtype Context: ContextSwitch
  /// The platform of the interrupt registry.
  associatedtype Interrupts: InterruptPlatform

  /// The registry of interrupt handlers.
  ///
  /// - Called: any.
  /// - Tested by: `testCCodeUsesEveryObjectAndAllChecksHold`.
  static var interrupts: InterruptRegistry<Interrupts> { get }

  /// The size of every task's stack, in bytes.
  ///
  /// - Called: any.
  /// - Tested by: `testCCodeUsesEveryObjectAndAllChecksHold`.
  static var stackSize: UInt32 { get }

  /// Makes a blocked task with its own stack. The task starts in `LiteOS.run` with
  /// interrupts masked. Called with no lock held.
  ///
  /// - Throws: `LiteOSTask.tableFull`, `LiteOSTask.noMemory`.
  /// - Called: no lock.
  /// - Tested by: `testCCodeUsesEveryObjectAndAllChecksHold`.
  static func makeTask(_ priority: Priority) -> LiteOSTask

  /// Unmasks interrupts; a new task calls it.
  ///
  /// - Called: a new task, IRQ off.
  /// - Tested by: `testCCodeUsesEveryObjectAndAllChecksHold`.
  static func enableInterrupts()
}

/// The outcome of `makeTask`.
public enum LiteOSTask: Equatable {
  /// The task was made.
  case made(TaskNumber)
  /// All task records are in use.
  case tableFull
  /// No memory is left for the stack.
  case noMemory
}
