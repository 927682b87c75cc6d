// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A region of an address space as a plain value, with its name and traits.

/// What a region is used for. It decides the name in /proc/self/maps and the owner of the frames.
public enum RegionName: Equatable, Sendable {
  /// Memory without a name.
  case anonymous
  /// The [heap] that brk resizes.
  case heap
  /// The [stack] of the first thread.
  case stack
  /// The [vdso] image.
  case vdso
  /// The [vvar] page or pages.
  case vvar
  /// A file. `path` is the caller's number of it, `.max` for files without one.
  case file(path: UInt16)
}

/// What an address space asks of a file. Each region of a file counts as a user of it.
public enum FileRequest: UInt8, Sendable {
  /// A region begins to map the file.
  case retain
  /// A region no longer maps the file.
  case release
  /// The frame of a page that only this space may see change: the file's own, which has other
  /// references, or a copy with the reference of the caller alone.
  case privatePage
  /// The same for a region without the right to write: the file's own if it can have one, so that
  /// all who map it share it.
  case readOnlyPage
  /// The frame of a page that all who map it see change.
  case sharedPage
  /// `retain` for a shared region that may be writable or become so.
  case retainWritable
  /// `release` of such a region.
  case releaseWritable
  /// Whether the file's bytes may be removed: 0 if they may.
  case removal

  /// The answer in place of the number of a frame without memory for it.
  public static var outOfMemory: UInt32 { .max }
  /// The answer for a page behind the end of the file.
  public static var behindEnd: UInt32 { .max - 1 }
  /// The answer to a thread that shares the kernel lock.
  public static var needsKernelLock: UInt32 { .max - 2 }

  /// Whether the answer is a frame.
  public var isForPage: Bool {
    switch self {
    case .privatePage, .readOnlyPage, .sharedPage: true
    case .retain, .release, .retainWritable, .releaseWritable, .removal: false
    }
  }
}

/// Answers the request with this raw value about the file with number `path`. For page `page` the
/// answer is the number of a frame, of which the caller gets a reference, or one of the constants of
/// `FileRequest`; for other requests it is 0, and `page` is the first page of the region, or 0 if
/// the region has no right to write. Called while the space's owner serialises
/// access to it; it must not access the space.
public typealias FileSource =
  @convention(c) (_ request: UInt8, _ path: UInt16, _ page: UInt32) -> UInt32

/// Properties of a region other than its permissions.
public struct RegionTraits: OptionSet, Equatable, Sendable {
  /// The bits of the set.
  public let rawValue: UInt8

  /// Creates a set from its bits.
  @inline(__always)
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Programs cannot change the region; it exists until the address space ends.
  public static let sealed = RegionTraits(rawValue: 1)
  /// A fault below the region extends it downward, up to the stack limit.
  public static let growsDown = RegionTraits(rawValue: 2)
  /// The space owns no references of the frames, so they are not released with the region.
  public static let borrowsFrames = RegionTraits(rawValue: 4)
  /// The region is exempt from the overcommit check against the memory of the machine.
  public static let noReserve = RegionTraits(rawValue: 8)
  /// The region is never merged with an equal neighbour, because its creator identifies it by its
  /// base.
  public static let unmergeable = RegionTraits(rawValue: 16)
  /// All mappings of the memory see each other's stores, also after a fork.
  public static let shared = RegionTraits(rawValue: 32)
  /// The child of a fork inherits the region without its content: it reads as zeros. A shared
  /// region of a file keeps its content, and the child has no right to write it.
  public static let wipedByFork = RegionTraits(rawValue: 64)
  /// The child of a fork does not inherit the region.
  public static let excludedFromFork = RegionTraits(rawValue: 128)
}

/// A copy of the attributes of one region.
public struct Region: Equatable, Sendable {
  /// The first address, page aligned.
  public var base: UserAddress
  /// The first address after the region, page aligned.
  public var end: UserAddress
  /// The current permissions of the program, without `.user`.
  public var permissions: Permissions
  /// The most permissions that mprotect may grant.
  public var maximum: Permissions
  /// What the region is used for.
  public var name: RegionName
  /// Further properties.
  public var traits: RegionTraits
  /// The offset of the region in its file in pages; 1 + slot index for a special mapping, else 0.
  public var pageOffset: UInt32

  /// The size in bytes.
  @inline(__always)
  public var byteCount: Word { end - base }

  /// Creates a region from its attributes.
  @inline(__always)
  public init(
    base: UserAddress, end: UserAddress, permissions: Permissions,
    maximum: Permissions = .allAccess,
    name: RegionName = .anonymous, traits: RegionTraits = [], pageOffset: UInt32 = 0
  ) {
    self.base = base
    self.end = end
    self.permissions = permissions
    self.maximum = maximum
    self.name = name
    self.traits = traits
    self.pageOffset = pageOffset
  }
}
