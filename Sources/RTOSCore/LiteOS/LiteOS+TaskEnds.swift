// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call; a name is read under the task's number.
/// LiteOS' functions for the end of tasks and for information about them. Join and detach return
/// errno values.
extension LiteOS {
  /// `LOS_TaskJoin`: blocks until the task has ended and returns its result; 0 for a deleted task.
  public func taskJoin(_ task: UInt32, _ result: UnsafeMutablePointer<UInt>?) -> UInt32 {
    guard let task = known(task), !isThread(task) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    do throws(TaskError) {
      let left = try scheduler.join(task)
      unsafe result?.pointee = UInt(left)
      return LOS_OK
    } catch {
      switch error {
      case .deleted:
        unsafe result?.pointee = 0
        return LOS_OK
      case .deadlock: return LOS_EDEADLK
      case .inInterrupt: return LOS_EINTR
      default: return LOS_EINVAL
      }
    }
  }

  /// `LOS_TaskDetach`: makes a joinable task free its record by itself when it ends.
  public func taskDetach(_ task: UInt32) -> UInt32 {
    guard let task = known(task), !isThread(task) else { return LOS_EINVAL }
    guard !isInInterrupt else { return LOS_EINTR }
    return scheduler.withState { set in
      guard set.tasks.contains(task), set.tasks[task].joining != .detached else {
        return LOS_EINVAL
      }
      do throws(TaskError) {
        try set.detach(task)
        return LOS_OK
      } catch {
        return LOS_ESRCH  // Another task joins it.
      }
    }
  }

  /// `LOS_TaskPriGet`: the task's priority; 0xffff if there is no such task.
  public func taskPriGet(_ task: UInt32) -> UInt16 {
    info(of: task).map { UInt16($0.priority.rawValue) } ?? 0xffff
  }

  /// `LOS_TaskCpuAffiGet`: the task's affinity; 0 if there is no such task.
  public func taskCpuAffiGet(_ task: UInt32) -> UInt16 {
    info(of: task).map { UInt16(truncatingIfNeeded: $0.affinity.rawValue) } ?? 0
  }

  /// `LOS_GetTaskScheduler`: the task's policy; -`LOS_EINVAL` if there is no such task.
  public func getTaskScheduler(_ task: Int32) -> Int32 {
    guard let info = info(of: UInt32(bitPattern: task)) else { return -Int32(LOS_EINVAL) }
    return Int32(info.policy == .fifo ? LOS_SCHED_FIFO : LOS_SCHED_RR)
  }

  /// `LOS_SetTaskScheduler`: sets the task's policy and priority.
  public func setTaskScheduler(_ task: Int32, _ policy: UInt16, _ priority: UInt16) -> UInt32 {
    guard let number = UInt32(exactly: task), let task = known(number) else { return LOS_ESRCH }
    guard let priority = Self.priority(priority),
      policy == LOS_SCHED_FIFO || policy == LOS_SCHED_RR
    else { return LOS_EINVAL }
    guard isControllable(number) else { return LOS_EPERM }
    do throws(TaskError) {
      try scheduler.setPriority(priority, of: task)
      try scheduler.setPolicy(policy == LOS_SCHED_FIFO ? .fifo : .roundRobin, of: task)
      return LOS_OK
    } catch {
      return error == .systemTask ? LOS_EPERM : LOS_ESRCH
    }
  }

  /// `LOS_TaskInfoGet`: a task's state. The peak use of the stack is determined without a lock.
  public func taskInfoGet(_ task: UInt32, _ result: UnsafeMutablePointer<TSK_INFO_S>?) -> UInt32 {
    guard let result = unsafe CPointer(result) else { return LOS_ERRNO_TSK_PTR_NULL }
    guard let number = known(task) else { return LOS_ERRNO_TSK_ID_INVALID }
    guard let info = info(of: task) else { return LOS_ERRNO_TSK_NOT_CREATED }
    result.value = TSK_INFO_S()
    result.value.uwTaskID = task
    result.value.usTaskStatus = status(of: number, info)
    result.value.usTaskPrio = UInt16(info.priority.rawValue)
    result.value.uwStackSize = info.stackSize
    result.value.uwTopOfStack = info.stackBase
    result.value.uwBottomOfStack = info.stackBase + UInt(info.stackSize)
    let saved: (UInt, UInt32) = scheduler.withState { set in
      let stack = set.tasks[number].savedStack.bits
      guard set.tasks[number].state == .blocked, case .event(let wanted) = set.tasks[number].wait
      else { return (stack, 0) }
      return (stack, wanted.mask)
    }
    result.value.uwSP = saved.0
    result.value.uwEventMask = saved.1
    let bottom = info.stackBase + UInt(info.stackSize)
    if saved.0 >= info.stackBase, saved.0 <= bottom {
      result.value.uwCurrUsed = UInt32(bottom - saved.0)
    }
    do throws(TaskError) {
      let peak = try scheduler.peakStackUse(of: number) ?? 0
      result.value.uwPeakUsed = peak
      result.value.bOvf = peak > 0 && peak >= info.stackSize ? 1 : 0
    } catch {}  // The task has ended, so its peak use is unknown.
    if !isThread(number) {
      // SAFETY: the name is the first field of the structure, of the same size.
      unsafe result.object().object.pointee = state.tasks[number].name
    }
    return LOS_OK
  }

  private func status(of task: TaskNumber, _ info: TaskInfo) -> UInt16 {
    let suspended = info.isSuspended ? OS_TASK_STATUS_SUSPENDED : 0
    switch info.state {
    case .free: return 0
    case .ready: return UInt16(OS_TASK_STATUS_READY)
    case .running: return UInt16(OS_TASK_STATUS_RUNNING)
    case .suspended: return UInt16(suspended)
    case .exited: return UInt16(OS_TASK_STATUS_EXIT)
    case .blocked:
      let (isDelay, isTimed) = scheduler.withState { set in
        (set.tasks[task].wait.kind == .delay, set.tasks[task].timeout.isQueued)
      }
      let kind = isDelay ? OS_TASK_STATUS_DELAY : OS_TASK_STATUS_PENDING
      return UInt16(kind | suspended | (isTimed ? OS_TASK_STATUS_PENDTIME : 0))
    }
  }

  private func info(of task: UInt32) -> TaskInfo? {
    guard let task = known(task) else { return nil }
    do throws(TaskError) {
      return try scheduler.info(of: task)
    } catch {
      return nil
    }
  }
}
