// SPDX-License-Identifier: Apache-2.0
// The port's copies from and to the memory of the running process.
#if arch(arm)
  import PortARMv7AAssembly
  import VmRegion

  /// Copies with the user's permissions (user_copy.S). A fault in them maps the page on demand, or
  /// makes the copy fail.
  public enum UserCopy: UserMemory {
    /// Copies from user memory. Returns false if a byte could not be read; a part may have been
    /// copied.
    @inline(__always)
    public static func copyIn(
      _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
    ) -> Bool {
      // SAFETY: the caller owns `count` bytes at `destination`; the user's side is checked.
      unsafe port_copy_in(destination, address, UInt32(truncatingIfNeeded: count))
    }

    /// Copies to user memory. Returns false if a byte could not be written; a part may have been
    /// copied.
    @inline(__always)
    public static func copyOut(
      _ source: UnsafeRawPointer, to address: UInt32, count: Int
    ) -> Bool {
      // SAFETY: the caller owns `count` bytes at `source`; the user's side is checked.
      unsafe port_copy_out(address, source, UInt32(truncatingIfNeeded: count))
    }

    /// Copies a string of at most `room` bytes from user memory, and returns its length; nil if a
    /// byte could not be read.
    @inline(__always)
    public static func copyString(
      _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
    ) -> Int? {
      // SAFETY: the caller owns `room` bytes at `destination`; the user's side is checked.
      let read = unsafe port_copy_string(destination, address, UInt32(truncatingIfNeeded: room))
      return read == 0 ? nil : Int(read) - 1
    }

    /// Stores a timespec of 8 bytes from registers. Returns false if it could not be written.
    @inline(__always)
    public static func storeTime(
      _ seconds: UInt32, nanoseconds: UInt32, at address: UInt32
    ) -> Bool {
      port_store_time32(seconds, nanoseconds, address)
    }

    /// Stores a timespec of 16 bytes from registers. Returns false if it could not be written.
    @inline(__always)
    public static func storeTime(
      low: UInt32, high: UInt32, nanoseconds: UInt32, at address: UInt32
    ) -> Bool {
      port_store_time64(low, high, nanoseconds, address)
    }
  }
#endif
