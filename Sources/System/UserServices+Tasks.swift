// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import UserSpace
import VmRegion

// SAFETY: a task's owner word is the address of its thread, which never moves; a process record
// lives as long as it has a thread.
/// User threads as tasks of the scheduler.
extension UserServices {
  /// The number of the running task.
  public static var task: TaskNumber { A.system.scheduler.current }

  /// The thread of the running task.
  public static var thread: ThreadReference<UserServices> {
    @inline(__always) get {
      unsafe ThreadReference(
        at: A.Space.pointer(of: A.Context.runningOwner).assumingMemoryBound(
          to: Thread<UserServices>.self))
    }
  }

  /// The process of the running task.
  public static var process: ProcessReference<UserServices> {
    @inline(__always) get { unsafe thread.pointee.process.unsafelyUnwrapped }
  }

  /// The `CallArea` of a task that runs a user thread, which the entry code uses.
  public static func callArea(of task: TaskNumber) -> RecordReference<CallArea<UserServices>> {
    // SAFETY: the address has the layout of `port_call_area` and lives as long as the task's
    // stack.
    unsafe RecordReference(
      at: A.Space.callArea(of: task.rawValue).assumingMemoryBound(to: CallArea<UserServices>.self))
  }

  /// Blocks until `wake` is called for the running task or monotonic time reaches `deadline` (.max:
  /// never).
  @inline(never)
  public static func wait(until deadline: UInt64) {
    wait(until: deadline) { A.system.scheduler.block() }
  }

  /// Runs `block`, which is woken at `deadline`.
  @inline(__always)
  static func wait(until deadline: UInt64, _ block: () -> Void) {
    thread.pointee.realTimeTicks = 0
    guard deadline != .max else { return KernelEntry<A>.around(block) }
    guard A.system.ticks.timekeeper.monotonicNanoseconds() < deadline else { return }
    do {
      let handle = try A.system.ticks.schedule(
        at: deadline, slack: thread.pointee.timerSlack,
        token: TimeoutToken.task(task).rawValue)
      KernelEntry<A>.around(block)
      _ = A.system.ticks.cancel(handle)
    } catch {
      // Each task has a slot in the queue; should it ever be full, the wait polls at each tick.
      yield()
    }
  }

  /// Blocks until monotonic time reaches `deadline`, in nanoseconds since boot, or the thread is
  /// interrupted. Returns monotonic time then.
  @inline(never)
  public static func sleep(until deadline: UInt64) -> UInt64 {
    while true {
      let now = A.system.ticks.timekeeper.monotonicNanoseconds()
      guard now < deadline, !thread.pointee.isInterrupted else { return now }
      wait(until: deadline)
    }
  }

  /// Yields the CPU to other tasks of the same priority. A task with a deadline gives up the rest
  /// of its runtime, as on Linux.
  @inline(never)
  public static func yield() {
    guard thread.pointee.scheduling.policy != .deadline else {
      return KernelEntry<A>.around { A.system.scheduler.waitForNextPeriod() }
    }
    KernelEntry<A>.around { A.system.scheduler.yield() }
  }

  /// Acquires the kernel lock, alone or shared.
  @inline(__always)
  public static func enterKernel(alone: Bool) { KernelEntry<A>.enter(alone: alone) }

  /// Whether the running thread shares the kernel lock.
  public static var sharesKernel: Bool {
    @inline(__always) get { KernelEntry<A>.isShared }
  }

  /// Releases the kernel lock.
  public static func leaveKernel() { KernelEntry<A>.leave() }

  /// Switches to a task that is due to run, and lets a CPU that waits for the kernel lock have it.
  @inline(never)
  public static func preemptionPoint() {
    PreemptionWatch.cut(.point)
    if A.Context.isRescheduleDue { giveWay() }
    KernelEntry<A>.giveWay()
  }

  /// Switches to a task that is due to run. It is apart, because few preemption points come here.
  @inline(never)
  private static func giveWay() {
    KernelEntry<A>.around { A.system.scheduler.giveWay() }
    KernelTask<A>.sweep()  // A task that ended made the reschedule due.
  }

  /// Reclaims the resources of ended tasks.
  public static func reclaimTasks() { KernelTask<A>.sweep() }

  /// Wakes a blocked task.
  @inline(never)
  public static func wake(_ task: TaskNumber) { A.system.scheduler.wake(task) }

  /// Wakes a blocked task, to which the caller switches if it is more urgent.
  public static func wakeAndSwitch(_ task: TaskNumber) { A.system.scheduler.wakeAndSwitch(task) }

  /// Flags a task so that `Thread.doUserReturnWork` runs before it next returns to user mode, and
  /// wakes it.
  @inline(never)
  public static func requestUserReturnWork(_ task: TaskNumber) {
    A.system.scheduler.requestUserReturnWork(task)
  }

  /// Requests a call of `Processes.expireTimer(number)` when monotonic time reaches `deadline`, in
  /// nanoseconds.
  public static func scheduleTimer(_ number: UInt32, at deadline: UInt64) -> TimeoutHandle? {
    do {
      return try A.system.ticks.schedule(at: deadline, token: TimeoutToken.timer(number).rawValue)
    } catch {
      return nil
    }
  }

  /// Cancels the request of `scheduleTimer`.
  public static func cancelTimer(_ handle: TimeoutHandle) { _ = A.system.ticks.cancel(handle) }

  /// Sets whether each tick calls `Thread.noteTick` if it interrupts a user thread.
  public static func watchCPUTime(_ isWanted: Bool) {
    unsafe A.storage.pointee.watchesProcessorTime = isWanted
  }

  /// Creates a task with this scheduling, which does not run before `start`.
  public static func makeTask(
    _ frame: borrowing A.ABI.Registers, threadPointer: Word, _ scheduling: Scheduling
  ) throws(Errno) -> TaskNumber {
    KernelTask<A>.sweep()
    var registers = copy frame
    do throws(KernelTaskError) {
      let task = try KernelTask<A>.create(
        level(scheduling.policy, scheduling.priority),
        affinity: A.system.scheduler.affinity(of: Self.task)
      ) { top, _ in
        // SAFETY: the registers have the layout that the vectors store.
        unsafe withUnsafePointer(to: &registers) { pointer in
          unsafe A.Registers.prepareStack(
            top: top, frame: UnsafeRawPointer(pointer), threadPointer: threadPointer)
        }
      }
      attachThread(of: task)
      if scheduling.policy == .fifo {
        do throws(TaskError) {
          try A.system.scheduler.setPolicy(.fifo, of: task)
        } catch {}  // The task was made just now, so it exists.
      }
      // It has inherited its maker's.
      if scheduling.nice != thread.pointee.scheduling.nice { setNice(scheduling.nice, of: task) }
      return task
    } catch {
      throw error == .tableFull ? .tryAgain : .outOfMemory
    }
  }

  /// Starts to publish the CPU time and the CPU of `task` in its process's [vvar] page, which is
  /// written each time the task is switched in.
  public static func publishTimes(
    of process: ProcessReference<UserServices>, _ task: TaskNumber, thread: ThreadID
  ) { TaskClocks<A>.openProcessPage(of: process, task, thread: thread) }

  /// Stops publishing in the [vvar] page of `task`'s process.
  public static func stopPublishingTimes(of task: TaskNumber) {
    TaskClocks<A>.closeProcessPage(of: task)
  }

  /// Gives the task the address of its thread as owner word, and resets its CPU time.
  public static func attachThread(of task: TaskNumber) {
    TaskClocks<A>.reset(task)
    let thread = unsafe UnsafeMutableRawPointer(processes.thread(of: task).address)
    A.system.scheduler.setOwner(unsafe A.Space.word(of: thread), of: task)
  }

  /// The scheduler's level of a policy and its priority.
  private static func level(_ policy: SchedulingPolicy, _ priority: UInt8) -> Urgency {
    switch policy {
    case .fifo, .roundRobin: Urgency(realTime: priority)
    case .idle: .background
    case .other, .batch, .deadline: .fair
    }
  }

  /// Sets how a task is scheduled.
  public static func schedule(_ task: TaskNumber, _ scheduling: Scheduling) throws(Errno) {
    var isAdmitted = true
    KernelEntry<A>.around {
      do throws(TaskError) {
        if scheduling.policy == .deadline {
          guard let budget = budget(scheduling.times) else { throw .notAdmitted }
          try A.system.scheduler.setBudget(budget, of: task)
        } else {
          A.system.scheduler.setNice(scheduling.nice, of: task)
          try A.system.scheduler.schedule(
            task, scheduling.policy == .fifo ? .fifo : .roundRobin,
            at: level(scheduling.policy, scheduling.priority))
        }
      } catch {
        isAdmitted = error != .notAdmitted  // The task may have ended meanwhile.
      }
    }
    guard isAdmitted else { throw .busy }
  }

  /// Sets the nice value of a task.
  public static func setNice(_ nice: Nice, of task: TaskNumber) {
    A.system.scheduler.setNice(nice, of: task)
  }

  /// A guarantee in ticks: never less runtime, nor later, than in nanoseconds. nil if a tick is too
  /// long for it.
  private static func budget(_ times: DeadlineTimes) -> DeadlineBudget? {
    let tick = resolution(.monotonicCoarse).totalNanoseconds ?? 1
    return DeadlineBudget(
      runtime: UInt32((times.runtime + tick - 1) / tick), deadline: UInt32(times.deadline / tick),
      period: UInt32(times.period / tick))
  }

  /// What the scheduler knows of a task; nil if there is none.
  public static func info(of task: TaskNumber) -> TaskInfo? {
    do throws(TaskError) { return try A.system.scheduler.info(of: task) } catch { return nil }
  }

  /// Restricts a task to the CPUs in `mask`, at least one of which must run.
  public static func setAffinity(_ mask: CpuMask, of task: TaskNumber) {
    KernelEntry<A>.around {
      do throws(TaskError) {
        try A.system.scheduler.setAffinity(mask, of: task)
      } catch {}  // The task has ended meanwhile.
    }
  }

  /// Frees a task that was never started.
  public static func freeTask(_ task: TaskNumber) {
    KernelTask<A>.free(task)
  }

  /// Makes a new task ready, as a thread of `process`.
  public static func start(_ task: TaskNumber, in process: ProcessReference<UserServices>) {
    A.system.scheduler.setAddressSpace(encoding(of: process), of: task)
    A.system.scheduler.wake(task)
  }

  /// Ends the running task.
  public static func endTask() {
    // The next holder of the kernel lock may free this address space.
    if KernelEntry<A>.isHeld { activate(nil) }
    A.system.scheduler.exitAndWait()
  }

  /// Makes an empty translation table.
  public static func makeTable(_ pool: FramePool<A.CPU, A.Memory>) throws(MemoryError) -> A.Table {
    try A.Table.make(in: pool)
  }

  /// Switches the running task to the address space of `process`, or to none for nil.
  public static func activate(_ process: ProcessReference<UserServices>?) {
    let space = process.map { encoding(of: $0) } ?? 0
    A.system.scheduler.setAddressSpace(space, of: A.system.scheduler.current)
  }

  /// The address space of a process in the port's encoding. Table and identifier keep their
  /// addresses until no task has them active.
  private static func encoding(
    of process: ProcessReference<UserServices>
  ) -> UInt64 {
    process.pointee.space.table.encode()
  }

  /// Clears the running task's registers that are not in a trap frame, for a new program: the
  /// floating-point registers and the thread pointer.
  public static func resetRegisters() { A.Registers.reset() }

  // SAFETY: for both functions, the caller passes a state of the ABI.
  /// Stores the floating-point registers of the running task.
  public static func storeFloats(to state: UnsafeMutablePointer<A.ABI.FloatState>) {
    unsafe A.Registers.storeFloats(to: UnsafeMutableRawPointer(state))
  }

  /// Loads the floating-point registers of the running task, whose control register must be valid
  /// for a program.
  public static func loadFloats(from state: UnsafePointer<A.ABI.FloatState>) {
    unsafe A.Registers.loadFloats(from: UnsafeRawPointer(state))
  }

  /// The running task's thread pointer register.
  public static var threadPointer: Word { A.Registers.threadPointer }

  /// Sets the running task's thread pointer register.
  public static func setThreadPointer(_ value: Word) { A.Registers.setThreadPointer(value) }

  /// The number of context switches since boot.
  public static var contextSwitches: UInt32 { A.system.scheduler.switchCount }
}
