// SPDX-License-Identifier: Apache-2.0
/// A task's number: its index in the table, 0 up to the table's size less one.
public struct TaskNumber: RawRepresentable, Equatable, Sendable {
  /// The index in the table.
  public let rawValue: UInt32

  /// Wraps a number that the scheduler returned.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The task at an index of a table with a record for each task.
  @inline(__always)
  public init(index: Int) { rawValue = UInt32(truncatingIfNeeded: index) }

  /// The index of the task's record in such a table.
  @inline(__always)
  public var index: Int { Int(truncatingIfNeeded: rawValue) }

  /// Whether both are the same task.
  @inline(__always)
  public static func == (one: TaskNumber, other: TaskNumber) -> Bool {
    one.rawValue == other.rawValue
  }
}
