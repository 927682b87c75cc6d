// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call. A task's slot is written before the task
// runs, when only its creator has the number.
/// LiteOS' task functions.
extension LiteOS {
  /// `LOS_TaskCreateOnly`: makes a task that is suspended until `LOS_TaskResume`.
  public func taskCreateOnly(
    _ number: UnsafeMutablePointer<UInt32>?, _ wanted: UnsafePointer<TSK_INIT_PARAM_S>?
  ) -> UInt32 {
    guard let number = unsafe CPointer(number) else { return LOS_ERRNO_TSK_ID_INVALID }
    guard let wanted = unsafe CPointer(wanted) else { return LOS_ERRNO_TSK_PTR_NULL }
    guard let name = unsafe wanted.value.pcName else { return LOS_ERRNO_TSK_NAME_EMPTY }
    guard let entry = unsafe wanted.value.pfnTaskEntry else { return LOS_ERRNO_TSK_ENTRY_NULL }
    guard let priority = unsafe Self.priority(wanted.value.usTaskPrio) else {
      return LOS_ERRNO_TSK_PRIOR_ERROR
    }
    let size = unsafe wanted.value.uwStackSize
    guard size <= Platform.stackSize else { return LOS_ERRNO_TSK_STKSZ_TOO_LARGE }
    guard size == 0 || Int(size) >= LOS_TASK_MIN_STACK_SIZE else {
      return LOS_ERRNO_TSK_STKSZ_TOO_SMALL
    }
    let mask = unsafe UInt32(wanted.value.usCpuAffiMask)
    switch Platform.makeTask(priority) {
    case .tableFull: return LOS_ERRNO_TSK_TCB_UNAVAILABLE
    case .noMemory: return LOS_ERRNO_TSK_NO_MEMORY
    case .made(let task):
      var slot = LiteOSTaskSlot()
      unsafe slot.entry = entry
      unsafe slot.arguments = wanted.value.auwArgs
      unsafe slot.setName(name)
      state.tasks[task] = slot
      let isFifo = unsafe Int(wanted.value.policy) == LOS_SCHED_FIFO
      let isJoinable = unsafe wanted.value.uwResved & LOS_TASK_ATTR_JOINABLE != 0
      let cpus = mask == 0 ? .all : CpuMask(rawValue: mask)
      suspendNew(task, isFifo: isFifo, isJoinable: isJoinable, on: cpus)
      number.value = task.rawValue
      return LOS_OK
    }
  }

  /// Suspends a new task, which until now waits for a wake in `block`.
  private func suspendNew(_ task: TaskNumber, isFifo: Bool, isJoinable: Bool, on cpus: CpuMask) {
    scheduler.withState { set in
      set.setPolicy(isFifo ? .fifo : .roundRobin, of: task)
      set.tasks[task].joining = isJoinable ? .joinable : .detached
      set.tasks[task].affinity = cpus
      set.tasks[task].stop = .suspended
      set.endWait(task, .satisfied)
    }
  }

  /// `LOS_TaskCreate`: makes a task and makes it ready.
  public func taskCreate(
    _ number: UnsafeMutablePointer<UInt32>?, _ wanted: UnsafePointer<TSK_INIT_PARAM_S>?
  ) -> UInt32 {
    guard unsafe wanted != nil else { return LOS_ERRNO_TSK_PTR_NULL }
    guard !isInInterrupt else { return LOS_ERRNO_TSK_YIELD_IN_INT }
    let code = unsafe taskCreateOnly(number, wanted)
    guard code == LOS_OK, let number = unsafe CPointer(number) else { return code }
    return taskResume(number.value)
  }

  /// The first function of every LiteOS task: runs its entry, then ends it. The platform's task
  /// entry calls it with the scheduler's lock held, since the context switch does not release it.
  public func run(_ task: TaskNumber) -> Never {
    scheduler.didStart()
    Platform.enableInterrupts()
    let (a, b, c, d) = state.tasks[task].arguments
    let result = unsafe state.tasks[task].entry?(a, b, c, d)
    scheduler.exit(UInt32(truncatingIfNeeded: UInt(bitPattern: result)))
  }

  /// `LOS_TaskResume`: ends a suspension. Callable from any context.
  public func taskResume(_ task: UInt32) -> UInt32 {
    act(on: task) { (task) throws(TaskError) in try scheduler.resume(task) }
  }

  /// `LOS_TaskSuspend`: suspends a task. An interrupt cannot suspend the running task.
  public func taskSuspend(_ task: UInt32) -> UInt32 {
    guard isControllable(task) else { return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK }
    return act(on: task, locked: LOS_ERRNO_TSK_SUSPEND_LOCKED) { (task) throws(TaskError) in
      try scheduler.suspend(task)
    }
  }

  /// `LOS_TaskDelete`: deletes a task. For a task that has ended unjoined, it frees the record.
  public func taskDelete(_ task: UInt32) -> UInt32 {
    guard task < taskCount else { return LOS_ERRNO_TSK_ID_INVALID }
    guard !isInInterrupt else { return LOS_ERRNO_TSK_YIELD_IN_INT }
    guard isControllable(task) else { return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK }
    return act(on: task, locked: LOS_ERRNO_TSK_DELETE_LOCKED) { (task) throws(TaskError) in
      do throws(TaskError) {
        try scheduler.delete(task)
      } catch {
        guard error == .exited else { throw error }
        try scheduler.detach(task)
      }
    }
  }

  /// `LOS_TaskDelay`: blocks for a number of ticks.
  public func taskDelay(_ ticks: UInt32) -> UInt32 {
    guard !isInInterrupt else { return LOS_ERRNO_TSK_DELAY_IN_INT }
    guard !isSystemTask else { return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK }
    return act(on: scheduler.current.rawValue, locked: LOS_ERRNO_TSK_DELAY_IN_LOCK) {
      (_) throws(TaskError) in try scheduler.delay(ticks: ticks)
    }
  }

  /// `LOS_TaskYield`: moves the caller after all ready tasks of its urgency.
  @inline(__always)
  public func taskYield() -> UInt32 {
    guard !isInInterrupt else { return LOS_ERRNO_TSK_YIELD_IN_INT }
    guard scheduler.yieldUnlessLocked() else { return LOS_ERRNO_TSK_YIELD_IN_LOCK }
    return LOS_OK
  }

  /// `LOS_TaskLock`: disables preemption; calls nest.
  public func taskLock() { scheduler.lockPreemption() }

  /// `LOS_TaskUnlock`: undoes one `LOS_TaskLock`.
  public func taskUnlock() { scheduler.unlockPreemption() }

  /// `LOS_TaskPriSet`: sets a task's priority.
  public func taskPriSet(_ task: UInt32, _ priority: UInt16) -> UInt32 {
    guard let priority = Self.priority(priority) else { return LOS_ERRNO_TSK_PRIOR_ERROR }
    guard isControllable(task) else { return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK }
    return act(on: task) { (task) throws(TaskError) in
      try scheduler.setPriority(priority, of: task)
    }
  }

  /// `LOS_CurTaskPriSet`: sets the caller's priority.
  public func curTaskPriSet(_ priority: UInt16) -> UInt32 {
    taskPriSet(scheduler.current.rawValue, priority)
  }

  /// `LOS_TaskCpuAffiSet`: sets the CPUs on which a task may run.
  public func taskCpuAffiSet(_ task: UInt32, _ mask: UInt16) -> UInt32 {
    guard isControllable(task) else { return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK }
    return act(on: task) { (task) throws(TaskError) in
      try scheduler.setAffinity(CpuMask(rawValue: UInt32(mask)), of: task)
    }
  }

  /// The number of task records.
  public var taskCount: UInt32 { state.tasks.count }

  /// The task of a number from C code; nil if the number is invalid.
  @inline(__always)
  func known(_ task: UInt32) -> TaskNumber? {
    task < taskCount ? TaskNumber(rawValue: task) : nil
  }

  /// A LiteOS priority, 0 to 31; nil if it is out of range.
  static func priority(_ value: UInt16) -> Priority? {
    UInt8(exactly: value).flatMap { Priority(rawValue: $0) }
  }

  /// False for a system task of the kernel and for a program's thread; true for an invalid number.
  func isControllable(_ task: UInt32) -> Bool {
    guard let task = known(task) else { return true }
    return !state.tasks[task].isSystem && !isThread(task)
  }

  /// True for a program's thread, whose slot is that of an earlier task.
  func isThread(_ task: TaskNumber) -> Bool {
    // Without the lock: a thread gets its owner, one word, before it can run.
    scheduler.contents.tasks[task].owner != 0
  }

  /// Runs an operation on a task and returns its LiteOS code. `locked` is the code for a switch
  /// that is impossible now.
  private func act(
    on task: UInt32, locked: UInt32 = LOS_NOK, _ body: (TaskNumber) throws(TaskError) -> Void
  ) -> UInt32 {
    guard let task = known(task) else { return LOS_ERRNO_TSK_ID_INVALID }
    do throws(TaskError) {
      try body(task)
      return LOS_OK
    } catch {
      switch error {
      case .alreadySuspended: return LOS_ERRNO_TSK_ALREADY_SUSPENDED
      case .notSuspended: return LOS_ERRNO_TSK_NOT_SUSPENDED
      case .systemTask: return LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK
      case .preemptionLocked, .inInterrupt: return locked
      case .noCpu: return LOS_ERRNO_TSK_CPU_AFFINITY_MASK_ERR
      default: return LOS_ERRNO_TSK_NOT_CREATED
      }
    }
  }
}

extension LiteOSTaskSlot {
  // SAFETY: the name ends with a NUL.
  /// Stores the name, cut to 31 characters.
  fileprivate mutating func setName(_ text: UnsafePointer<CChar>) {
    var place = 0
    while place < 31, unsafe text[place] != 0 {
      name[place] = unsafe text[place]
      place += 1
    }
  }
}
