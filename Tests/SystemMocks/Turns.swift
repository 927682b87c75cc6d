// SPDX-License-Identifier: Apache-2.0
@testable import RTOSCore
@testable import System
@testable import UserSpace

/// Whose turn it is. All tasks of a test run on its one stack, so a call that blocks does not
/// return before its task is ready again. What happens until then, the test says beforehand
/// (`script`); if it says nothing, time passes.
package final class Turns<A: HostArchitecture> {
  /// What happens while the running task waits: one action for each time that it is switched out
  /// and not ready.
  package var script: [() -> Void] = []
  /// Whether a signal ends each wait for more than an hour.
  package var isImpatient = false
  /// True during a switch that the test asks for: it returns at once.
  private var isForced = false

  private var scheduler: System<A>.TaskScheduler { A.system.scheduler }

  /// Takes part in each switch from now on, until the next kernel is made.
  package init() {
    TestContext.whileOut = { self.continueAfterOthers($0) }
  }

  /// Lets a task that is ready run while `body` does, and afterwards again the one that runs now.
  package func run(_ task: TaskNumber, _ body: () -> Void) {
    let outer = scheduler.current
    force(task)
    body()
    force(outer)
  }

  /// Lets the other tasks run until `task`, which was switched out just now, is ready again. A task
  /// that has ended is not.
  private func continueAfterOthers(_ task: TaskNumber) {
    guard !isForced else { return }
    scheduler.didStart()
    TestProcessor.isMasked = false
    while state(of: task) == .blocked { act(for: task) }
    if state(of: task) == .ready { force(task) }
    _ = scheduler.acquireLock()
  }

  private func state(of task: TaskNumber) -> TaskState? {
    try? scheduler.info(of: task).state
  }

  /// The next event while `task` waits.
  private func act(for task: TaskNumber) {
    force(TaskNumber(rawValue: 0))
    guard script.isEmpty else { return script.removeFirst()() }
    let interrupts = TestProcessor.maskInterrupts()
    System<A>.enterIdle()
    let end = TestClock.deadline ?? .max
    if end != .max, !isImpatient || end < TestClock.count + 3_600_000_000_000 {
      TestClock.count = max(TestClock.count, end)
    } else if isImpatient {
      interrupt(task)
    } else {
      fatalError("a wait without an end")
    }
    System<A>.resumeFromIdle()
    TestContext.isRescheduleDue = false
    TestProcessor.restoreInterrupts(interrupts)
  }

  /// Ends the wait of a thread as a signal does that stays pending.
  package func interrupt(_ task: TaskNumber) {
    A.system.processes.thread(of: task).pointee.signals.isPending = true
    A.system.scheduler.requestUserReturnWork(task)
  }

  /// Switches to a task that is ready or running, whichever the scheduler would choose.
  private func force(_ task: TaskNumber) {
    guard scheduler.current != task else { return }
    precondition(state(of: task) == .ready, "task \(task) has no use for a turn")
    isForced = true
    scheduler.withState { state in
      let me = state.tasks.find(TestContext.runningTask)
      me.record.state = .ready
      state.enqueueFirst(me.number)
      state.unqueue(task)
      System<A>.TaskScheduler.run(state.tasks.find(task), after: me, &state)
    }
    isForced = false
  }
}
