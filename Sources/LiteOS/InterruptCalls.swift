// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore

// Interrupt functions of the C interface (liteos.h).

/// How many interrupt lines there are.
@c(LOS_GetSystemHwiMaximum)
func losGetSystemHwiMaximum() -> UInt32 { KernelLiteOS.services.hwiCount }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_HwiCreate)
func losHwiCreate(
  _ line: UInt32, _ priority: UInt16, _ mode: UInt16, _ handler: HWI_PROC_FUNC?,
  _ parameter: UnsafeMutablePointer<HwiIrqParam>?
) -> UInt32 { unsafe KernelLiteOS.services.hwiCreate(line, priority, mode, handler, parameter) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_HwiDelete)
func losHwiDelete(_ line: UInt32, _ parameter: UnsafeMutablePointer<HwiIrqParam>?) -> UInt32 {
  unsafe KernelLiteOS.services.hwiDelete(line, parameter)
}

/// Lets the controller deliver the interrupts of a line.
@c(LOS_HwiEnable)
func losHwiEnable(_ line: UInt32) -> UInt32 { KernelLiteOS.services.hwiEnable(line) }

/// Keeps the controller from delivering the interrupts of a line.
@c(LOS_HwiDisable)
func losHwiDisable(_ line: UInt32) -> UInt32 { KernelLiteOS.services.hwiDisable(line) }

/// Makes a line pending, as its device does.
@c(LOS_HwiTrigger)
func losHwiTrigger(_ line: UInt32) -> UInt32 { KernelLiteOS.services.hwiTrigger(line) }

/// Makes a line not pending.
@c(LOS_HwiClear)
func losHwiClear(_ line: UInt32) -> UInt32 { KernelLiteOS.services.hwiClear(line) }

/// Sets the priority of a line at the controller; lower values are more urgent.
@c(LOS_HwiSetPriority)
func losHwiSetPriority(_ line: UInt32, _ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.hwiSetPriority(line, priority)
}

/// Sets the CPUs that get the interrupts of a line, a bit for each.
@c(LOS_HwiSetAffinity)
func losHwiSetAffinity(_ line: UInt32, _ processors: UInt32) -> UInt32 {
  KernelLiteOS.services.hwiSetAffinity(line, processors)
}

/// Sends the interrupt of a line to other CPUs, a bit for each.
@c(LOS_HwiSendIpi)
func losHwiSendIpi(_ line: UInt32, _ processors: UInt32) -> UInt32 {
  KernelLiteOS.services.hwiSendIpi(line, processors)
}

/// Masks interrupts on this CPU. Returns the previous state, for `LOS_IntRestore`.
@c(LOS_IntLock)
func losIntLock() -> UInt32 { KernelArchitecture.maskInterrupts().rawValue }

/// Unmasks interrupts if they were unmasked before the `LOS_IntLock` that returned `state`.
@c(LOS_IntRestore)
func losIntRestore(_ state: UInt32) {
  KernelArchitecture.restoreInterrupts(InterruptState(rawValue: state))
}

/// Unmasks interrupts on this CPU. Returns the previous state, for `LOS_IntRestore`.
@c(LOS_IntUnLock)
func losIntUnLock() -> UInt32 {
  let before = KernelArchitecture.maskInterrupts()
  KernelInterrupts.enableInterrupts()
  return before.rawValue
}
