// SPDX-License-Identifier: Apache-2.0
/// What a task of the policy `deadline` is promised: `runtime` ticks of a CPU within `deadline`
/// ticks of the beginning of each `period`.
///
/// A task that uses up its runtime stops until its next period, so that it takes nothing from the
/// others (the constant bandwidth server of Abeni and Buttazzo, "Integrating multimedia
/// applications in hard real-time systems", 1998). One that waits keeps its deadline and what is
/// left of its runtime only as long as it could not take more than its share.
public struct DeadlineBudget: Equatable, Sendable {
  /// Ticks of a CPU in each period.
  public let runtime: UInt32
  /// Ticks from the beginning of a period, at least `runtime`.
  public let deadline: UInt32
  /// Ticks, at least `deadline`.
  public let period: UInt32

  /// What is left of the runtime.
  var left: UInt32 = 0
  /// The tick at which the current period began.
  var began: UInt64 = 0

  /// nil unless 0 < runtime ≤ deadline ≤ period, and period ≤ 2^20 ticks.
  public init?(runtime: UInt32, deadline: UInt32, period: UInt32) {
    guard runtime > 0, runtime <= deadline, deadline <= period, period <= 1 << 20 else {
      return nil
    }
    self.init(known: runtime, deadline, period)
  }

  private init(known runtime: UInt32, _ deadline: UInt32, _ period: UInt32) {
    (self.runtime, self.deadline, self.period) = (runtime, deadline, period)
  }

  /// That of tasks with another policy.
  static let none = DeadlineBudget(known: 0, 0, 0)

  /// The tick by which the current period's runtime must have been had.
  var due: UInt64 { began + UInt64(word: deadline) }

  /// The tick at which the next period begins.
  var nextPeriod: UInt64 { began + UInt64(word: period) }

  /// The share of a CPU that it takes, in parts of 1024, rounded up. Runtime by deadline: their sum
  /// over all tasks up to 1 is enough for every deadline to be met (Liu and Layland, 1973, for
  /// deadlines shorter than the period by the density).
  var density: UInt32 { deadline == 0 ? 0 : (runtime * 1024 + deadline - 1) / deadline }

  /// The sum of densities that is admitted: 95 in 100, so that an error still finds a CPU.
  static let mostDensity: UInt32 = 1024 * 95 / 100
}

extension TaskSet {
  /// Makes a task one with a deadline, whose first period begins now.
  ///
  /// - Throws: `notAdmitted` when the CPU could not do it all.
  mutating func setBudget(_ budget: DeadlineBudget, of task: UInt32) throws(TaskError) {
    let others = admittedDensity - tasks[task].budget.density
    guard others + budget.density <= DeadlineBudget.mostDensity else { throw .notAdmitted }
    admittedDensity = others + budget.density
    tasks[task].budget = budget
    tasks[task].budget.left = budget.runtime
    tasks[task].budget.began = now
    changePolicy(.deadline, of: task)
  }

  /// Makes a task one with a priority. Its share is free for others again.
  mutating func setPolicy(_ policy: Policy, of task: UInt32) {
    admittedDensity -= tasks[task].budget.density
    tasks[task].budget = .none
    if tasks[task].state == .blocked, tasks[task].waitKind == .period {
      endWait(task, .satisfied)
    }
    changePolicy(policy, of: task)
  }

  /// Charges ticks to a task with a deadline; true when nothing is left.
  mutating func chargeBudget(_ elapsed: UInt32, to task: UInt32) -> Bool {
    let left = tasks[task].budget.left
    tasks[task].budget.left = left > elapsed ? left - elapsed : 0
    return left <= elapsed
  }

  /// True when a task with a deadline must stop until its next period.
  mutating func isExhausted(_ task: UInt32) -> Bool {
    tasks[task].policy == .deadline && tasks[task].budget.left == 0
  }

  /// Stops the running task until its next period begins; the caller switches. When that has
  /// begun already, the task only gets its new deadline.
  ///
  /// - Returns: true when it stopped.
  mutating func awaitPeriod(_ me: UInt32) -> Bool {
    let next = tasks[me].budget.nextPeriod
    guard next > now else {
      replenish(me)
      return false
    }
    tasks[me].state = .blocked
    tasks[me].waitKind = .period
    timeouts.insert(me, deadline: next)
    return true
  }

  /// Begins the period that `now` is in: full runtime, a later deadline.
  mutating func replenish(_ task: UInt32) {
    var budget = tasks[task].budget
    budget.left = budget.runtime
    // Periods that passed while it did not run are not made up for.
    budget.began = max(budget.nextPeriod, now)
    tasks[task].budget = budget
    refreshUrgency(of: task)
  }

  /// A task with a deadline that comes back from a wait: it keeps its deadline when what is left of
  /// its runtime is no more than its share until then, and begins a period otherwise.
  mutating func renewBudget(of task: UInt32) {
    let budget = tasks[task].budget
    if budget.due > now {
      let share = UInt64(word: budget.runtime) * (budget.due - now)
      if UInt64(word: budget.left) * UInt64(word: budget.deadline) <= share { return }
    }
    tasks[task].budget.left = budget.runtime
    tasks[task].budget.began = now
    refreshUrgency(of: task)
  }

  private mutating func changePolicy(_ policy: Policy, of task: UInt32) {
    tasks[task].policy = policy
    tasks[task].slice = 0
    refreshUrgency(of: task)
  }
}
