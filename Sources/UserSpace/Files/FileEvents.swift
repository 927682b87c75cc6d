// SPDX-License-Identifier: Apache-2.0
/// The events of poll that a file has, or that a thread waits for (asm-generic/poll.h).
public struct FileEvents: OptionSet, Sendable {
  /// The bits as poll has them.
  public let rawValue: UInt32

  /// The events with these bits.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A read does not block: POLLIN, POLLRDNORM.
  public static var readable: Self { Self(rawValue: 0x41) }
  /// A write does not block: POLLOUT, POLLWRNORM.
  public static var writable: Self { Self(rawValue: 0x104) }
  /// What a socket has when it is writable, and what wakes those who wait for room: POLLWRBAND too.
  static var room: Self { Self(rawValue: 0x304) }
  /// POLLRDHUP: no more bytes will come.
  static var readEnd: Self { Self(rawValue: 0x2000) }
  /// POLLIN and POLLOUT alone, which is what files without names have.
  static var input: Self { Self(rawValue: 1) }
  static var output: Self { Self(rawValue: 4) }
  /// POLLERR: the other end is closed, so what is written is never read.
  static var error: Self { Self(rawValue: 0x8) }
  /// POLLHUP: the last writer has closed its end.
  static var hangUp: Self { Self(rawValue: 0x10) }
  /// POLLNVAL: the descriptor is not open.
  static var notOpen: Self { Self(rawValue: 0x20) }
  /// What poll reports whether it was asked for or not.
  static var unasked: Self { Self(rawValue: 0x38) }
}
