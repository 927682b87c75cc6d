// SPDX-License-Identifier: Apache-2.0
// The port's copies from and to the memory of the running process.
#if arch(arm)
  import PortARMv7AAssembly
  import RTOSCore
  import VmRegion

  /// Copies with the user's permissions (user_copy.S). A fault in them maps the page on demand, or
  /// makes the copy fail.
  public enum UserCopy: UserMemory {
    /// Copies from user memory. Returns false if a byte could not be read; a part may have been
    /// copied.
    @inline(__always)
    public static func copyIn(
      _ destination: UnsafeMutableRawPointer, from range: UserRange
    ) -> Bool {
      // SAFETY: the caller owns the bytes at `destination`; the range was checked.
      unsafe port_copy_in(destination, range.base.word, range.count)
    }

    /// Copies to user memory. Returns false if a byte could not be written; a part may have been
    /// copied.
    @inline(__always)
    public static func copyOut(_ source: UnsafeRawPointer, to range: UserRange) -> Bool {
      // SAFETY: the caller owns the bytes at `source`; the range was checked.
      unsafe port_copy_out(range.base.word, source, range.count)
    }

    /// Copies a string of at most the bytes of `range` from user memory, and returns its length;
    /// nil if a byte could not be read.
    @inline(__always)
    public static func copyString(
      _ destination: UnsafeMutableRawPointer, from range: UserRange
    ) -> Word? {
      // SAFETY: the caller owns the bytes at `destination`; the range was checked.
      let read = unsafe port_copy_string(destination, range.base.word, range.count)
      return read == 0 ? nil : read - 1
    }

    /// Stores a timespec of 8 bytes from registers. Returns false if it could not be written.
    @inline(__always)
    public static func storeTime(
      _ seconds: UInt32, nanoseconds: UInt32, at range: UserRange
    ) -> Bool {
      port_store_time32(seconds, nanoseconds, range.base.word)
    }

    /// Stores a timespec of 16 bytes from registers. Returns false if it could not be written.
    @inline(__always)
    public static func storeTime(
      low: UInt32, high: UInt32, nanoseconds: UInt32, at range: UserRange
    ) -> Bool {
      port_store_time64(low, high, nanoseconds, range.base.word)
    }
  }
#endif
