// SPDX-License-Identifier: Apache-2.0
/// What the LiteOS interface needs of a machine besides the scheduler and the timers.
public protocol LiteOSPlatform {
  /// The CPU.
  associatedtype CPU: Processor
  /// The context switch of the scheduler.
  associatedtype Context: ContextSwitch
  /// What handlers of interrupts need.
  associatedtype Interrupts: InterruptPlatform

  /// Who serves which line.
  static var interrupts: InterruptRegistry<Interrupts> { get }

  /// Bytes of a task's stack: all have the same.
  static var stackSize: UInt32 { get }

  /// A blocked task with a stack of its own, which begins in `LiteOS.run(task:)` with interrupts
  /// masked. No lock is held.
  static func makeTask(_ priority: Priority) -> LiteOSTask

  /// Lets interrupts through; a new task does so.
  static func enableInterrupts()
}

/// What came of making a task.
public enum LiteOSTask: Equatable {
  /// It is there.
  case made(TaskNumber)
  /// All records are in use.
  case tableFull
  /// There is no memory for its stack.
  case noMemory
}
