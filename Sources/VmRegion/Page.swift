// SPDX-License-Identifier: Apache-2.0
/// Pages and frames: the two kinds of 4 KiB that must never be mistaken for each other.
///
/// Everything here is a plain value. What a frame holds is reached through `PhysicalMemory`, where
/// a page leads is the business of an `MMU`.

/// The one page size of the kernel.
public enum Page {
  /// Bytes in a page and in a frame.
  public static let size: UInt32 = 4096
  /// Binary logarithm of `size`.
  public static let shift: UInt32 = 12
  /// The bits of an address below the page.
  public static let offsetMask: UInt32 = 4095

  /// `length` bytes rounded up to whole pages, in bytes; 0 when that does not fit 32 bits, which
  /// is Linux's PAGE_ALIGN and its callers' sign of an overflow.
  @inline(__always)
  public static func roundedUp(_ length: UInt32) -> UInt32 {
    (length &+ offsetMask) & ~offsetMask  // Wrapping: 0 is the documented answer.
  }

  /// Whether `address` is the first byte of a page.
  @inline(__always)
  public static func isAligned(_ address: UInt32) -> Bool { address & offsetMask == 0 }
}

/// 4 KiB of physical memory, by number.
public struct PhysicalFrame: Hashable, Sendable {
  /// The physical address divided by `Page.size`; below 2^20.
  public let number: UInt32

  /// The frame with this number.
  @inline(__always)
  public init(number: UInt32) { self.number = number }

  /// The frame that holds the byte at physical `address`.
  @inline(__always)
  public init(containing address: UInt32) { number = address >> Page.shift }

  /// The physical address of the first byte.
  @inline(__always)
  public var address: UInt32 { number << Page.shift }
}

/// 4 KiB of an address space, by number.
public struct VirtualPage: Hashable, Sendable {
  /// The virtual address divided by `Page.size`; below 2^20.
  public let number: UInt32

  /// The page with this number.
  @inline(__always)
  public init(number: UInt32) { self.number = number }

  /// The page that holds the byte at virtual `address`.
  @inline(__always)
  public init(containing address: UInt32) { number = address >> Page.shift }

  /// The virtual address of the first byte.
  @inline(__always)
  public var address: UInt32 { number << Page.shift }
}

/// What may be done to a page, and by whom.
public struct Permissions: OptionSet, Hashable, Sendable {
  /// The bits below, in LiteOS' and Linux's order of r, w, x.
  public let rawValue: UInt8

  /// A set with these bits.
  @inline(__always)
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Loads are allowed. On ARMv7 a page that may be written or executed may also be read.
  public static let read = Permissions(rawValue: 1)
  /// Stores are allowed.
  public static let write = Permissions(rawValue: 2)
  /// Instruction fetches are allowed.
  public static let execute = Permissions(rawValue: 4)
  /// The above hold at PL0, too; without it they hold for the kernel only.
  public static let user = Permissions(rawValue: 8)

  /// The three kinds of access, for anybody.
  public static let allAccess: Permissions = [.read, .write, .execute]

  /// Whether `access` may be made. As in Linux on ARM a page that allows anything may be read.
  @inline(__always)
  public func allows(_ access: Access) -> Bool {
    switch access {
    case .read: !isDisjoint(with: .allAccess)
    case .write: contains(.write)
    case .execute: contains(.execute)
    }
  }
}

/// One kind of access to memory, as a fault reports it.
public enum Access: Equatable, Sendable {
  case read
  case write
  case execute
}
