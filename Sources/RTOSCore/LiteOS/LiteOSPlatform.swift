/// What the LiteOS interface needs of a machine besides the scheduler and the timers.
public protocol LiteOSPlatform {
  /// The CPU.
  associatedtype CPU: Processor
  /// The context switch of the scheduler.
  associatedtype Context: ContextSwitch

  /// Bytes of a task's stack: all have the same.
  static var stackSize: UInt32 { get }

  /// A blocked task with a stack of its own, which begins in `LiteOS.run(task:)` with interrupts
  /// masked. No lock is held.
  static func makeTask(_ priority: Priority) -> LiteOSTask

  /// Lets interrupts through; a new task does so.
  static func enableInterrupts()

  /// Lines that can interrupt: 0 up to this less one.
  static var lineCount: UInt32 { get }

  /// Lets a line below `lineCount` interrupt, as urgently as `priority`, 0 to 31.
  static func enable(line: UInt32, priority: UInt32)

  /// It interrupts no more.
  static func disable(line: UInt32)

  /// Makes it interrupt now.
  static func trigger(line: UInt32)
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
