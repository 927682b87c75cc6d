// SPDX-License-Identifier: Apache-2.0
/// What a system call needs before its function runs.
struct CallNeeds {
  // Not a Bool: the compiler makes tables of bytes, but none of bits.
  private let rawValue: UInt8

  /// The call reads what only its thread changes, or takes the locks of what it uses.
  static var nothing: Self { Self(rawValue: 0) }
  /// The call uses its own thread, its own process and private memory. The kernel lock is shared
  /// while the function runs, except where it waits.
  static var ownProcess: Self { Self(rawValue: 1) }
  /// The kernel lock is held alone while the function runs, except where it waits.
  static var kernelLock: Self { Self(rawValue: 2) }

  @inline(__always)
  var includeLock: Bool { rawValue != 0 }

  @inline(__always)
  var includeKernelLock: Bool { rawValue == 2 }
}
