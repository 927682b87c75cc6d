// SPDX-License-Identifier: Apache-2.0
/// What a caller of `AddressSpace.map` asks for: mmap2's arguments in types.
public struct MapRequest: Equatable, Sendable {
  /// Where the mapping may go.
  public enum Placement: Equatable, Sendable {
    /// At the address if it is free (0: no wish), else anywhere below the mmap base.
    case anywhere(hint: UInt32)
    /// At the address, in the place of whatever is there.
    case fixed(UInt32)
    /// At the address, unless something is there.
    case fixedNoReplace(UInt32)
  }

  /// Where.
  public var placement: Placement
  /// How many bytes; rounded up to whole pages.
  public var length: UInt32
  /// What the program may do; `.user` is understood.
  public var permissions: Permissions
  /// The most that mprotect may give later.
  public var maximum: Permissions
  /// What it is for.
  public var name: RegionName
  /// How it behaves.
  public var traits: RegionTraits
  /// Where in its file it begins, in pages.
  public var pageOffset: UInt32

  /// A request of its parts.
  public init(
    _ placement: Placement, length: UInt32, permissions: Permissions,
    maximum: Permissions = .allAccess, name: RegionName = .anonymous, traits: RegionTraits = [],
    pageOffset: UInt32 = 0
  ) {
    self.placement = placement
    self.length = length
    self.permissions = permissions.intersection(.allAccess)
    self.maximum = maximum
    self.name = name
    self.traits = traits
    self.pageOffset = pageOffset
  }
}

/// Where the movable parts of an address space lie. All addresses are page aligned.
public struct SpaceLayout: Equatable, Sendable {
  /// Mappings without a wish go below this address.
  public var mapTop: UInt32
  /// The first address above the [stack].
  public var stackTop: UInt32
  /// How far the [stack] may grow, in bytes.
  public var stackLimit: UInt32
  /// Bytes that stay free between the [stack] and what is mapped below it.
  public var stackGuard: UInt32
  /// How far above its usual place a position-independent program is loaded, in bytes.
  public var imageOffset: UInt32 = 0
  /// How far behind the program the heap begins, in bytes.
  public var heapOffset: UInt32 = 0
  /// Where [vvar] and [vdso] go if that is free; 0: where all mappings go.
  public var specialBase: UInt32 = 0

  /// Linux's layout: 8 MiB of stack, 1 MiB of guard, and 128 MiB between mappings and the top.
  public init(
    mapTop: UInt32 = 0x7800_0000, stackTop: UInt32 = 0x7fff_f000,
    stackLimit: UInt32 = 8 << 20, stackGuard: UInt32 = 1 << 20
  ) {
    self.mapTop = mapTop
    self.stackTop = stackTop
    self.stackLimit = stackLimit
    self.stackGuard = stackGuard
  }
}

extension SpaceLayout {
  /// A layout that nobody can guess: 11 random bits for the stack, 12 each for mappings, [vdso] and
  /// a position-independent program, 13 for the heap, all in pages. The four words are used up.
  public init(random words: InlineArray<4, UInt32>) {
    self.init()
    stackTop -= (words[0] & 0x7ff) << Page.shift
    mapTop -= (words[1] & 0xfff) << Page.shift
    // Between the highest mappings and the lowest end of a grown stack.
    specialBase = 0x7a00_0000 + (words[2] & 0xfff) << Page.shift
    heapOffset = (words[3] & 0x1fff) << Page.shift
    imageOffset = (words[3] >> 16 & 0xfff) << Page.shift
  }
}

/// What became of a fault.
public enum FaultOutcome: Equatable, Sendable {
  /// The access may be made again.
  case resolved
  /// Nothing is mapped there: SIGSEGV with SEGV_MAPERR.
  case notMapped
  /// The region does not allow this access: SIGSEGV with SEGV_ACCERR.
  case notAllowed
  /// There is no frame for it: Linux would kill a program.
  case outOfMemory
}
