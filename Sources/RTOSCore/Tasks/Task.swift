/// A task: the number that names it and what the scheduler keeps about it.

/// Names a task: its place in the table, 0 up to the table's size less one.
public struct TaskNumber: RawRepresentable, Equatable, Sendable {
  /// The place in the table.
  public let rawValue: UInt32

  /// Wraps a number that the scheduler gave.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// LiteOS' scale: 0 is the most urgent, 31 the least.
public struct Priority: RawRepresentable, Equatable, Sendable {
  /// 0 to 31.
  public let rawValue: UInt8

  /// nil unless `rawValue` is 0 to 31.
  public init?(rawValue: UInt8) {
    guard rawValue < 32 else { return nil }
    self.rawValue = rawValue
  }

  private init(known: UInt8) { rawValue = known }

  /// What runs when nothing else can.
  public static let idle = Priority(known: 31)

  /// What a program's task begins with: the middle of LiteOS' user range of 10 to 31.
  public static let user = Priority(known: 20)
}

/// Where a task stands.
enum TaskState: UInt8 {
  case free
  case ready
  case running
  case blocked
}

/// The scheduler's record of a task, 32 bytes.
@safe public struct TaskRecord {
  /// The stack pointer while the task does not run; its registers lie there.
  var savedStack: UInt32 = 0
  /// The address space that the port activates, in the port's encoding; 0 keeps the current one.
  var addressSpace: UInt64 = 0
  /// The neighbour behind it in its ready queue, or `TaskRecord.none`.
  var next: UInt32 = TaskRecord.none
  /// How often it was given a CPU.
  var switches: UInt32 = 0
  var priority = Priority.idle
  var state = TaskState.free
  /// A wake that came before the task blocked; the next `block` returns at once.
  var hasWakePending = false

  /// No task.
  static let none: UInt32 = .max

  /// A free record.
  public init() {}
}

/// Why a task could not be made.
public enum TaskError: Error {
  /// All records of the table are in use.
  case tableFull
}
