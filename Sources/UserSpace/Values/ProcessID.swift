// SPDX-License-Identifier: Apache-2.0
/// A process's number (PID): that of its first thread. A process group and a session have the number
/// of the process that created them.
public struct ProcessID: RawRepresentable, Equatable, Sendable {
  /// The number.
  public let rawValue: UInt32

  /// Wraps a number that the process table has allocated.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The process that a program names by this int; nil for 0 and for negative numbers, whose
  /// meaning each call defines.
  @inline(__always)
  init?(argument: UInt32) {
    guard Int32(bitPattern: argument) > 0 else { return nil }
    rawValue = argument
  }

  /// The process whose first thread has this number.
  @inline(__always)
  init(firstThread thread: ThreadID) { rawValue = thread.rawValue }

  /// 0, which no process has: in a free slot, and as the parent and the group of the first process.
  public static var zero: ProcessID { ProcessID(rawValue: 0) }

  /// The first process, init.
  public static var first: ProcessID { ProcessID(rawValue: 1) }

  /// The number of the first thread.
  @inline(__always)
  public var firstThread: ThreadID { ThreadID(rawValue: rawValue) }
}
