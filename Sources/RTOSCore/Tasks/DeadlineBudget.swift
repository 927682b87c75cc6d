// SPDX-License-Identifier: Apache-2.0
/// The guarantee of a task under the policy `deadline`: `runtime` ticks of CPU time within
/// `deadline` ticks of the start of each `period`.
///
/// A task that uses up its runtime is stopped until its next period, so that it takes no time from
/// others. This is the constant bandwidth server of Abeni and Buttazzo ("Integrating multimedia
/// applications in hard real-time systems", 1998). A task that blocked keeps its deadline and the
/// rest of its runtime only if that rest does not exceed its share.
public struct DeadlineBudget: Equatable, Sendable {
  /// CPU time in each period, in ticks.
  public let runtime: UInt32
  /// The deadline in ticks from the start of a period, at least `runtime`.
  public let deadline: UInt32
  /// The length of a period in ticks, at least `deadline`.
  public let period: UInt32

  /// The rest of the current period's runtime, in ticks.
  var remaining: UInt32 = 0
  /// The tick at which the current period began.
  var periodStart: UInt64 = 0

  /// Creates a full budget; nil unless 0 < runtime ≤ deadline ≤ period, and period ≤ 2^20 ticks.
  public init?(runtime: UInt32, deadline: UInt32, period: UInt32) {
    guard runtime > 0, runtime <= deadline, deadline <= period, period <= 1 << 20 else {
      return nil
    }
    self.init(known: runtime, deadline, period)
  }

  private init(known runtime: UInt32, _ deadline: UInt32, _ period: UInt32) {
    (self.runtime, self.deadline, self.period) = (runtime, deadline, period)
  }

  /// The budget of tasks with another policy.
  static let none = DeadlineBudget(known: 0, 0, 0)

  /// The tick by which the task must have received the current period's runtime.
  var absoluteDeadline: UInt64 { periodStart + UInt64(word: deadline) }

  /// The tick at which the next period begins.
  var nextPeriod: UInt64 { periodStart + UInt64(word: period) }

  /// The task's share of a CPU in parts of 1024, rounded up: runtime divided by deadline. While the
  /// sum over all tasks is at most 1, every deadline is met (Liu and Layland, 1973; for deadlines
  /// shorter than the period the density takes the place of the utilisation).
  var density: UInt32 { deadline == 0 ? 0 : (runtime * 1024 + deadline - 1) / deadline }

  /// The largest sum of densities that is admitted: 95 %, rounded up as the densities are, so that
  /// CPU time is left when an error must be handled.
  static let maxDensity: UInt32 = (1024 * 95 + 99) / 100
}

extension TaskSet {
  /// Gives a task the policy `deadline`. Its first period begins now.
  ///
  /// - Throws: `notAdmitted` when the sum of densities would exceed `DeadlineBudget.maxDensity`.
  mutating func setBudget(_ budget: DeadlineBudget, of task: TaskNumber) throws(TaskError) {
    let others = admittedDensity - tasks[task].budget.density
    guard others + budget.density <= DeadlineBudget.maxDensity else { throw .notAdmitted }
    admittedDensity = others + budget.density
    tasks[task].budget = budget
    tasks[task].budget.remaining = budget.runtime
    tasks[task].budget.periodStart = now
    changePolicy(.deadline, of: task)
  }

  /// Gives a task a policy by priority. Its density becomes available to others, and a wait for its
  /// next period ends.
  mutating func setPolicy(_ policy: Policy, of task: TaskNumber) {
    admittedDensity -= tasks[task].budget.density
    tasks[task].budget = .none
    if tasks[task].state == .blocked, case .plain(.period) = tasks[task].wait {
      endWait(task, .satisfied)
    }
    changePolicy(policy, of: task)
  }

  /// Charges elapsed ticks to a task with a deadline; true when no runtime is left.
  mutating func chargeBudget(_ elapsed: UInt32, to task: TaskNumber) -> Bool {
    let left = tasks[task].budget.remaining
    tasks[task].budget.remaining = left > elapsed ? left - elapsed : 0
    return left <= elapsed
  }

  /// True when a task with a deadline must be stopped until its next period.
  mutating func isExhausted(_ task: TaskNumber) -> Bool {
    tasks[task].policy == .deadline && tasks[task].budget.remaining == 0
  }

  /// Stops the running task until its next period begins; the caller switches. If that period has
  /// already begun, the task only gets its new deadline.
  ///
  /// - Returns: true when the task was stopped.
  mutating func awaitPeriod(_ me: TaskNumber) -> Bool {
    let next = tasks[me].budget.nextPeriod
    guard next > now else {
      replenish(me)
      return false
    }
    tasks[me].state = .blocked
    tasks[me].wait = .plain(.period)
    timeouts.insert(me.rawValue, deadline: next)
    return true
  }

  /// Begins a new period: full runtime and a later deadline.
  mutating func replenish(_ task: TaskNumber) {
    var budget = tasks[task].budget
    budget.remaining = budget.runtime
    // Periods that passed while the task did not run are not made up for.
    budget.periodStart = max(budget.nextPeriod, now)
    tasks[task].budget = budget
    refreshUrgency(of: task)
  }

  /// Called when the wait of a task with a deadline ends. The task keeps its deadline if its
  /// remaining runtime is at most its share of the time until then. Otherwise it begins a new
  /// period.
  mutating func renewBudget(of task: TaskNumber) {
    if case .plain(.period) = tasks[task].wait { return }  // `replenish` began one.
    let budget = tasks[task].budget
    if budget.absoluteDeadline > now {
      let share = UInt64(word: budget.runtime) * (budget.absoluteDeadline - now)
      if UInt64(word: budget.remaining) * UInt64(word: budget.deadline) <= share { return }
    }
    tasks[task].budget.remaining = budget.runtime
    tasks[task].budget.periodStart = now
    refreshUrgency(of: task)
  }

  private mutating func changePolicy(_ policy: Policy, of task: TaskNumber) {
    tasks[task].policy = policy
    tasks[task].slice = 0
    refreshUrgency(of: task)
    publishChange(of: task)
  }
}
