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

/// Ends the suspension of a task. Callable from any context.
@c(LOS_TaskResume)
func losTaskResume(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskResume(task) }

/// Suspends a task until `LOS_TaskResume`. An interrupt cannot suspend the running task.
@c(LOS_TaskSuspend)
func losTaskSuspend(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskSuspend(task) }

/// Deletes a task. For a task that has ended unjoined, it frees the record.
@c(LOS_TaskDelete)
func losTaskDelete(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskDelete(task) }

/// Blocks the calling task for `ticks` ticks.
@c(LOS_TaskDelay)
func losTaskDelay(_ ticks: UInt32) -> UInt32 { KernelLiteOS.services.taskDelay(ticks) }

/// Moves the calling task behind all ready tasks of its urgency.
@c(LOS_TaskYield)
func losTaskYield() -> UInt32 { KernelLiteOS.services.taskYield() }

/// The number of the running task.
@c(LOS_CurTaskIDGet)
func losCurTaskIDGet() -> UInt32 { KernelArchitecture.system.scheduler.current.rawValue }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskJoin)
func losTaskJoin(_ task: UInt32, _ result: UnsafeMutablePointer<UInt>?) -> UInt32 {
  unsafe KernelLiteOS.services.taskJoin(task, result)
}

/// Makes a joinable task free its record by itself when it ends.
@c(LOS_TaskDetach)
func losTaskDetach(_ task: UInt32) -> UInt32 { KernelLiteOS.services.taskDetach(task) }

/// Disables preemption until the matching `LOS_TaskUnlock`; calls nest.
@c(LOS_TaskLock)
func losTaskLock() { KernelLiteOS.services.taskLock() }

/// Enables preemption again, with the call that matches the first `LOS_TaskLock`.
@c(LOS_TaskUnlock)
func losTaskUnlock() { KernelLiteOS.services.taskUnlock() }

/// Sets the priority of a task: 0 is the most urgent, 31 the least.
@c(LOS_TaskPriSet)
func losTaskPriSet(_ task: UInt32, _ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.taskPriSet(task, priority)
}

/// Sets the priority of the running task: 0 is the most urgent, 31 the least.
@c(LOS_CurTaskPriSet)
func losCurTaskPriSet(_ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.curTaskPriSet(priority)
}

/// The priority of a task; 0xffff for a number without a task.
@c(LOS_TaskPriGet)
func losTaskPriGet(_ task: UInt32) -> UInt16 { KernelLiteOS.services.taskPriGet(task) }

// SAFETY: the C caller vouches for its pointers; the service checks what can be checked.
@c(LOS_TaskInfoGet)
func losTaskInfoGet(_ task: UInt32, _ info: UnsafeMutablePointer<TSK_INFO_S>?) -> UInt32 {
  unsafe KernelLiteOS.services.taskInfoGet(task, info)
}

/// Sets the CPUs on which a task may run, a bit for each.
@c(LOS_TaskCpuAffiSet)
func losTaskCpuAffiSet(_ task: UInt32, _ mask: UInt16) -> UInt32 {
  KernelLiteOS.services.taskCpuAffiSet(task, mask)
}

/// The CPUs on which a task may run, a bit for each; 0 for a number without a task.
@c(LOS_TaskCpuAffiGet)
func losTaskCpuAffiGet(_ task: UInt32) -> UInt16 { KernelLiteOS.services.taskCpuAffiGet(task) }

/// Sets the policy (LOS_SCHED_RR or LOS_SCHED_FIFO) and the priority of a task.
@c(LOS_SetTaskScheduler)
func losSetTaskScheduler(_ task: Int32, _ policy: UInt16, _ priority: UInt16) -> UInt32 {
  KernelLiteOS.services.setTaskScheduler(task, policy, priority)
}

/// The policy of a task; -`LOS_EINVAL` for a number without a task.
@c(LOS_GetTaskScheduler)
func losGetTaskScheduler(_ task: Int32) -> Int32 { KernelLiteOS.services.getTaskScheduler(task) }

/// How many tasks there can be at once.
@c(LOS_GetSystemTaskMaximum)
func losGetSystemTaskMaximum() -> UInt32 { KernelLiteOS.services.taskCount }
