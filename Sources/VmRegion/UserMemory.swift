// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Access to the active address space at user addresses. No other code accesses user addresses.
///
/// An access takes a `UserRange`, so that nothing but a range that was checked can be accessed.
public protocol UserMemory {
  /// Copies the bytes of `range` to `destination`, which has room for them.
  ///
  /// - Returns: false after an unresolvable fault; bytes before it may have been copied.
  /// - Called: task, no lock, IRQ on.
  /// - Tested by: `testEveryBadPointerIsEFAULT`.
  static func copyIn(_ destination: UnsafeMutableRawPointer, from range: UserRange) -> Bool

  /// Copies as many bytes as `range` has from `source` to it.
  ///
  /// - Returns: false after an unresolvable fault; bytes before it may have been written.
  /// - Called: task, no lock, IRQ on.
  /// - Tested by: `testEveryBadPointerIsEFAULT`.
  static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool

  /// Copies the string at the start of `range` to `destination`, up to and including its zero byte,
  /// but at most the bytes of `range`. Memory after the zero byte is not accessed.
  ///
  /// - Returns: the number of bytes before the zero, or that of `range` if none was found; nil
  ///   after an unresolvable fault.
  /// - Called: task, no lock, IRQ on.
  /// - Tested by: `testEveryBadPointerIsEFAULT`.
  static func copyString(_ destination: UnsafeMutableRawPointer, from range: UserRange) -> Word?

  /// Stores a timespec of 8 bytes at `range`, which has this size and is aligned to 4. Used for
  /// clocks, because the port stores it from registers.
  ///
  /// - Returns: false after an unresolvable fault; bytes before it may have been written.
  /// - Called: task, no lock, IRQ on.
  /// - Tested by: `testClocksAgree`.
  static func storeTime(_ seconds: UInt32, nanoseconds: UInt32, at range: UserRange) -> Bool

  /// Stores a timespec of 16 bytes at `range`, which has this size; its last four bytes are 0.
  ///
  /// - Returns: false after an unresolvable fault; bytes before it may have been written.
  static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at range: UserRange
  ) -> Bool
}

extension UserMemory {
  /// Copies the string at user `address` to `destination`, which has room for `room` bytes. The end
  /// of the user addresses cuts the room.
  ///
  /// - Returns: the number of bytes before its zero byte, or `room` if none was found in it; nil
  ///   after an unresolvable fault, and if the user addresses end before the string.
  @inline(__always)
  public static func copyString(
    _ destination: UnsafeMutableRawPointer, from address: UserAddress, room: Word
  ) -> Word? {
    // SAFETY: the range is not longer than the room.
    guard let range = UserRange(base: address, atMost: room),
      let count = unsafe copyString(destination, from: range),
      count < range.count || range.count == room
    else { return nil }
    return count
  }

  /// Default implementation: stores a timespec of 8 bytes with `copyOut`.
  public static func storeTime(
    _ seconds: UInt32, nanoseconds: UInt32, at range: UserRange
  ) -> Bool {
    store((seconds, nanoseconds), at: range)
  }

  /// Default implementation: stores a timespec of 16 bytes with `copyOut`.
  public static func storeTime(
    low: UInt32, high: UInt32, nanoseconds: UInt32, at range: UserRange
  ) -> Bool {
    store((low, high, nanoseconds, UInt32(0)), at: range)
  }

  private static func store(_ words: some BitwiseCopyable, at range: UserRange) -> Bool {
    // SAFETY: the words are contiguous, and as many bytes as the range has.
    unsafe withUnsafeBytes(of: words) { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe copyOut(start, to: range)
    }
  }
}
