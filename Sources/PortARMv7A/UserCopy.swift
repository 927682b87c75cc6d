// SPDX-License-Identifier: Apache-2.0
// The CPU's own way into the memory of the program that runs.
#if arch(arm)
  import PortARMv7AAssembly
  import VmRegion

  /// Copies with the program's own rights; see user_copy.S. A page that comes on demand comes.
  public enum UserCopy: UserMemory {
    /// False: some byte of the source could not be read; part of the copy may have been made.
    @inline(__always)
    public static func copyIn(
      _ destination: UnsafeMutableRawPointer, from address: UInt32, count: Int
    ) -> Bool {
      // SAFETY: the caller owns `count` bytes at `destination`; the user's side is checked.
      unsafe port_copy_in(destination, address, UInt32(truncatingIfNeeded: count))
    }

    /// False: some byte of the destination could not be written; part of the copy may have been
    /// made.
    @inline(__always)
    public static func copyOut(
      _ source: UnsafeRawPointer, to address: UInt32, count: Int
    ) -> Bool {
      // SAFETY: the caller owns `count` bytes at `source`; the user's side is checked.
      unsafe port_copy_out(address, source, UInt32(truncatingIfNeeded: count))
    }

    /// Nil: some byte could not be read.
    @inline(__always)
    public static func copyString(
      _ destination: UnsafeMutableRawPointer, from address: UInt32, room: Int
    ) -> Int? {
      // SAFETY: the caller owns `room` bytes at `destination`; the user's side is checked.
      let read = unsafe port_copy_string(destination, address, UInt32(truncatingIfNeeded: room))
      return read == 0 ? nil : Int(read) - 1
    }

    /// A timespec of 8 bytes, from registers.
    @inline(__always)
    public static func storeTime(
      _ seconds: UInt32, nanoseconds: UInt32, at address: UInt32
    ) -> Bool {
      port_store_time32(seconds, nanoseconds, address)
    }

    /// A timespec of 16 bytes, from registers.
    @inline(__always)
    public static func storeTime(
      low: UInt32, high: UInt32, nanoseconds: UInt32, at address: UInt32
    ) -> Bool {
      port_store_time64(low, high, nanoseconds, address)
    }
  }
#endif
