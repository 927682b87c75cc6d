// SPDX-License-Identifier: Apache-2.0
/// A thread's number (TID), from the same range as the numbers of processes.
public struct ThreadID: RawRepresentable, Equatable, Sendable {
  /// The number.
  public let rawValue: UInt32

  /// Wraps a number that the process table has allocated.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The thread that a program names by this int; nil for 0 and for negative numbers, whose meaning
  /// each call defines.
  @inline(__always)
  init?(argument: UInt32) {
    guard Int32(bitPattern: argument) > 0 else { return nil }
    rawValue = argument
  }

  /// 0, which no thread has: in a free slot, and in a futex's word without an owner.
  public static var zero: ThreadID { ThreadID(rawValue: 0) }
}
