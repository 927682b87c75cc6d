// SPDX-License-Identifier: Apache-2.0
/// Fair shares. Each CPU has a virtual time of its own (`FairQueue.now`). That of a CPU on which
/// no task waits follows the others, so the times of CPUs can be compared. A task that moves to
/// another CPU keeps its virtual time.
extension TaskSet {
  /// Charges a task for its CPU time; `now` is the counter's present value. A task that runs is
  /// charged up to now.
  @inline(__always)
  func chargeShare(of entry: TaskReference, at now: UInt64) {
    let ran = now &- entry.record.switchedInAt  // Wrapping: the sign says which is later.
    let cpuTime = entry.record.cpuTime
    entry.record.share.charge(upTo: Int64(bitPattern: ran) > 0 ? cpuTime &+ ran : cpuTime)
  }

  /// `chargeShare`, out of line for cold paths.
  @inline(never)
  func chargeShareCold(of task: TaskNumber, at now: UInt64) {
    chargeShare(of: tasks.find(task), at: now)
  }

  /// On one CPU: charges `me`, which runs and shares fairly. If no other task waits for a turn, the
  /// CPU's virtual time follows that of `me`.
  @inline(__always)
  mutating func chargeAlone(_ me: TaskReference, at now: UInt64) {
    chargeShare(of: me, at: now)
    guard runQueues[0].ready.fair.isEmpty else { return }
    runQueues[0].ready.fair.advance(to: me.record.share.time)
  }

  /// True if the turn of `me`, which runs on CPU `cpu` and shares fairly, is over. Called at a
  /// tick; `now` is the counter's present value. On one CPU, a task waits for a turn.
  mutating func endsTurn(of me: TaskNumber, on cpu: UInt32, at now: UInt64) -> Bool {
    chargeShareCold(of: me, at: now)
    if isParallel {
      if runQueues[cpu].ready.fair.isEmpty { followOthers(me, on: cpu) }
    } else {
      // If it was alone for long, until a task of C code became ready, it owes that at most a
      // circle.
      tasks[me].share.time = min(tasks[me].share.time, runQueues[0].ready.fair.latest)
    }
    // A FIFO task of LiteOS' priority 20 runs until it blocks or yields.
    guard tasks[me].policy == .roundRobin, now &- tasks[me].switchedInAt >= UInt64(fairClock.turn),
      let peer = isParallel ? firstAcross(cpu, atMost: .fair) : runQueues[0].ready.fair.first,
      tasks[peer].urgency.isFair
    else { return false }
    let time = tasks[peer].share.time
    guard (tasks[peer].cpu == cpu ? time : time.advanced(by: 1)) < tasks[me].share.time else {
      return false
    }
    tasks[me].isSliceOver = true
    return true
  }

  /// Advances the virtual time of CPU `cpu`, where `me` runs and no other task waits for a turn, to
  /// the latest of all CPUs. `me` gets all the time that it can use, so it must not gain a claim to
  /// more.
  private mutating func followOthers(_ me: TaskNumber, on cpu: UInt32) {
    var latest = tasks[me].share.time
    var rest = cpus
    while let other = rest.removeFirst() {
      latest = max(latest, VirtualTime(bucket: runQueues[other].ready.fair.now))
    }
    tasks[me].share.time = latest
    // A bucket less: one that comes from another CPU is more than a bucket earlier, and keeps that.
    runQueues[cpu].ready.fair.advance(to: latest.advanced(by: -1))
  }

  /// True if `task`, which is ready and shares fairly, has clearly had less of its share than
  /// `running`, which shares fairly, may be preempted, and was charged just now.
  @inline(never)
  func isBehind(_ task: TaskReference, running: TaskReference) -> Bool {
    guard running.record.urgency.isFair, running.record.policy == .roundRobin else { return false }
    // A sixteenth of a bucket, 0.5 ms, so that tasks that wake each other do not switch each time.
    let margin = VirtualTime(rawValue: task.record.share.time.rawValue &+ 1 << 28)
    return margin < running.record.share.time
  }
}
