// SPDX-License-Identifier: Apache-2.0
// SAFETY: all of it is reached under the scheduler's lock; wait queues are parts of objects that are
// kept while tasks wait in them.
/// All tasks and what they are ready for or wait for: the part of the scheduler that decides.
///
/// It knows neither locks nor stacks: `Scheduler` holds the lock, asks, and switches. Everything that
/// waits goes through `beginWait` and `endWait`, whatever the object. A waiting task is given what
/// it waits for by whoever makes that possible, so that no task that runs later can snatch it away
/// and nobody has to try again. All of its functions are `mutating`, also those that only look: to lend
/// what holds inline arrays, the compiler may copy all of it to the stack.
@safe public struct TaskSet: ~Copyable {
  let tasks: TaskTable
  /// One for each CPU.
  var lanes = InlineArray<8, Lane> { _ in Lane() }
  /// More than one CPU runs.
  private(set) var isParallel = false
  /// CPUs that have something more urgent to run than what they do: they are interrupted before the
  /// lock is let go.
  var summoned: UInt32 = 0
  var timeouts: TimeoutHeap<TaskRecord>
  /// Ticks that were counted.
  var now: UInt64 = 0
  /// Switches to tasks that are no more.
  private var pastSwitches: UInt32 = 0
  /// Tasks of programs that have ended and whose stacks were not taken yet.
  var deadCount: UInt32 = 0
  /// CPUs of this machine.
  var cpus = CpuMask(rawValue: 1) {
    didSet { isParallel = cpus.rawValue & (cpus.rawValue &- 1) != 0 }  // Wrapping: it is not 0.
  }
  /// What the admitted tasks with a deadline may take of a CPU; see `DeadlineBudget.density`.
  var admittedDensity: UInt32 = 0

  /// Nothing is ready; `records` are initialised as free and outlive the scheduler.
  public init(records: UnsafeMutableBufferPointer<TaskRecord>) {
    unsafe tasks = TaskTable(records)
    timeouts = tasks.makeTimeouts()
  }

  /// Switches from one task to another, on all CPUs. Wraps.
  mutating func switches() -> UInt32 {
    var sum = pastSwitches
    for task in 0..<tasks.count { sum &+= tasks[task].switches }
    return sum
  }

  /// Makes a record as that of no task.
  mutating func discard(_ task: UInt32) {
    pastSwitches &+= tasks[task].switches
    tasks[task] = TaskRecord()
  }

  /// True when a task that may run on CPU `cpu` is more urgent than `running`.
  @inline(__always)
  mutating func isOvertaken(_ running: UInt32, on cpu: UInt32) -> Bool {
    guard let first = first(for: cpu) else { return false }
    return tasks[first].urgency < tasks[running].urgency
  }

  /// Stops `me`, the running task: it waits in `queue` until `endWait` or for `timeout`, which is
  /// not `noWait`. The caller switches to another task.
  mutating func beginWait(
    _ me: UInt32, _ kind: WaitKind, in queue: UnsafeMutablePointer<WaitQueue>, _ timeout: Timeout
  ) {
    beginWait(me, kind, timeout)
    unsafe tasks.enqueue(me, in: queue)
  }

  /// Stops `me` likewise, for what has no queue.
  mutating func beginWait(_ me: UInt32, _ kind: WaitKind, _ timeout: Timeout) {
    tasks[me].state = .blocked
    tasks[me].waitKind = kind
    tasks[me].isSliceOver = false
    if timeout != .forever { timeouts.insert(me, deadline: now + UInt64(word: timeout.rawValue)) }
  }

  /// Ends the wait of a blocked task. It is ready, or suspended if it was suspended meanwhile.
  mutating func endWait(_ task: UInt32, _ outcome: WaitOutcome) {
    stopWaiting(tasks.find(task), outcome)
    makeRunnable(task)
  }

  /// A blocked task waits no more; it stands in no queue and is not ready yet.
  @inline(__always)
  mutating func stopWaiting(_ task: TaskPlace, _ outcome: WaitOutcome) {
    let kind = task.record.waitKind
    if kind == .mutex || kind == .writing {
      leaveQueue(task.number)
    } else {
      tasks.dequeue(task)
    }
    if task.record.timeout.isSet { timeouts.remove(task.number) }
    task.record.outcome = outcome
    if task.record.policy == .deadline, kind != .period { renewBudget(of: task.number) }
  }

  /// Ends the waits of all in a queue.
  mutating func endAll(in queue: UnsafeMutablePointer<WaitQueue>, _ outcome: WaitOutcome) {
    while unsafe !queue.pointee.isEmpty { unsafe endWait(queue.pointee.first, outcome) }
  }

  /// Takes a blocked task out of its queue; who lent it urgency to a mutex's owner takes it back.
  mutating func leaveQueue(_ task: UInt32) {
    let mutex = unsafe mutexWaitedFor(by: task)
    let queue = unsafe tasks[task].waitQueue
    tasks.dequeue(task)
    if tasks[task].waitKind == .writing, let queue = unsafe queue {
      // Readers may have waited only because of it.
      unsafe ReadWriteLock.admit(in: queue, &self)
    }
    if let mutex = unsafe mutex, unsafe mutex.pointee.owner != TaskRecord.none {
      unsafe refreshUrgency(of: mutex.pointee.owner)
    }
  }

  /// A task that stands in no queue: behind the others of its urgency, or aside if it is suspended.
  mutating func makeRunnable(_ task: UInt32) {
    #if DEBUG
      Trace.woke(task)
    #endif
    if tasks[task].isSuspended {
      tasks[task].state = .suspended
      return
    }
    if isParallel {
      if tasks[task].isLeaving {
        tasks[task].isLeaving = false
        tasks[task].state = .running
        return
      }
      chooseLane(for: task)
    }
    tasks[task].state = .ready
    enqueue(task)
  }

  /// Whether `me` may wait at all.
  ///
  /// - Throws: `wouldBlock` for `noWait`, `preemptionLocked` when nobody else could run.
  mutating func checkMayWait(_ me: UInt32, _ timeout: Timeout) throws(WaitError) {
    guard timeout != .noWait else { throw .wouldBlock }
    guard tasks[me].preemptionLocks == 0 else { throw .preemptionLocked }
  }
}

/// Why a wait, or what would end one, failed; unless the case says so nothing has changed.
public enum WaitError: Error, Equatable {
  /// It is not to be had at once, and the caller would not wait.
  case wouldBlock
  /// The ticks ran out first.
  case timedOut
  /// What the task waited for was deleted.
  case deleted
  /// An interrupt has no task that could wait or own anything.
  case inInterrupt
  /// The task has switched preemption off, so that nobody could give it what it waits for.
  case preemptionLocked
  /// The task waits for itself, directly or through the owners of other mutexes.
  case deadlock
  /// Only the owner may do this.
  case notOwner
  /// It counts no further.
  case overflow
  /// An owner died, and the next one did not repair what the mutex guards.
  case notRecoverable
  /// An argument that means nothing: no event bits, a length that does not fit.
  case invalid
  /// Somebody holds it or waits for it.
  case busy
}
