// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore

// Semaphore, mutex, rwlock and event functions of the C interface (liteos.h).

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_SemCreate)
func losSemCreate(_ count: UInt16, _ handle: UnsafeMutablePointer<UInt32>?) -> UInt32 {
  unsafe KernelLiteOS.services.semCreate(count, handle)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_BinarySemCreate)
func losBinarySemCreate(_ count: UInt16, _ handle: UnsafeMutablePointer<UInt32>?) -> UInt32 {
  unsafe KernelLiteOS.services.semCreate(count, limit: 1, handle)
}

/// Deletes a semaphore for which no task waits.
@c(LOS_SemDelete)
func losSemDelete(_ handle: UInt32) -> UInt32 { KernelLiteOS.services.semDelete(handle) }

/// Decrements the count; waits for up to `timeout` ticks while it is 0.
@c(LOS_SemPend)
func losSemPend(_ handle: UInt32, _ timeout: UInt32) -> UInt32 {
  KernelLiteOS.services.semPend(handle, timeout)
}

/// Wakes the most urgent waiter, or increments the count. Callable from any context.
@c(LOS_SemPost)
func losSemPost(_ handle: UInt32) -> UInt32 { KernelLiteOS.services.semPost(handle) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrInit)
func losMuxAttrInit(_ attribute: UnsafeMutablePointer<LosMuxAttr>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxAttrInit(attribute)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrDestroy)
func losMuxAttrDestroy(_ attribute: UnsafeMutablePointer<LosMuxAttr>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxAttrDestroy(attribute)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrGetType)
func losMuxAttrGetType(
  _ attribute: UnsafePointer<LosMuxAttr>?, _ type: UnsafeMutablePointer<Int32>?
) -> UInt32 { unsafe KernelLiteOS.services.muxAttrGetType(attribute, type) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrSetType)
func losMuxAttrSetType(_ attribute: UnsafeMutablePointer<LosMuxAttr>?, _ type: Int32) -> UInt32 {
  unsafe KernelLiteOS.services.muxAttrSetType(attribute, type)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrGetProtocol)
func losMuxAttrGetProtocol(
  _ attribute: UnsafePointer<LosMuxAttr>?, _ value: UnsafeMutablePointer<Int32>?
) -> UInt32 { unsafe KernelLiteOS.services.muxAttrGetProtocol(attribute, value) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxAttrSetProtocol)
func losMuxAttrSetProtocol(_ attribute: UnsafeMutablePointer<LosMuxAttr>?, _ value: Int32)
  -> UInt32
{ unsafe KernelLiteOS.services.muxAttrSetProtocol(attribute, value) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxInit)
func losMuxInit(_ mutex: UnsafeMutablePointer<LosMux>?, _ attribute: UnsafePointer<LosMuxAttr>?)
  -> UInt32
{ unsafe KernelLiteOS.services.muxInit(mutex, attribute) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxDestroy)
func losMuxDestroy(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxDestroy(mutex)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxLock)
func losMuxLock(_ mutex: UnsafeMutablePointer<LosMux>?, _ timeout: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.muxLock(mutex, timeout)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxTrylock)
func losMuxTrylock(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxTrylock(mutex)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxUnlock)
func losMuxUnlock(_ mutex: UnsafeMutablePointer<LosMux>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxUnlock(mutex)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_MuxIsValid)
func losMuxIsValid(_ mutex: UnsafePointer<LosMux>?) -> UInt32 {
  unsafe KernelLiteOS.services.muxIsValid(mutex)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockInit)
func losRwlockInit(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockInit(lock)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockDestroy)
func losRwlockDestroy(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockDestroy(lock)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockRdLock)
func losRwlockRdLock(_ lock: UnsafeMutablePointer<LosRwlock>?, _ timeout: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockRead(lock, timeout)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockTryRdLock)
func losRwlockTryRdLock(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockRead(lock, 0, isTry: true)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockWrLock)
func losRwlockWrLock(_ lock: UnsafeMutablePointer<LosRwlock>?, _ timeout: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockWrite(lock, timeout)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockTryWrLock)
func losRwlockTryWrLock(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockWrite(lock, 0, isTry: true)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockUnLock)
func losRwlockUnLock(_ lock: UnsafeMutablePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockUnlock(lock)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_RwlockIsValid)
func losRwlockIsValid(_ lock: UnsafePointer<LosRwlock>?) -> UInt32 {
  unsafe KernelLiteOS.services.rwlockIsValid(lock)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventInit)
func losEventInit(_ events: UnsafeMutablePointer<EVENT_CB_S>?) -> UInt32 {
  unsafe KernelLiteOS.services.eventInit(events)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventPoll)
func losEventPoll(_ bits: UnsafeMutablePointer<UInt32>?, _ mask: UInt32, _ mode: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.eventPoll(bits, mask, mode)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventRead)
func losEventRead(
  _ events: UnsafeMutablePointer<EVENT_CB_S>?, _ mask: UInt32, _ mode: UInt32, _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.eventRead(events, mask, mode, timeout) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventWrite)
func losEventWrite(_ events: UnsafeMutablePointer<EVENT_CB_S>?, _ bits: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.eventWrite(events, bits)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventClear)
func losEventClear(_ events: UnsafeMutablePointer<EVENT_CB_S>?, _ kept: UInt32) -> UInt32 {
  unsafe KernelLiteOS.services.eventClear(events, kept)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_EventDestroy)
func losEventDestroy(_ events: UnsafeMutablePointer<EVENT_CB_S>?) -> UInt32 {
  unsafe KernelLiteOS.services.eventDestroy(events)
}
