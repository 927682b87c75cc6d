// SPDX-License-Identifier: Apache-2.0
// SAFETY: the records outlive the scheduler; all of it is accessed under the scheduler's lock.
/// All tasks, their run queues and their waits: the part of the scheduler that decides.
///
/// It knows neither locks nor stacks: `Scheduler` acquires the lock, calls it, and switches. Every
/// wait goes through `beginWait` and `endWait`, whatever the object. A waiter receives what it
/// waits for from the task or interrupt that makes it available. So no task that runs later can
/// take it first, and no waiter has to retry. All functions are `mutating`, queries included: to
/// borrow a value that contains inline arrays, the compiler may copy it to the stack.
@safe public struct TaskSet: ~Copyable {
  let tasks: TaskTable
  /// The run queues, one for each CPU.
  let runQueues: PermanentTable<UInt32, RunQueue>
  /// True when more than one CPU runs.
  private(set) var isParallel = false
  /// CPUs that have a more urgent task to run than their current one. They get a reschedule IPI
  /// before the lock is released.
  var rescheduleTargets = CpuMask.none
  var timeouts: TimeoutHeap<TaskRecord>
  /// Ticks counted since boot.
  var now: UInt64 = 0
  /// Switches to tasks whose records were freed.
  private var pastSwitches: UInt32 = 0
  /// User threads that have ended and were not reclaimed yet.
  var deadCount: UInt32 = 0
  /// The CPUs that run tasks.
  var cpus = CpuMask(cpu: 0) {
    didSet { isParallel = cpus.rawValue & (cpus.rawValue &- 1) != 0 }  // Wrapping: it is not 0.
  }
  /// How CPU time becomes virtual time.
  let fairClock: FairClock
  /// The shortest turn of a task that shares fairly, in ticks.
  let turnTicks: UInt32
  /// A program looks at what the scheduler knows (`TurnRecord`).
  var isPublished = false
  /// The load of the machine.
  var load: LoadAverage
  /// The sum of the admitted tasks' `DeadlineBudget.density`.
  var admittedDensity: UInt32 = 0

  /// Creates a set without tasks. `records` are initialised as free, and a run queue is
  /// initialised for each CPU (`PerCPU`); both outlive the scheduler. `frequency` is that of the
  /// counter in Hz, `tickFrequency` that of the tick.
  public init(
    records: UnsafeMutableBufferPointer<TaskRecord>,
    runQueues queues: UnsafeMutableBufferPointer<RunQueue>, frequency: UInt32,
    tickFrequency: UInt32 = 100
  ) {
    unsafe tasks = TaskTable(records)
    unsafe runQueues = PermanentTable(queues)
    fairClock = FairClock(frequency: frequency)
    turnTicks = tickFrequency / FairClock.turnsPerSecond + 1
    load = LoadAverage(tickFrequency: tickFrequency)
    timeouts = tasks.makeTimeouts()
  }

  /// Returns the number of context switches on all CPUs. It wraps.
  mutating func switches() -> UInt32 {
    var sum = pastSwitches
    for task in 0..<tasks.count { sum &+= tasks[TaskNumber(rawValue: task)].switches }
    return sum
  }

  /// Frees a record; its switches stay counted.
  mutating func freeRecord(_ task: TaskNumber) {
    pastSwitches &+= tasks[task].switches
    tasks[task] = TaskRecord()
  }

  /// True when a task that may run on CPU `cpu` is more urgent than `running`.
  @inline(__always)
  mutating func isMoreUrgentReady(_ running: TaskNumber, on cpu: UInt32) -> Bool {
    guard let first = first(for: cpu) else { return false }
    return tasks[first].urgency < tasks[running].urgency
  }

  /// Blocks `me`, the running task: it waits in `queue` until `endWait` or until `timeout`, which
  /// is not `noWait`, expires. The caller switches to another task.
  mutating func beginWait(
    _ me: TaskNumber, _ wait: Wait, in queue: ObjectHandle<WaitQueue>, _ timeout: Timeout
  ) {
    beginWait(me, wait, timeout)
    enqueue(me, in: queue)
  }

  /// Blocks `me`, the running task, without a wait queue, until `endWait` or until `timeout`, which
  /// is not `noWait`, expires. The caller switches to another task.
  mutating func beginWait(_ me: TaskNumber, _ wait: Wait, _ timeout: Timeout) {
    tasks[me].state = .blocked
    tasks[me].wait = wait
    tasks[me].isSliceOver = false
    if timeout != .forever {
      timeouts.insert(me.rawValue, deadline: now + UInt64(word: timeout.rawValue))
    }
  }

  /// Ends the wait of a blocked task. It becomes ready, or suspended if it was suspended meanwhile.
  @inline(never)
  mutating func endWait(_ task: TaskNumber, _ outcome: WaitOutcome) {
    let woken = tasks.find(task)
    dequeueWaiter(woken, outcome)
    makeReady(woken)
  }

  /// Removes a blocked task from its wait queue and cancels its timeout; it is not ready yet.
  @inline(__always)
  mutating func dequeueWaiter(_ task: TaskReference, _ outcome: WaitOutcome) {
    switch task.record.wait {
    case .mutex, .proxy, .writing: leaveQueue(task.number)
    default: dequeue(task)
    }
    endUnqueuedWait(task, outcome)
  }

  /// Ends the wait of a blocked task that is in no wait queue; it is not ready yet.
  @inline(__always)
  mutating func endUnqueuedWait(_ task: TaskReference, _ outcome: WaitOutcome) {
    if task.record.timeout.isQueued { timeouts.remove(task.number.rawValue) }
    task.record.outcome = outcome
    if task.record.policy == .deadline { renewBudget(of: task.number) }
  }

  /// Ends the waits of all tasks in a queue.
  mutating func endAll(in queue: ObjectHandle<WaitQueue>, _ outcome: WaitOutcome) {
    while !self[queue].isEmpty { endWait(self[queue].first, outcome) }
  }

  /// Removes a blocked task from its wait queue. If it waited for a mutex, the owner no longer
  /// inherits its urgency.
  mutating func leaveQueue(_ task: TaskNumber) {
    let mutex = mutexWaitedFor(by: task)
    let isQueued = tasks[task].waitQueue != nil
    dequeue(task)
    // Readers may have waited only because of this writer.
    if isQueued, case .writing(let lock) = tasks[task].wait { admit(to: lock) }
    if let mutex, self[mutex].owner != TaskRecord.none {
      refreshUrgency(of: self[mutex].owner)
    }
  }

  /// Makes a task that is in no queue ready, or suspended if it was suspended meanwhile. It is queued
  /// after the others of its urgency; with `isFirst`, before those of its virtual time.
  @inline(never)
  mutating func makeReady(_ task: TaskReference, isFirst: Bool = false) {
    #if DEBUG
      Trace.woke(task.number)
    #endif
    guard task.record.stop != .suspended else { return task.record.state = .suspended }
    if isParallel { chooseRunQueue(for: task.number) }
    task.record.state = .ready
    if task.record.urgency.isFair {
      task.record.share.charge(upTo: task.record.cpuTime)
      runQueues[task.record.cpu].ready.appendFair(task, in: tasks, isFirst: isFirst)
    } else {
      enqueue(task.number)
    }
  }

  /// Checks that `me` may block.
  ///
  /// - Throws: `wouldBlock` for `noWait`; `preemptionLocked` when no other task could run.
  mutating func checkMayBlock(_ me: TaskNumber, _ timeout: Timeout) throws(WaitError) {
    guard timeout != .noWait else { throw .wouldBlock }
    guard tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
  }
}

/// Why an operation on an object failed; a failed operation changed nothing, unless the case says
/// so.
public enum WaitError: Error, Equatable {
  /// The object is not available at once, and the caller does not wait.
  case wouldBlock
  /// The timeout expired first.
  case timedOut
  /// The object was deleted during the wait.
  case deleted
  /// The caller is an interrupt handler, which can neither block nor own an object.
  case inInterrupt
  /// The task has locked preemption, so that no other task could make the object available.
  case preemptionLocked
  /// The task would wait for itself, directly or through the owners of other mutexes.
  case deadlock
  /// The caller is not the owner.
  case notOwner
  /// The count is at its maximum.
  case overflow
  /// An owner died, and the next one did not repair what the mutex protects.
  case notRecoverable
  /// An argument is invalid: no event bits, or a length that does not fit.
  case invalid
  /// A task holds the object or waits for it.
  case busy
}
