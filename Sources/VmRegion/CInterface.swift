// SPDX-License-Identifier: Apache-2.0
// The LiteOS memory functions for C code of the kernel. A portable module cannot name the port, so
// each function calls through a binding that the kernel installs at boot; before that all fail.
//
// An address space owns its translation table, so `LosVmSpace *` and `LosArchMmu *` are both the
// kernel's handle of a space. `LosVmMapRegion *` is the base address of the region. It is never
// dereferenced, so a stale one causes an error and not a crash.

// SAFETY: storing function pointers accesses no memory behind them; each call site gives its
// reason.
/// The kernel's implementation of the C functions. It calls the methods of `AddressSpace+LiteOS`,
/// and acquires no lock: the C caller makes sure that no other code uses the space.
@safe public struct MemoryBinding {
  /// The kernel's handle of an address space.
  public typealias Space = UnsafeMutableRawPointer

  /// Arguments: space, address or 0, bytes, flags, page offset. Returns the base, or 0.
  public let allocateRegion: @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> UInt32
  /// Arguments: space, base. Returns 0 or a negative status.
  public let freeRegion: @convention(c) (Space, UInt32) -> Int32
  /// Arguments: space, any address. Returns the base of the region that contains it, or 0.
  public let findRegion: @convention(c) (Space, UInt32) -> UInt32
  /// Arguments: space, address, physical address, page count, flags. Returns the number of pages
  /// mapped or a negative status.
  public let mapFrames: @convention(c) (Space, UInt32, UInt32, UInt32, UInt32) -> Int32
  /// Arguments: space, address, page count. Returns the number of pages unmapped or a negative
  /// status.
  public let unmapFrames: @convention(c) (Space, UInt32, UInt32) -> Int32
  /// Arguments: space, address. Returns the physical address in the upper half and the flags in the
  /// lower half, or all ones if nothing is mapped.
  public let queryFrame: @convention(c) (Space, UInt32) -> UInt64
  /// Argument: a kernel address. Returns its physical address, or 0 if it has none.
  public let physicalAddress: @convention(c) (UnsafeRawPointer) -> UInt32

  /// Creates a binding from its functions.
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

  /// Installs the implementation of the C functions; nil removes it (tests). Called at boot, before
  /// a second CPU runs.
  public static func install(_ binding: MemoryBinding?) {
    // SAFETY: called at boot, before a second CPU runs, so there is no concurrent access.
    unsafe installed = binding
  }

  /// The installed binding.
  fileprivate static var current: MemoryBinding? {
    // SAFETY: the variable is read-only after boot.
    unsafe installed
  }
}

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Reserves a region of `length` bytes at `address` (0: anywhere). Returns its handle, or NULL;
/// then nothing has changed.
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

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Frees a region and its pages. Returns `LOS_OK`, or -2 if no region begins there.
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

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Returns the region that contains `address`, NULL if there is none.
@c(LOS_RegionFind)
public func losRegionFind(
  _ space: UnsafeMutableRawPointer?, _ address: UInt
) -> UnsafeMutableRawPointer? {
  guard let space = unsafe space, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address)
  else { return nil }
  return unsafe UnsafeMutableRawPointer(bitPattern: UInt(binding.findRegion(space, address)))
}

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Maps `count` pages to consecutive frames. Returns their number, or a negative status; then
/// nothing has changed.
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

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Unmaps `count` pages. Returns `count`, or a negative status; then nothing has changed.
@c(LOS_ArchMmuUnmap)
public func losArchMmuUnmap(
  _ mmu: UnsafeMutableRawPointer?, _ address: UInt, _ count: UInt
) -> Int32 {
  guard let space = unsafe mmu, let binding = MemoryBinding.current,
    let address = UInt32(exactly: address), let count = UInt32(exactly: count)
  else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe binding.unmapFrames(space, address, count)
}

// SAFETY: handles are only passed on to the binding, which interprets them.
/// Stores the physical address and the flags of the page at `address` (either pointer may be NULL).
/// Returns `LOS_OK`, or -2 if nothing is mapped.
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
  // SAFETY: the C caller passes valid pointers or NULL.
  unsafe physical?.pointee = UInt(answer >> 32)
  unsafe flags?.pointee = UInt32(truncatingIfNeeded: answer)
  return 0
}

// SAFETY: the address is only passed on to the binding and not dereferenced here.
/// Returns the physical address of a kernel address; 0 if it has none.
@c(LOS_PaddrQuery)
public func losPaddrQuery(_ address: UnsafeRawPointer?) -> UInt {
  guard let address = unsafe address, let binding = MemoryBinding.current else { return 0 }
  return UInt(unsafe binding.physicalAddress(address))
}
