// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a process has read and written, as /proc/PID/io shows it. The counts wrap.
struct TransferCounts {
  /// Bytes that calls have moved.
  private(set) var readBytes: UInt64 = 0
  private(set) var writtenBytes: UInt64 = 0
  /// Calls on open files.
  private(set) var reads: UInt32 = 0
  private(set) var writes: UInt32 = 0

  /// Counts a call that reads or writes, before it does so.
  @inline(__always)
  mutating func begin(isWriting: Bool) {
    if isWriting { writes &+= 1 } else { reads &+= 1 }
  }

  /// Counts the bytes that a call has moved, and returns their number.
  @inline(__always)
  mutating func moved(_ bytes: Word, isWriting: Bool) -> Word {
    if isWriting {
      writtenBytes &+= UInt64(bytes)
    } else {
      readBytes &+= UInt64(bytes)
    }
    return bytes
  }
}
