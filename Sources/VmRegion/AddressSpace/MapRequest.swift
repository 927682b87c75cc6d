// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The arguments of `AddressSpace.map`: those of mmap2 as typed values.
public struct MapRequest: Equatable, Sendable {
  /// The constraint on the address of a mapping.
  public enum Placement: Equatable, Sendable {
    /// At the hint if its range is free (0: no hint), else preferably below the mmap base.
    case anywhere(hint: UserAddress)
    /// At the address; existing mappings there are replaced.
    case fixed(UserAddress)
    /// At the address; refused with `exists` if the range is in use.
    case fixedNoReplace(UserAddress)
  }

  /// The constraint on the address.
  public var placement: Placement
  /// The length in bytes; rounded up to whole pages.
  public var length: Word
  /// The permissions of the program; `.user` is implied.
  public var permissions: Permissions
  /// The most permissions that mprotect may grant later.
  public var maximum: Permissions
  /// What the region is used for.
  public var name: RegionName
  /// Further properties.
  public var traits: RegionTraits
  /// The offset in the file in pages.
  public var pageOffset: UInt32

  /// Creates a request. `permissions` loses `.user`.
  public init(
    _ placement: Placement, length: Word, permissions: Permissions,
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

/// The addresses of the movable parts of an address space. All addresses are page aligned.
public struct SpaceLayout: Equatable, Sendable {
  /// The mmap base: mappings without a hint are placed below it.
  public var mapTop: UserAddress
  /// The first address above the [stack].
  public var stackTop: UserAddress
  /// The maximum size of the [stack] in bytes.
  public var stackLimit: Word
  /// The guard gap in bytes, kept free between the [stack] and the region below it.
  public var stackGuard: Word
  /// The offset in bytes that is added to the usual address of a position-independent program.
  public var imageOffset: Word = 0
  /// The offset in bytes from the end of the program to the start of the heap.
  public var heapOffset: Word = 0
  /// The preferred address of [vvar] and [vdso]; 0: they are placed like other mappings.
  public var specialBase: UserAddress = 0

  /// Creates Linux' layout: 8 MiB of stack, 1 MiB of guard gap, and 128 MiB from the mmap base to
  /// the end of the user range.
  public init(
    mapTop: UserAddress = 0x7800_0000, stackTop: UserAddress = 0x7fff_f000,
    stackLimit: Word = 8 << 20, stackGuard: Word = 1 << 20
  ) {
    self.mapTop = mapTop
    self.stackTop = stackTop
    self.stackLimit = stackLimit
    self.stackGuard = stackGuard
  }
}

extension SpaceLayout {
  /// Creates a randomised layout (ASLR): 11 random bits for the stack, 12 each for mappings, [vdso]
  /// and a position-independent program, and 13 for the heap, all in pages. The words must not be
  /// used for anything else.
  public init(random words: InlineArray<4, UInt32>) {
    self.init()
    stackTop = stackTop - Word(words[0] & 0x7ff) << Page.shift
    mapTop = mapTop - Word(words[1] & 0xfff) << Page.shift
    // Above the highest mappings and below the lowest end of a full stack.
    specialBase = 0x7a00_0000 + Word(words[2] & 0xfff) << Page.shift
    heapOffset = Word(words[3] & 0x1fff) << Page.shift
    imageOffset = Word(words[3] >> 16 & 0xfff) << Page.shift
  }
}

/// The outcome of a fault.
public enum FaultOutcome: Equatable, Sendable {
  /// The page lies behind the end of its file.
  case behindEnd
  /// The access can be repeated.
  case resolved
  /// The address lies in no region: SIGSEGV with SEGV_MAPERR.
  case notMapped
  /// The region does not allow this access: SIGSEGV with SEGV_ACCERR.
  case notAllowed
  /// No frame is free; Linux would kill a process (OOM killer).
  case outOfMemory
  /// The page is a file's, which does not answer a thread that shares the kernel lock. Nothing is
  /// changed.
  case needsKernelLock
}
