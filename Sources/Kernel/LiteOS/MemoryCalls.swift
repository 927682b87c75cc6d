// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded) && LITEOS
  import LiteOSTypes
  import RTOSCore

  // SAFETY: C code of the kernel answers for its pointers; what can be checked, the interface checks.
  // Pools and boxes of memory: see liteos.h.

  // SAFETY: see above.
  @c(LOS_MemInit)
  func losMemInit(_ pool: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
    unsafe KernelLiteOS.services.memInit(pool, size)
  }

  // SAFETY: see above.
  @c(LOS_MemDeInit)
  func losMemDeInit(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memDeInit(pool)
  }

  // SAFETY: see above.
  @c(LOS_MemAlloc)
  func losMemAlloc(_ pool: UnsafeMutableRawPointer?, _ size: UInt32) -> UnsafeMutableRawPointer? {
    unsafe KernelLiteOS.services.memAlloc(pool, size)
  }

  // SAFETY: see above.
  @c(LOS_MemAllocAlign)
  func losMemAllocAlign(_ pool: UnsafeMutableRawPointer?, _ size: UInt32, _ boundary: UInt32)
    -> UnsafeMutableRawPointer?
  { unsafe KernelLiteOS.services.memAllocAlign(pool, size, boundary) }

  // SAFETY: see above.
  @c(LOS_MemRealloc)
  func losMemRealloc(
    _ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ size: UInt32
  ) -> UnsafeMutableRawPointer? { unsafe KernelLiteOS.services.memRealloc(pool, memory, size) }

  // SAFETY: see above.
  @c(LOS_MemFree)
  func losMemFree(_ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memFree(pool, memory)
  }

  // SAFETY: see above.
  @c(LOS_MemPoolSizeGet)
  func losMemPoolSizeGet(_ pool: UnsafeRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memPoolSizeGet(pool)
  }

  // SAFETY: see above.
  @c(LOS_MemTotalUsedGet)
  func losMemTotalUsedGet(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memTotalUsedGet(pool)
  }

  // SAFETY: see above.
  @c(LOS_MemIntegrityCheck)
  func losMemIntegrityCheck(_ pool: UnsafeRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memIntegrityCheck(pool)
  }

  // SAFETY: see above.
  @c(LOS_MemInfoGet)
  func losMemInfoGet(
    _ pool: UnsafeMutableRawPointer?, _ status: UnsafeMutablePointer<LOS_MEM_POOL_STATUS>?
  ) -> UInt32 { unsafe KernelLiteOS.services.memInfoGet(pool, status) }

  // SAFETY: see above.
  @c(LOS_MemboxInit)
  func losMemboxInit(_ pool: UnsafeMutableRawPointer?, _ size: UInt32, _ boxSize: UInt32) -> UInt32
  { unsafe KernelLiteOS.services.memboxInit(pool, size, boxSize) }

  // SAFETY: see above.
  @c(LOS_MemboxAlloc)
  func losMemboxAlloc(_ pool: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe KernelLiteOS.services.memboxAlloc(pool)
  }

  // SAFETY: see above.
  @c(LOS_MemboxFree)
  func losMemboxFree(_ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe KernelLiteOS.services.memboxFree(pool, box)
  }

  // SAFETY: see above.
  @c(LOS_MemboxClr)
  func losMemboxClr(_ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?) {
    unsafe KernelLiteOS.services.memboxClr(pool, box)
  }

  // SAFETY: see above.
  @c(LOS_MemboxStatisticsGet)
  func losMemboxStatisticsGet(
    _ pool: UnsafeRawPointer?, _ most: UnsafeMutablePointer<UInt32>?,
    _ used: UnsafeMutablePointer<UInt32>?, _ size: UnsafeMutablePointer<UInt32>?
  ) -> UInt32 { unsafe KernelLiteOS.services.memboxStatisticsGet(pool, most, used, size) }

#endif
