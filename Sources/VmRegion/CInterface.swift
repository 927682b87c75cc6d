// SPDX-License-Identifier: Apache-2.0
// Memory under its LiteOS names, for C code of the kernel. A portable module cannot name the port,
// so each function goes through a binding that the kernel installs at boot; before that all fail.
//
// An address space and its table are one thing here, so `LosVmSpace *` and `LosArchMmu *` are both
// the kernel's handle of a space. `LosVmMapRegion *` is the first address of the region: never
// followed, so a stale one is an error and not a crash.

// SAFETY: the functions behind the pointers keep their own promises; storing them touches nothing.
/// What stands behind the C names. The functions find the space, take its lock and call the
/// methods of `AddressSpace+LiteOS`.
@safe public struct MemoryBinding {
  /// The kernel's handle of an address space.
  public typealias Space = UnsafeMutableRawPointer

  /// Space, address or 0, bytes, flags, page offset; the base, or 0.
  public let allocateRegion: @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> UInt32
  /// Space, base; 0 or a negative status.
  public let freeRegion: @convention(c) (Space, UInt32) -> Int32
  /// Space, any address; the base of its region, or 0.
  public let findRegion: @convention(c) (Space, UInt32) -> UInt32
  /// Space, address, physical address, pages, flags; pages mapped or a negative status.
  public let mapFrames: @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> Int32
  /// Space, address, pages; pages unmapped or a negative status.
  public let unmapFrames: @convention(c) (Space, UInt32, UInt32) -> Int32
  /// Space, address; physical address in the upper half and flags in the lower one, or all ones.
  public let queryFrame: @convention(c) (Space, UInt32) -> UInt64
  /// The physical address of a kernel address; 0 if it has none.
  public let physicalAddress: @convention(c) (UnsafeRawPointer) -> UInt32

  /// A binding of its parts.
  public init(
    allocateRegion: @escaping @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> UInt32,
    freeRegion: @escaping @convention(c) (Space, UInt32) -> Int32,
    findRegion: @escaping @convention(c) (Space, UInt32) -> UInt32,
    mapFrames: @escaping @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> Int32,
    unmapFrames: @escaping @convention(c) (Space, UInt32, UInt32) -> Int32,
    queryFrame: @escaping @convention(c) (Space, UInt32) -> UInt64,
    physicalAddress: @escaping @convention(c) (UnsafeRawPointer) -> UInt32
  ) {
    unsafe self.allocateRegion = unsafe allocateRegion
    unsafe self.freeRegion = unsafe freeRegion
    unsafe self.findRegion = unsafe findRegion
    unsafe self.mapFrames = unsafe mapFrames
    unsafe self.unmapFrames = unsafe unmapFrames
    unsafe self.queryFrame = unsafe queryFrame
    unsafe self.physicalAddress = unsafe physicalAddress
  }

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var installed: MemoryBinding?

  /// Says what the C names stand for from now on; nil takes it back (tests).
  public static func install(_ binding: MemoryBinding?) {
    // SAFETY: see the declaration.
    unsafe installed = binding
  }

  /// What is installed.
  fileprivate static var current: MemoryBinding? {
    // SAFETY: see the declaration.
    unsafe installed
  }
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Reserves `length` bytes at `address` (0: anywhere). The region, or NULL and nothing changed.
@c(LOS_RegionAlloc)
public func losRegionAlloc(
  _ space: UnsafeMutableRawPointer?, _ address: UInt, _ length: UInt, _ flags: UInt32,
  _ pageOffset: UInt
) -> UnsafeMutableRawPointer? {
  guard let space = unsafe space, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address), let length = UInt32(exactly: length),
    let pageOffset = UInt32(exactly: pageOffset)
  else { return nil }
  let base = unsafe binding.allocateRegion(space, address, length, flags, pageOffset)
  return unsafe UnsafeMutableRawPointer(bitPattern: UInt(base))
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Frees a region with its pages: `LOS_OK`, or -2 if there is none.
@c(LOS_RegionFree)
public func losRegionFree(
  _ space: UnsafeMutableRawPointer?, _ region: UnsafeMutableRawPointer?
) -> Int32 {
  guard let space = unsafe space, let region = unsafe region,
    let binding = MemoryBinding.current,
    let base = UInt32(exactly: UInt(bitPattern: region))
  else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe binding.freeRegion(space, base)
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// The region that holds `address`, NULL if there is none.
@c(LOS_RegionFind)
public func losRegionFind(
  _ space: UnsafeMutableRawPointer?, _ address: UInt
) -> UnsafeMutableRawPointer? {
  guard let space = unsafe space, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address)
  else { return nil }
  return unsafe UnsafeMutableRawPointer(bitPattern: UInt(binding.findRegion(space, address)))
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Maps `count` pages to consecutive frames: how many, or a negative status and nothing changed.
@c(LOS_ArchMmuMap)
public func losArchMmuMap(
  _ mmu: UnsafeMutableRawPointer?, _ address: UInt, _ physical: UInt, _ count: UInt,
  _ flags: UInt32
) -> Int32 {
  guard let space = unsafe mmu, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address), let physical = UInt32(exactly: physical),
    let count = UInt32(exactly: count)
  else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe binding.mapFrames(space, address, physical, count, flags)
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Unmaps `count` pages: how many were asked for, or a negative status and nothing changed.
@c(LOS_ArchMmuUnmap)
public func losArchMmuUnmap(
  _ mmu: UnsafeMutableRawPointer?, _ address: UInt, _ count: UInt
) -> Int32 {
  guard let space = unsafe mmu, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address), let count = UInt32(exactly: count)
  else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe binding.unmapFrames(space, address, count)
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// Where `address` leads and with what flags (either pointer may be NULL): `LOS_OK`, or -2.
@c(LOS_ArchMmuQuery)
public func losArchMmuQuery(
  _ mmu: UnsafeMutableRawPointer?, _ address: UInt, _ physical: UnsafeMutablePointer<UInt>?,
  _ flags: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  guard let space = unsafe mmu, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address)
  else { return LiteOSMemoryStatus.invalidArguments }
  let answer = unsafe binding.queryFrame(space, address)
  guard answer != .max else { return LiteOSMemoryStatus.notFound }
  // SAFETY: the C caller hands over valid pointers or NULL.
  unsafe physical?.pointee = UInt(answer >> 32)
  unsafe flags?.pointee = UInt32(truncatingIfNeeded: answer)
  return 0
}

// SAFETY: handles are handed on to the binding, which knows what they are, and not touched here.
/// The physical address of a kernel address; 0 if it has none.
@c(LOS_PaddrQuery)
public func losPaddrQuery(_ address: UnsafeRawPointer?) -> UInt {
  guard let address = unsafe address, let binding = MemoryBinding.current else { return 0 }
  return UInt(unsafe binding.physicalAddress(address))
}
