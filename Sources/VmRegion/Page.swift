// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Page and frame numbers as distinct types, so that virtual and physical memory cannot be mixed
/// up.
///
/// These are plain values. The contents of a frame are accessed through `PhysicalMemory`; an `MMU`
/// translates pages.

/// The page size of the kernel.
public enum Page {
  /// Bytes in a page and in a frame.
  public static let size: Word = 4096
  /// Binary logarithm of `size`.
  public static let shift: Word = 12
  /// The bits of an address that are the offset in its page.
  public static let offsetMask: Word = 4095

  /// `length` rounded up to whole pages, in bytes; 0 if that does not fit a word. As with Linux'
  /// PAGE_ALIGN, callers detect the overflow by the 0.
  @inline(__always)
  public static func roundedUp(_ length: Word) -> Word {
    (length &+ offsetMask) & ~offsetMask  // Wrapping: 0 is the documented result.
  }

  /// The greatest end of whole pages, in bytes: a word holds it, and 32 bits the pages' number.
  @inline(__always)
  public static var greatestEnd: Word {
    Word(truncatingIfNeeded: min(UInt64(Word.max), UInt64(UInt32.max) << 12)) & ~offsetMask
  }

  /// The number of whole pages in `length` bytes. The page numbers of all addresses fit 32 bits.
  @inline(__always)
  public static func count(_ length: Word) -> UInt32 {
    UInt32(truncatingIfNeeded: length >> shift)
  }
}

/// 4 KiB of physical memory, identified by number.
public struct PhysicalFrame: Hashable, Sendable {
  /// The physical address divided by `Page.size`; below 2^20 if addresses have 32 bits.
  public let number: UInt32

  /// The frame with this number.
  @inline(__always)
  public init(number: UInt32) { self.number = number }

  /// The frame that holds the byte at `address`.
  @inline(__always)
  public init(containing address: PhysicalAddress) {
    number = Page.count(address.word)
  }

  /// The address of the first byte.
  @inline(__always)
  public var address: PhysicalAddress { PhysicalAddress(Word(number) << Page.shift) }
}

extension PhysicalAddress {
  /// Whether the address is the first byte of a frame.
  @inline(__always)
  public var isPageAligned: Bool { word & Page.offsetMask == 0 }
}

/// 4 KiB of an address space, identified by number.
public struct VirtualPage: Hashable, Sendable {
  /// The virtual address divided by `Page.size`; below 2^20 if addresses have 32 bits.
  public let number: UInt32

  /// The page with this number.
  @inline(__always)
  public init(number: UInt32) { self.number = number }

  /// The page that holds the byte at `address`.
  @inline(__always)
  public init(containing address: UserAddress) {
    number = Page.count(address.word)
  }

  /// The address of the first byte.
  @inline(__always)
  public var address: UserAddress { UserAddress(Word(number) << Page.shift) }
}

/// The access rights of a page, and whether user mode has them.
public struct Permissions: OptionSet, Hashable, Sendable {
  /// The bits of the set; r, w, x are in the order of LiteOS and Linux.
  public let rawValue: UInt8

  /// Creates a set from its bits.
  @inline(__always)
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Loads are allowed. On ARMv7 a writable or executable page is also readable.
  public static let read = Permissions(rawValue: 1)
  /// Stores are allowed.
  public static let write = Permissions(rawValue: 2)
  /// Instruction fetches are allowed.
  public static let execute = Permissions(rawValue: 4)
  /// The rights hold in user mode (PL0), too; without it they hold for the kernel only.
  public static let user = Permissions(rawValue: 8)

  /// Loads, stores and instruction fetches, without `user`.
  public static let allAccess: Permissions = [.read, .write, .execute]

  /// Whether `access` is allowed. As in Linux on ARM, a page that allows any access is readable.
  @inline(__always)
  public func allows(_ access: Access) -> Bool {
    switch access {
    case .read: !isDisjoint(with: .allAccess)
    case .write: contains(.write)
    case .execute: contains(.execute)
    }
  }
}

/// The kind of a memory access, as a fault reports it.
public enum Access: Equatable, Sendable {
  case read
  case write
  case execute
}
