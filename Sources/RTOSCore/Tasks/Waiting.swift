// SPDX-License-Identifier: Apache-2.0
// Objects: the things that tasks wait for, and how they wait.
//
// Each object is a small struct whose first field is its `WaitQueue`, so that the address of a
// task's queue is also that of its object. The caller provides an object's memory and keeps it in
// place (`ObjectHandle`); nothing is allocated. An operation completes at once, or links the task
// into the queue and switches away. The task that makes a waiter ready also hands over what it
// waited for, so a woken task need not try again.
//
// The parts: how a task waits (this file), the handle (`ObjectHandle.swift`), and the objects that
// a task owns, mutexes and reader-writer locks. These are beside the scheduler, which passes them
// on when a task ends and lets owners inherit urgency. The folder Objects has those that the
// scheduler does not know: semaphores, condition variables, event flags, completions, message
// queues and work queues. Software timers are a table of their own, served by one task.
//
// The scheduler's lock protects all objects; the timers have their own lock, which is acquired
// before the scheduler's. An object must not take another lock or call foreign code under it:
// handlers and work functions are called with no lock held.

/// How tasks wait for objects.
extension Scheduler {
  /// Runs an operation that may block. `attempt` completes and returns an outcome, or begins a wait
  /// (`TaskSet.beginWait`) and returns nil; the task then sleeps here until its wait ends. A
  /// secondary result is left in the task's `received`. `allowsInterrupt` means that `attempt` does
  /// not begin a wait, so an interrupt may call it.
  ///
  /// - Throws: `inInterrupt`; the errors of `attempt`; `timedOut`, `deleted` or `notRecoverable`
  ///   when the wait ended so.
  @discardableResult
  func wait(
    allowsInterrupt: Bool = false,
    _ attempt: (inout TaskSet, TaskNumber) throws(WaitError) -> WaitOutcome?
  ) throws(WaitError) -> (outcome: WaitOutcome, received: UInt32) {
    guard allowsInterrupt || !Context.isInInterrupt else { throw .inInterrupt }
    let end = try withState { (state: inout State) throws(WaitError) -> (WaitOutcome, UInt32) in
      let me = Context.runningTask
      if let outcome = try attempt(&state, me) {
        let received = state.tasks[me].received
        Self.rescheduleIfNeeded(&state)
        return (outcome, received)
      }
      Self.switchAway(&state)
      return (state.tasks[me].outcome, state.tasks[me].received)
    }
    switch end.0 {
    case .satisfied, .ownerDied:
      return end
    case .timedOut:
      throw .timedOut
    case .deleted:
      throw .deleted
    case .notRecoverable:
      throw .notRecoverable
    }
  }

  /// Runs an operation that may make tasks ready, and reschedules if needed.
  @inline(__always)
  func signal<Result>(
    _ body: (inout TaskSet, TaskNumber) throws(WaitError) -> Result
  ) throws(WaitError) -> Result {
    try withState { (state: inout State) throws(WaitError) -> Result in
      let result = try body(&state, Context.runningTask)
      Self.rescheduleIfNeeded(&state)
      return result
    }
  }
}
