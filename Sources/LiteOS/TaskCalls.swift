// SPDX-License-Identifier: Apache-2.0
import Kernel
import LiteOSTypes
import RTOSCore
import System

// Task functions of the C interface (liteos.h).

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskCreateOnly)
func losTaskCreateOnly(
  _ task: UnsafeMutablePointer<UInt32>?, _ wanted: UnsafeMutablePointer<TSK_INIT_PARAM_S>?
) -> UInt32 { unsafe KernelLiteOS.services.taskCreateOnly(task, wanted) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskCreate)
func losTaskCreate(
  _ task: UnsafeMutablePointer<UInt32>?, _ wanted: UnsafeMutablePointer<TSK_INIT_PARAM_S>?
) -> UInt32 { unsafe KernelLiteOS.services.taskCreate(task, wanted) }

@c(LOS_TaskResume)
func losTaskResume(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskResume(task) }

@c(LOS_TaskSuspend)
func losTaskSuspend(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskSuspend(task) }

@c(LOS_TaskDelete)
func losTaskDelete(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskDelete(task) }

@c(LOS_TaskDelay)
func losTaskDelay(_ ticks: UInt32) -> UInt32 { KernelLiteOS.services.taskDelay(ticks) }

@c(LOS_TaskYield)
func losTaskYield() -> UInt32 { KernelLiteOS.services.taskYield() }

@c(LOS_CurTaskIDGet)
func losCurTaskIDGet() -> UInt32 { KernelArchitecture.system.scheduler.current.rawValue }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskJoin)
func losTaskJoin(_ task: UInt32, _ result: UnsafeMutablePointer<UInt>?) -> UInt32 {
  unsafe KernelLiteOS.services.taskJoin(task, result)
}

@c(LOS_TaskDetach)
func losTaskDetach(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskDetach(task) }

@c(LOS_TaskLock)
func losTaskLock() { KernelLiteOS.services.taskLock() }

@c(LOS_TaskUnlock)
func losTaskUnlock() { KernelLiteOS.services.taskUnlock() }

@c(LOS_TaskPriSet)
func losTaskPriSet(_ task: UInt32, _ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.taskPriSet(task, priority)
}

@c(LOS_CurTaskPriSet)
func losCurTaskPriSet(_ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.curTaskPriSet(priority)
}

@c(LOS_TaskPriGet)
func losTaskPriGet(_ task: UInt32) -> UInt16 { KernelLiteOS.services.taskPriGet(task) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskInfoGet)
func losTaskInfoGet(_ task: UInt32, _ info: UnsafeMutablePointer<TSK_INFO_S>?) -> UInt32 {
  unsafe KernelLiteOS.services.taskInfoGet(task, info)
}

@c(LOS_TaskCpuAffiSet)
func losTaskCpuAffiSet(_ task: UInt32, _ mask: UInt16) -> UInt32 {
  KernelLiteOS.services.taskCpuAffiSet(task, mask)
}

@c(LOS_TaskCpuAffiGet)
func losTaskCpuAffiGet(_ task: UInt32) -> UInt16 { KernelLiteOS.services.taskCpuAffiGet(task) }

@c(LOS_SetTaskScheduler)
func losSetTaskScheduler(_ task: Int32, _ policy: UInt16, _ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.setTaskScheduler(task, policy, priority)
}

@c(LOS_GetTaskScheduler)
func losGetTaskScheduler(_ task: Int32) -> Int32 { KernelLiteOS.services.getTaskScheduler(task) }

@c(LOS_GetSystemTaskMaximum)
func losGetSystemTaskMaximum() -> UInt32 { KernelLiteOS.services.taskCount }
