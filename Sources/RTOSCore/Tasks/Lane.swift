// SPDX-License-Identifier: Apache-2.0
/// What one CPU has of the tasks. Guarded by the scheduler's lock, as all lanes are.
struct Lane: ~Copyable {
  /// The tasks that are ready and stand here; most of them will run on this CPU, unless another one
  /// that they may run on has less to do.
  var ready = ReadyQueues()
  /// The task that the CPU runs, while there are several CPUs; `none` for one that is not there.
  var running = TaskRecord.none
  /// The tick up to which the tasks that ran here were charged.
  var charged: UInt64 = 0
}

/// Which CPU runs what, where there are several.
///
/// A task that becomes ready goes to the CPU that runs the least urgent one (push), and that CPU is
/// summoned; a CPU that looks for its next task takes a more urgent one from another lane (pull), or
/// one as urgent when a turn is over. So no CPU idles or runs something less urgent while a task
/// waits that may run there, and tasks of one priority take turns on all CPUs.
extension TaskSet {
  /// The most urgent task that CPU `cpu` could take.
  @inline(__always)
  mutating func first(for cpu: UInt32) -> UInt32? {
    isParallel
      ? firstAcross(cpu, atMost: .least) : lanes[Int(cpu)].ready.first(on: cpu, in: tasks)
  }

  /// Takes the most urgent task that CPU `cpu` could take.
  @inline(__always)
  mutating func takeFirst(for cpu: UInt32) -> UInt32? {
    if isParallel { return takeAcross(cpu) }
    guard let task = lanes[Int(cpu)].ready.first(on: cpu, in: tasks) else { return nil }
    unqueue(task)
    return task
  }

  /// The same among several CPUs; the task is the one that CPU `cpu` runs from now on.
  @inline(never)
  private mutating func takeAcross(_ cpu: UInt32) -> UInt32? {
    guard let task = firstAcross(cpu, atMost: .least) else { return nil }
    // A tick that another CPU has counted is not the next one's.
    let elapsed = takeUncharged(on: cpu)
    if elapsed > 0, lanes[Int(cpu)].running != TaskRecord.none {
      _ = charge(elapsed, to: lanes[Int(cpu)].running)
    }
    unqueueRarely(task)
    let isPulled = tasks[task].cpu != cpu
    tasks[task].cpu = cpu
    lanes[Int(cpu)].running = task
    // Who was to run here instead may have to go elsewhere.
    if isPulled, let left = lanes[Int(cpu)].ready.first(on: cpu, in: tasks), !tasks[left].isIdle {
      unqueueRarely(left)
      chooseLane(for: left)
      enqueueRarely(left)
    }
    return task
  }

  /// The most urgent task for CPU `cpu` that is not less urgent than `limit`: its own first, and one of
  /// another lane only if that is more urgent.
  @inline(never)
  mutating func firstAcross(_ cpu: UInt32, atMost limit: Urgency) -> UInt32? {
    var best = lanes[Int(cpu)].ready.first(on: cpu, in: tasks)
    if let task = best, limit < tasks[task].urgency { best = nil }
    var rest = cpus.rawValue & ~(1 &<< cpu)
    while rest != 0 {
      let other = rest.trailingZeroBitCount
      rest &= rest &- 1  // Wrapping: it is not 0.
      let urgency = lanes[other].ready.mostUrgent(in: tasks)
      if let task = best {
        guard urgency < tasks[task].urgency else { continue }
      }
      guard urgency <= limit, let task = lanes[other].ready.first(on: cpu, in: tasks),
        tasks[task].urgency <= limit
      else { continue }
      if let best, tasks[best].urgency <= tasks[task].urgency { continue }
      best = task
    }
    return best
  }

  /// Puts a ready task behind all others of its urgency, in the lane that it belongs to.
  @inline(__always)
  mutating func enqueue(_ task: UInt32) {
    lanes[Int(tasks[task].cpu)].ready.append(task, in: tasks)
  }

  /// `enqueue` by a call: for what is rare.
  @inline(never)
  mutating func enqueueRarely(_ task: UInt32) { enqueue(task) }

  /// `unqueue`, likewise.
  @inline(never)
  mutating func unqueueRarely(_ task: UInt32) { unqueue(task) }

  /// Puts a ready task in front of all others of its urgency.
  @inline(never)
  mutating func enqueueFirst(_ task: UInt32) {
    lanes[Int(tasks[task].cpu)].ready.prepend(tasks.find(task), in: tasks)
  }

  /// Takes a ready task out of its lane.
  @inline(__always)
  mutating func unqueue(_ task: UInt32) {
    lanes[Int(tasks[task].cpu)].ready.remove(task, in: tasks)
  }

  /// Chooses the lane of a task that is about to be queued: that of the CPU with the least urgent work
  /// if it is less urgent than the task, and then the CPU is summoned; else the one where it was last.
  @inline(never)
  mutating func chooseLane(for task: UInt32) {
    let allowed = tasks[task].affinity.rawValue & cpus.rawValue
    let last = tasks[task].cpu
    var chosen = last
    var least = Urgency(rawValue: 0)
    var rest = allowed
    while rest != 0 {
      let cpu = UInt32(truncatingIfNeeded: rest.trailingZeroBitCount)
      rest &= rest &- 1  // Wrapping: it is not 0.
      let work = work(of: cpu)
      guard least < work || work == least && cpu == last else { continue }
      (chosen, least) = (cpu, work)
    }
    if tasks[task].urgency < least {
      summoned |= 1 &<< chosen
    } else if allowed &>> last & 1 != 0 {
      chosen = last
    }
    tasks[task].cpu = chosen
  }

  /// How urgent what CPU `cpu` runs is, or what it is about to run.
  private mutating func work(of cpu: UInt32) -> Urgency {
    let waiting = lanes[Int(cpu)].ready.mostUrgent(in: tasks)
    let running = lanes[Int(cpu)].running
    guard running != TaskRecord.none else { return waiting }
    return min(waiting, tasks[running].urgency)
  }

  /// True when a task as urgent as `running` waits, or a more urgent one.
  mutating func hasPeer(_ running: UInt32) -> Bool {
    let urgency = tasks[running].urgency
    guard isParallel else { return lanes[0].ready.mostUrgent(in: tasks) <= urgency }
    var rest = cpus.rawValue
    while rest != 0 {
      if lanes[rest.trailingZeroBitCount].ready.mostUrgent(in: tasks) <= urgency { return true }
      rest &= rest &- 1  // Wrapping: it is not 0.
    }
    return false
  }

  /// Lets the running task go behind the others of its urgency, one of which stands in any lane: it
  /// takes the place of the one that is taken from another lane, so that all take turns.
  @inline(never)
  mutating func queueBehindPeers(_ me: UInt32, peer: UInt32) {
    let other = tasks[peer].cpu
    let own = tasks[me].cpu
    chooseLane(for: me)
    if tasks[me].cpu == own, tasks[me].affinity.contains(other) { tasks[me].cpu = other }
    enqueueRarely(me)
  }

  /// True when `me`, which CPU `cpu` runs, must leave it: others have stopped or ended it meanwhile, or
  /// said that it may not run there.
  @inline(never)
  mutating func mustLeave(_ me: UInt32, _ cpu: UInt32) -> Bool {
    tasks[me].state != .running || tasks[me].mustEnd || !tasks[me].affinity.contains(cpu)
  }

  /// A task that stands or runs where it may not any more goes elsewhere, and one that waits to where it
  /// may run at once.
  @inline(never)
  mutating func affinityChanged(_ task: UInt32) {
    switch tasks[task].state {
    case .ready:
      unqueueRarely(task)
      chooseLane(for: task)
      enqueueRarely(task)
    case .running:
      summoned |= 1 &<< tasks[task].cpu
    case .blocked, .suspended, .exited, .free:
      break
    }
  }

  /// The CPU that runs `task`, if that is not `cpu`.
  mutating func elsewhere(_ task: UInt32, _ cpu: UInt32) -> UInt32? {
    guard isParallel, tasks[task].state == .running, tasks[task].cpu != cpu else { return nil }
    return tasks[task].cpu
  }
}
