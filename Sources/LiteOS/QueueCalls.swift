// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore

// Message queue and software timer functions of the C interface (liteos.h).

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueCreate)
func losQueueCreate(
  _ name: UnsafeMutablePointer<CChar>?, _ length: UInt16, _ queue: UnsafeMutablePointer<UInt32>?,
  _ flags: UInt32, _ size: UInt16
) -> UInt32 { unsafe KernelLiteOS.services.queueCreate(length, queue, size) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueReadCopy)
func losQueueReadCopy(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UnsafeMutablePointer<UInt32>?,
  _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.queueReadCopy(queue, buffer, size, timeout) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueWriteCopy)
func losQueueWriteCopy(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.queueWriteCopy(queue, buffer, size, timeout) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueWriteHeadCopy)
func losQueueWriteHeadCopy(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
) -> UInt32 {
  unsafe KernelLiteOS.services.queueWriteCopy(queue, buffer, size, timeout, isUrgent: true)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueRead)
func losQueueRead(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.queueRead(queue, buffer, size, timeout) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueWrite)
func losQueueWrite(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.queueWrite(queue, buffer, timeout) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueWriteHead)
func losQueueWriteHead(
  _ queue: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
) -> UInt32 { unsafe KernelLiteOS.services.queueWrite(queue, buffer, timeout, isUrgent: true) }

/// Deletes a queue and discards its messages. Refused while a task waits.
@c(LOS_QueueDelete)
func losQueueDelete(_ queue: UInt32) -> UInt32 { KernelLiteOS.services.queueDelete(queue) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_QueueInfoGet)
func losQueueInfoGet(_ queue: UInt32, _ info: UnsafeMutablePointer<QUEUE_INFO_S>?) -> UInt32 {
  unsafe KernelLiteOS.services.queueInfoGet(queue, info)
}

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_SwtmrCreate)
func losSwtmrCreate(
  _ interval: UInt32, _ mode: UInt8, _ handler: SWTMR_PROC_FUNC?,
  _ timer: UnsafeMutablePointer<UInt16>?, _ argument: UInt
) -> UInt32 { unsafe KernelLiteOS.services.swtmrCreate(interval, mode, handler, timer, argument) }

/// Starts a timer; a running one is restarted.
@c(LOS_SwtmrStart)
func losSwtmrStart(_ timer: UInt16) -> UInt32 { KernelLiteOS.services.swtmrStart(timer) }

/// Stops a timer that runs.
@c(LOS_SwtmrStop)
func losSwtmrStop(_ timer: UInt16) -> UInt32 { KernelLiteOS.services.swtmrStop(timer) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_SwtmrTimeGet)
func losSwtmrTimeGet(_ timer: UInt16, _ ticks: UnsafeMutablePointer<UInt32>?) -> UInt32 {
  unsafe KernelLiteOS.services.swtmrTimeGet(timer, ticks)
}

/// Stops a timer and frees its number.
@c(LOS_SwtmrDelete)
func losSwtmrDelete(_ timer: UInt16) -> UInt32 { KernelLiteOS.services.swtmrDelete(timer) }
