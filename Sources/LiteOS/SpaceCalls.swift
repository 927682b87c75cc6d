// SPDX-License-Identifier: Apache-2.0
import Kernel
import RTOSCore
import System
import TickHandler
import UserSpace
import VmRegion

// Memory and vDSO functions of the C interface.
//
// An address space owns its translation table, so `LosVmSpace *` and `LosArchMmu *` are both the
// kernel's `AddressSpace` of a process. `LosVmMapRegion *` is the base address of the region. It
// is never dereferenced, so a stale one causes an error and not a crash. No lock is acquired: the
// C caller makes sure that no other code uses the space.

private typealias Space = AddressSpace<
  KernelTable, KernelArchitecture.CPU, KernelArchitecture.Memory
>

// SAFETY: the C caller passes the address space of a process that cannot run meanwhile.
/// The address space behind a C handle.
private func space(_ handle: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Space> {
  unsafe handle.assumingMemoryBound(to: Space.self)
}

// SAFETY: the C caller passes an address space, or NULL.
/// Reserves a region of `length` bytes at `address` (0: anywhere). Returns its handle, or NULL;
/// then nothing has changed.
@c(LOS_RegionAlloc)
func losRegionAlloc(
  _ handle: UnsafeMutableRawPointer?, _ address: UInt, _ length: UInt, _ flags: UInt32,
  _ pageOffset: UInt
) -> UnsafeMutableRawPointer? {
  guard let handle = unsafe handle else { return nil }
  let base = unsafe space(handle).pointee.regionAlloc(
    address, length, LiteOSRegionFlags(rawValue: flags), pageOffset)
  return unsafe UnsafeMutableRawPointer(bitPattern: UInt(base.word))
}

// SAFETY: the C caller passes an address space, or NULL; the region's handle is not dereferenced.
/// Frees a region and its pages. Returns `LOS_OK`, or -2 if no region begins there.
@c(LOS_RegionFree)
func losRegionFree(
  _ handle: UnsafeMutableRawPointer?, _ region: UnsafeMutableRawPointer?
) -> Int32 {
  guard let handle = unsafe handle, let region = unsafe region else {
    return LiteOSMemoryStatus.invalidArguments
  }
  return unsafe space(handle).pointee.regionFree(UInt(bitPattern: region))
}

// SAFETY: the C caller passes an address space, or NULL.
/// Returns the region that contains `address`, NULL if there is none.
@c(LOS_RegionFind)
func losRegionFind(
  _ handle: UnsafeMutableRawPointer?, _ address: UInt
) -> UnsafeMutableRawPointer? {
  guard let handle = unsafe handle else { return nil }
  let base = unsafe space(handle).pointee.regionFind(address)
  return unsafe UnsafeMutableRawPointer(bitPattern: UInt(base.word))
}

// SAFETY: the C caller passes an address space, or NULL.
/// Maps `count` pages to consecutive frames. Returns their number, or a negative status; then
/// nothing has changed.
@c(LOS_ArchMmuMap)
func losArchMmuMap(
  _ handle: UnsafeMutableRawPointer?, _ address: UInt, _ physical: UInt, _ count: UInt,
  _ flags: UInt32
) -> Int32 {
  guard let handle = unsafe handle else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe space(handle).pointee.mmuMap(
    address, physical, count, LiteOSRegionFlags(rawValue: flags))
}

// SAFETY: the C caller passes an address space, or NULL.
/// Unmaps `count` pages. Returns `count`, or a negative status; then nothing has changed.
@c(LOS_ArchMmuUnmap)
func losArchMmuUnmap(
  _ handle: UnsafeMutableRawPointer?, _ address: UInt, _ count: UInt
) -> Int32 {
  guard let handle = unsafe handle else { return LiteOSMemoryStatus.invalidArguments }
  return unsafe space(handle).pointee.mmuUnmap(address, count)
}

// SAFETY: the C caller passes an address space, and pointers that are valid or NULL.
/// Stores the physical address and the flags of the page at `address` (either pointer may be
/// NULL). Returns `LOS_OK`, or -2 if nothing is mapped.
@c(LOS_ArchMmuQuery)
func losArchMmuQuery(
  _ handle: UnsafeMutableRawPointer?, _ address: UInt, _ physical: UnsafeMutablePointer<UInt>?,
  _ flags: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  guard let handle = unsafe handle else { return LiteOSMemoryStatus.invalidArguments }
  guard let found = unsafe space(handle).pointee.mmuQuery(address) else {
    return LiteOSMemoryStatus.notFound
  }
  // SAFETY: the C caller passes valid pointers or NULL.
  unsafe physical?.pointee = UInt(found.physical.word)
  unsafe flags?.pointee = found.flags.rawValue
  return 0
}

// SAFETY: the address is not dereferenced.
/// Returns the physical address of a kernel address; 0 if it has none.
@c(LOS_PaddrQuery)
func losPaddrQuery(_ address: UnsafeRawPointer?) -> UInt {
  UInt(KernelArchitecture.physicalAddress(of: UInt32(UInt(bitPattern: address))).word)
}

// SAFETY: the C caller passes the record of a process, or NULL.
/// Maps the vDSO into `process`.
///
/// - Returns: the address of the ELF header; 0 after changing nothing if there is no vDSO or no
///   room.
@c(OsVdsoLoad)
func osVdsoLoad(_ process: UnsafeMutableRawPointer?) -> UInt32 {
  guard let process = unsafe process?.assumingMemoryBound(to: Process<KernelPlatform>.self) else {
    return 0
  }
  return unsafe process.pointee.loadVdso()?.word ?? 0
}

/// Updates the time page. The tick does this itself; other callers need it after time was lost or
/// set.
@c(OsVdsoTimevalUpdate)
func osVdsoTimevalUpdate() { KernelArchitecture.system.ticks.timekeeper.updateCold() }
