// SPDX-License-Identifier: Apache-2.0
/// What a region of an address space is, as a plain value for those who look at one.

/// What a region is for; it decides the name in /proc/self/maps and who owns the frames.
public enum RegionName: Equatable, Sendable {
  /// Memory without a name.
  case anonymous
  /// The [heap] that brk moves.
  case heap
  /// The [stack] of the first thread.
  case stack
  /// The [vdso] image.
  case vdso
  /// The [vvar] page or pages.
  case vvar
  /// A private copy of a file; `path` is the caller's index of its name, the last number for files
  /// that have no number of their own.
  case file(path: UInt16)
}

/// Writes page `page` of the file whose index is `path` to the frame of that number: all 4,096 bytes,
/// zeros behind the end of the file. Called with the space's lock held; it must not touch the space.
public typealias FileSource =
  @convention(c) (_ path: UInt16, _ page: UInt32, _ frame: UInt32) -> Void

/// How a region behaves beyond its permissions.
public struct RegionTraits: OptionSet, Equatable, Sendable {
  /// The bits below.
  public let rawValue: UInt8

  /// A set with these bits.
  @inline(__always)
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Nothing but the end of the address space may change the region.
  public static let sealed = RegionTraits(rawValue: 1)
  /// A fault just below extends the region downward, within its limit.
  public static let growsDown = RegionTraits(rawValue: 2)
  /// The frames belong to somebody else and are not released with the region.
  public static let borrowsFrames = RegionTraits(rawValue: 4)
  /// The region is not counted against the memory of the machine.
  public static let noReserve = RegionTraits(rawValue: 8)
  /// The region is never joined with an equal neighbour, because somebody knows it by its base.
  public static let separate = RegionTraits(rawValue: 16)
  /// All mappings of the memory see each other's stores; a fork does not part them.
  public static let shared = RegionTraits(rawValue: 32)
  /// A fork gives the child the region without its content: it reads as zeros there.
  public static let wipedByFork = RegionTraits(rawValue: 64)
  /// A fork does not give the child the region.
  public static let leftByFork = RegionTraits(rawValue: 128)
}

/// A snapshot of one region.
public struct Region: Equatable, Sendable {
  /// The first address, page aligned.
  public var base: UInt32
  /// The first address behind it, page aligned.
  public var end: UInt32
  /// What the program may do now, without `.user`.
  public var permissions: Permissions
  /// The most that mprotect may give.
  public var maximum: Permissions
  /// What it is for.
  public var name: RegionName
  /// How it behaves.
  public var traits: RegionTraits
  /// Where in its file it begins, in pages; 0 for others.
  public var pageOffset: UInt32

  /// A region of its parts.
  @inline(__always)
  public init(
    base: UInt32, end: UInt32, permissions: Permissions, maximum: Permissions = .allAccess,
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
