// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore

// Memory pools and membox functions of the C interface (liteos.h).

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemInit)
func losMemInit(_ pool: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.memInit(pool, size)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemDeInit)
func losMemDeInit(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memDeInit(pool)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemAlloc)
func losMemAlloc(_ pool: UnsafeMutableRawPointer?, _ size: UInt32) -> UnsafeMutableRawPointer? {
  unsafe KernelLiteOS.services.memAlloc(pool, size)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemAllocAlign)
func losMemAllocAlign(_ pool: UnsafeMutableRawPointer?, _ size: UInt32, _ boundary: UInt32)
  -> UnsafeMutableRawPointer?
{ unsafe KernelLiteOS.services.memAllocAlign(pool, size, boundary) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemRealloc)
func losMemRealloc(
  _ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ size: UInt32
) -> UnsafeMutableRawPointer? { unsafe KernelLiteOS.services.memRealloc(pool, memory, size) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemFree)
func losMemFree(_ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memFree(pool, memory)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemPoolSizeGet)
func losMemPoolSizeGet(_ pool: UnsafeRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memPoolSizeGet(pool)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemTotalUsedGet)
func losMemTotalUsedGet(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memTotalUsedGet(pool)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemIntegrityCheck)
func losMemIntegrityCheck(_ pool: UnsafeRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memIntegrityCheck(pool)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemInfoGet)
func losMemInfoGet(
  _ pool: UnsafeMutableRawPointer?, _ status: UnsafeMutablePointer<LOS_MEM_POOL_STATUS>?
) -> UInt32 { unsafe KernelLiteOS.services.memInfoGet(pool, status) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemboxInit)
func losMemboxInit(_ pool: UnsafeMutableRawPointer?, _ size: UInt32, _ boxSize: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.memboxInit(pool, size, boxSize)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemboxAlloc)
func losMemboxAlloc(_ pool: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  unsafe KernelLiteOS.services.memboxAlloc(pool)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemboxFree)
func losMemboxFree(_ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?) -> UInt32 {
  unsafe KernelLiteOS.services.memboxFree(pool, box)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemboxClr)
func losMemboxClr(_ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?) {
  unsafe KernelLiteOS.services.memboxClr(pool, box)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MemboxStatisticsGet)
func losMemboxStatisticsGet(
  _ pool: UnsafeRawPointer?, _ most: UnsafeMutablePointer<UInt32>?,
  _ used: UnsafeMutablePointer<UInt32>?, _ size: UnsafeMutablePointer<UInt32>?
) -> UInt32 { unsafe KernelLiteOS.services.memboxStatisticsGet(pool, most, used, size) }
