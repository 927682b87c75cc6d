// SPDX-License-Identifier: Apache-2.0
import CoroutineSupport
import vsched

// A program's own scheduler. Its workers, threads on as many CPUs, run coroutines; tasks that are
// threads of the kernel's have the same interface. Built by `tools/cc-arm --coroutines`.

/// The tasks of this program.
public enum Tasks {
  /// The size of a coroutine's stack, in bytes.
  public static var stackSize: Int { 64 * 1024 }

  // SAFETY: `prepare` sets it once, before there are workers.
  nonisolated(unsafe) private static var state: Unmanaged<TaskSet>?

  /// All tasks, between `coroutine_lock` and `coroutine_unlock`.
  static var all: TaskSet {
    guard let state else { fatalError("Tasks.prepare was not called") }
    return state.takeUnretainedValue()
  }

  /// Makes room for `capacity` tasks, up to 4,096, whose coroutines take turns by `policy`. Called
  /// once, first. False for another number.
  public static func prepare(capacity: Int32, policy: TaskPolicy) -> Bool {
    guard state == nil, 1...TaskID.limit ~= capacity else { return false }
    _ = vsched_kit_bind()  // Without the kit a task gives way by a system call.
    state = .passRetained(TaskSet(capacity, policy))
    return true
  }

  /// Makes a task, which runs `body`. `priority` is 0, the most urgent, to 31; among coroutines of
  /// one priority that take turns fairly, `weight`, 1 to 1,024, decides how much each gets. Neither
  /// has an effect on a thread, which the kernel schedules.
  ///
  /// - Returns: its name; nil if all records are in use, or there is no memory.
  public static func spawn(
    _ kind: TaskKind = .coroutine, priority: UInt8 = 16, weight: UInt32 = 100,
    _ body: @escaping () -> Void
  ) -> TaskID? {
    guard priority < 32, 1...1024 ~= weight else { return nil }
    coroutine_lock()
    defer { coroutine_unlock() }
    return all.make(kind, priority, weight, body)
  }

  /// The task that runs; nil on a thread that is no task.
  public static var current: TaskID? {
    coroutine_lock()
    defer { coroutine_unlock() }
    let task = coroutine_self().pointee.current
    return task < 0 ? nil : all.name(of: task)
  }

  /// Lets another coroutine run whose turn it is, or if there is none, a task of the kernel's.
  public static func yield() {
    let me = coroutine_self()
    guard me.pointee.current >= 0, !me.pointee.is_thread else {
      return giveWay()
    }
    coroutine_lock()
    // The tasks live as long as the program: no reference is counted.
    state?._withUnsafeGuaranteedRef { $0.yield(me) }
    coroutine_unlock()
  }

  /// Lets a task of the kernel's run, if one waits.
  static func giveWay() {
    if vsched_yield_if_needed() < 0 { sched_yield() }
  }

  /// Tells the kernel the priority of what this thread runs, which is the most urgent that is ready:
  /// of two programs that are equal otherwise, that with the more urgent one goes first.
  @inline(never)
  static func publish(_ priority: UInt8, _ me: UnsafeMutablePointer<coroutine_worker>) {
    // If a turn began meanwhile, the next switch tries again.
    if coroutine_publish(UInt32(priority)) { me.pointee.published = priority }
  }

  /// Waits until the next `wake`, or not if there was one since the last `wait`.
  public static func wait() {
    let me = coroutine_self()
    precondition(me.pointee.current >= 0, "only a task can wait")
    coroutine_lock()
    all.wait(me)
    coroutine_unlock()
  }

  /// Ends the wait of a task, or its next one. False if it has ended.
  @discardableResult
  public static func wake(_ task: TaskID) -> Bool {
    coroutine_lock()
    defer { coroutine_unlock() }
    return all.wake(task)
  }

  /// Waits for the end of a task. False if it would wait for itself.
  @discardableResult
  public static func join(_ task: TaskID) -> Bool {
    let me = coroutine_self().pointee.current
    precondition(me >= 0, "only a task can wait")
    coroutine_lock()
    defer { coroutine_unlock() }
    guard task.index != me else { return all.name(of: me) != task }
    all.join(task, by: me)
    return true
  }

  /// Sets a coroutine's priority, 0 to 31. False if it has ended, or there is no such priority.
  @discardableResult
  public static func setPriority(_ priority: UInt8, of task: TaskID) -> Bool {
    coroutine_lock()
    defer { coroutine_unlock() }
    return all.setPriority(priority, of: task)
  }

  /// Runs tasks on this thread and on `workers` - 1 new ones, which the kernel spreads over the CPUs,
  /// until all tasks have ended. Called by the thread that prepared them, which is no task.
  ///
  /// - Returns: the number of workers that ran: less if threads could not be made.
  public static func run(workers: Int32) -> Int32 {
    let me = coroutine_self()
    precondition(me.pointee.current < 0, "a task runs no other tasks")
    coroutine_lock()
    defer { coroutine_unlock() }
    let count = 1 + all.startWorkers(workers - 1)
    all.work(me)
    all.awaitWorkers()
    return count
  }
}
