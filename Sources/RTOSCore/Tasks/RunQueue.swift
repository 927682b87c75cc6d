// SPDX-License-Identifier: Apache-2.0
/// The per-CPU run queue. The scheduler's lock protects all of them.
public struct RunQueue: ~Copyable {
  /// The ready tasks queued on this CPU. Most of them run here; a CPU with less urgent work may
  /// pull one if its affinity allows that.
  var ready = ReadyQueues()
  /// The task that the CPU runs, kept on a multiprocessor; `none` for an absent CPU.
  var running = TaskRecord.none
  /// The tick up to which elapsed ticks were charged to tasks of this CPU.
  var charged: UInt64 = 0
  /// The CPU's idle task, and the ticks of the others that it ran.
  var idle = TaskRecord.none
  var ticks = ProcessorTicks()

  /// A queue without tasks.
  public init() {}
}

/// Load balancing on a multiprocessor: which CPU runs which task.
///
/// A task that becomes ready is queued on the CPU that runs the least urgent task (push), and that
/// CPU gets a reschedule IPI. A CPU that chooses its next task takes a more urgent one from another
/// CPU's run queue (pull), or an equally urgent one when a slice ends. So no CPU idles or runs a
/// less urgent task while a task that may run there is ready. Tasks of one priority take turns on
/// all CPUs.
extension TaskSet {
  /// Returns the most urgent task that CPU `cpu` may run.
  @inline(__always)
  mutating func first(for cpu: UInt32) -> TaskNumber? {
    isParallel
      ? firstAcross(cpu, atMost: .least) : runQueues[cpu].ready.first(on: cpu, in: tasks)
  }

  /// Removes and returns the most urgent task that CPU `cpu` may run.
  @inline(__always)
  mutating func takeFirst(for cpu: UInt32) -> TaskNumber? {
    if isParallel { return takeAcross(cpu) }
    return runQueues[cpu].ready.takeFirst(on: cpu, in: tasks) ?? takeSpecial(cpu)
  }

  /// `takeFirst` on one CPU, if a task has a deadline or shares fairly, or must not run there.
  @inline(never)
  private mutating func takeSpecial(_ cpu: UInt32) -> TaskNumber? {
    if let task = runQueues[cpu].ready.takeFirstFair(on: cpu, in: tasks) { return task }
    guard let task = runQueues[cpu].ready.first(on: cpu, in: tasks) else { return nil }
    unqueueCold(task)
    if tasks[task].urgency.isFair { beginTurn(of: task, on: cpu) }
    return task
  }

  /// Removes and returns the most urgent task that CPU `cpu` may run, from the run queues of all
  /// CPUs. It becomes the running task of that CPU.
  @inline(never)
  private mutating func takeAcross(_ cpu: UInt32) -> TaskNumber? {
    guard let task = firstAcross(cpu, atMost: .least) else { return nil }
    // Charge the outgoing task for a tick that another CPU counted; the next task must not pay for
    // it.
    let elapsed = takeUncharged(on: cpu)
    if elapsed > 0, runQueues[cpu].running != TaskRecord.none {
      _ = charge(elapsed, to: runQueues[cpu].running)
    }
    unqueueCold(task)
    let isPulled = tasks[task].cpu != cpu
    tasks[task].cpu = cpu
    if tasks[task].urgency.isFair { beginTurn(of: task, on: cpu, isPulled: isPulled) }
    runQueues[cpu].running = task
    // The task that would have run here may now run sooner on another CPU.
    if isPulled, let left = runQueues[cpu].ready.first(on: cpu, in: tasks), !tasks[left].isIdle {
      unqueueCold(left)
      chooseRunQueue(for: left)
      enqueueCold(left)
    }
    return task
  }

  /// Returns the most urgent task for CPU `cpu` that is at least as urgent as `limit`. A task of
  /// another CPU's run queue is chosen only if it is more urgent than the own first one, or if both
  /// share fairly and its virtual time is more than a bucket earlier.
  @inline(never)
  mutating func firstAcross(_ cpu: UInt32, atMost limit: Urgency) -> TaskNumber? {
    var best = runQueues[cpu].ready.first(on: cpu, in: tasks)
    if let task = best, limit < tasks[task].urgency { best = nil }
    var rest = cpus
    rest.remove(cpu)
    while let other = rest.removeFirst() {
      let urgency = runQueues[other].ready.mostUrgent(in: tasks)
      if let task = best {
        guard urgency <= tasks[task].urgency else { continue }
      }
      guard urgency <= limit, let task = runQueues[other].ready.first(on: cpu, in: tasks),
        tasks[task].urgency <= limit
      else { continue }
      if let best, !isAhead(task, of: best) { continue }
      best = task
    }
    return best
  }

  /// True if `task` of another CPU is to run before `best`: it is more urgent, or both share fairly
  /// and its virtual time is more than a bucket earlier.
  private mutating func isAhead(_ task: TaskNumber, of best: TaskNumber) -> Bool {
    let (one, other) = (tasks[task].urgency, tasks[best].urgency)
    guard one.isFair, other.isFair else { return one < other }
    return tasks[task].share.time.advanced(by: 1) < tasks[best].share.time
  }

  /// Advances the virtual time of CPU `cpu`, which continues with `task`, a task that shares fairly
  /// and was removed from a run queue just now. A task of another CPU is not behind the own ones by
  /// more than one that slept.
  @inline(never)
  private mutating func beginTurn(of task: TaskNumber, on cpu: UInt32, isPulled: Bool = false) {
    if isPulled {
      tasks[task].share.time = max(tasks[task].share.time, runQueues[cpu].ready.fair.earliest)
    }
    if runQueues[cpu].ready.fair.isEmpty || !isPulled {
      runQueues[cpu].ready.fair.beginTurn(of: tasks.find(task))
    }
  }

  /// Appends a ready task to the others of its urgency in the run queue of its CPU.
  @inline(__always)
  mutating func enqueue(_ task: TaskNumber) {
    runQueues[tasks[task].cpu].ready.append(task, in: tasks)
  }

  /// `enqueue`, out of line for cold paths.
  @inline(never)
  mutating func enqueueCold(_ task: TaskNumber) { enqueue(task) }

  /// `unqueue`, out of line for cold paths.
  @inline(never)
  mutating func unqueueCold(_ task: TaskNumber) { unqueue(task) }

  /// Inserts a ready task before all others of its urgency.
  @inline(never)
  mutating func enqueueFirst(_ task: TaskNumber) {
    runQueues[tasks[task].cpu].ready.prepend(tasks.find(task), in: tasks)
  }

  /// Removes a ready task from its run queue.
  @inline(__always)
  mutating func unqueue(_ task: TaskNumber) {
    runQueues[tasks[task].cpu].ready.remove(task, in: tasks)
  }

  /// Chooses the CPU of a task that is about to be queued. If the CPU with the least urgent work is
  /// less urgent than the task, that CPU is chosen and marked for a reschedule IPI. Otherwise the
  /// task stays on its last CPU, if its affinity allows that.
  @inline(never)
  mutating func chooseRunQueue(for task: TaskNumber) {
    let allowed = tasks[task].affinity.intersection(cpus)
    let last = tasks[task].cpu
    var chosen = last
    var least = Urgency(rawValue: 0)
    var rest = allowed
    while let cpu = rest.removeFirst() {
      let work = work(of: cpu)
      guard least < work || work == least && cpu == last else { continue }
      (chosen, least) = (cpu, work)
    }
    if tasks[task].urgency < least {
      rescheduleTargets.insert(chosen)
    } else if allowed.contains(last) {
      chosen = last
    }
    tasks[task].cpu = chosen
  }

  /// Returns the urgency of the work of CPU `cpu`: of its running task or its first ready one,
  /// whichever is more urgent.
  private mutating func work(of cpu: UInt32) -> Urgency {
    let waiting = runQueues[cpu].ready.mostUrgent(in: tasks)
    let running = runQueues[cpu].running
    guard running != TaskRecord.none else { return waiting }
    return min(waiting, tasks[running].urgency)
  }

  /// True when a ready task is at least as urgent as `running`.
  mutating func hasPeer(_ running: TaskNumber) -> Bool {
    let urgency = tasks[running].urgency
    guard isParallel else { return runQueues[0].ready.mostUrgent(in: tasks) <= urgency }
    var rest = cpus
    while let cpu = rest.removeFirst() {
      if runQueues[cpu].ready.mostUrgent(in: tasks) <= urgency { return true }
    }
    return false
  }

  /// Queues the running task after the others of its urgency; `peer` is one of them, in any run
  /// queue. If `peer` is pulled from another CPU, the running task goes to that CPU in exchange, so
  /// that all take turns.
  @inline(never)
  mutating func requeueAfterPeers(_ me: TaskNumber, peer: TaskNumber) {
    let other = tasks[peer].cpu
    let own = tasks[me].cpu
    chooseRunQueue(for: me)
    if tasks[me].cpu == own, tasks[me].affinity.contains(other) { tasks[me].cpu = other }
    enqueueCold(me)
  }

  /// True when `me`, which CPU `cpu` runs, must be switched out: it was suspended or ended by
  /// another CPU, or its affinity now excludes this CPU.
  @inline(never)
  mutating func mustSwitchOut(_ me: TaskNumber, _ cpu: UInt32) -> Bool {
    tasks[me].state != .running || tasks[me].stop == .ending || !tasks[me].affinity.contains(cpu)
  }

  /// Moves a ready task, or asks a running one to leave, after its affinity changed. A running
  /// task's CPU gets a reschedule IPI.
  @inline(never)
  mutating func affinityChanged(_ task: TaskNumber) {
    switch tasks[task].state {
    case .ready:
      unqueueCold(task)
      chooseRunQueue(for: task)
      enqueueCold(task)
    case .running:
      rescheduleTargets.insert(tasks[task].cpu)
    case .blocked, .suspended, .exited, .free:
      break
    }
  }

  /// The CPU that runs `task`, if that is not `cpu`; nil otherwise.
  mutating func remoteCpu(_ task: TaskNumber, _ cpu: UInt32) -> UInt32? {
    guard isParallel, tasks[task].state == .running || tasks[task].stop == .suspending,
      tasks[task].cpu != cpu
    else { return nil }
    return tasks[task].cpu
  }
}
