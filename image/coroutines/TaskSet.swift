// SPDX-License-Identifier: Apache-2.0
import CoroutineSupport

/// All tasks. Every function is called with the lock held. One that switches returns with the lock
/// held, too, perhaps on another thread: the task or worker that a switch goes to releases it.
final class TaskSet {
  private let records: UnsafeMutablePointer<TaskRecord>
  /// Where a coroutine continues.
  private let contexts: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// What a thread sleeps for: 1 if it is to run.
  private let words: UnsafeMutablePointer<UInt32>
  private let capacity: Int32
  private let policy: TaskPolicy
  private var queue: TaskQueue
  /// The tasks that have not ended.
  private var live = 0
  /// Changes when a worker is to look for tasks; the workers that sleep until then.
  private let call = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
  private var sleepers = 0
  /// The workers besides the thread that called `Tasks.run`.
  private var workers: Int32 = 0
  /// Changes when one of them leaves.
  private let leaving = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)

  init(_ capacity: Int32, _ policy: TaskPolicy) {
    self.capacity = capacity
    self.policy = policy
    records = .allocate(capacity: Int(capacity))
    records.initialize(repeating: TaskRecord(), count: Int(capacity))
    contexts = .allocate(capacity: Int(capacity))
    contexts.initialize(repeating: nil, count: Int(capacity))
    words = .allocate(capacity: Int(capacity))
    words.initialize(repeating: 0, count: Int(capacity))
    call.initialize(to: 0)
    leaving.initialize(to: 0)
    queue = TaskQueue(records, policy)
  }

  /// The name of a task that has not ended.
  func name(of task: Int32) -> TaskID { TaskID(task, records[Int(task)].generation) }

  /// The record of a task; -1 if it has ended.
  private func find(_ task: TaskID) -> Int32 {
    guard task.index < capacity, records[Int(task.index)].state != .free,
      name(of: task.index) == task
    else { return -1 }
    return task.index
  }

  func make(
    _ kind: TaskKind, _ priority: UInt8, _ weight: UInt32, _ body: @escaping () -> Void
  ) -> TaskID? {
    guard let free = (0..<capacity).first(where: { records[Int($0)].state == .free }) else {
      return nil
    }
    var record = TaskRecord()
    record.generation = records[Int(free)].generation
    (record.kind, record.priority, record.body) = (kind, priority, body)
    record.weight = weight
    record.state = .ready
    if kind == .coroutine {
      guard let stack = coroutine_map_stack(Tasks.stackSize) else { return nil }
      record.stack = stack
      contexts[Int(free)] = coroutine_prepare(stack + Tasks.stackSize) { TaskSet.begin() }
    }
    records[Int(free)] = record
    live += 1
    if kind == .coroutine {
      makeReady(free)
    } else if coroutine_start({ TaskSet.runThread($0) }, free) != 0 {
      forget(free)
      return nil
    }
    return name(of: free)
  }

  // MARK: Turns

  func yield(_ me: UnsafeMutablePointer<coroutine_worker>) {
    let task = me.pointee.current
    charge(task)
    guard queue.isTurnOver(task) else {
      coroutine_unlock()
      Tasks.giveWay()
      return coroutine_lock()
    }
    records[Int(task)].state = .ready
    switchAway(from: task, to: queue.exchange(task), me)
  }

  func wait(_ me: UnsafeMutablePointer<coroutine_worker>) {
    let task = me.pointee.current
    guard !records[Int(task)].isWoken else { return records[Int(task)].isWoken = false }
    records[Int(task)].state = .waiting
    guard me.pointee.is_thread else {
      charge(task)
      return switchAway(from: task, to: queue.takeFirst(), me)
    }
    let word = words + Int(task)
    while records[Int(task)].state == .waiting {
      coroutine_unlock()
      coroutine_sleep(word, 0)
      coroutine_lock()
    }
    word.pointee = 0
  }

  func wake(_ task: TaskID) -> Bool {
    let task = find(task)
    guard task >= 0 else { return false }
    wake(task)
    return true
  }

  private func wake(_ task: Int32) {
    guard records[Int(task)].state == .waiting else { return records[Int(task)].isWoken = true }
    guard records[Int(task)].kind == .thread else { return makeReady(task) }
    records[Int(task)].state = .running
    let word = words + Int(task)
    word.pointee = 1
    coroutine_wake(word, 1)
  }

  func join(_ task: TaskID, by me: Int32) {
    var wakes = 0
    while find(task) >= 0 {
      records[Int(me)].nextJoiner = records[Int(task.index)].joiners
      records[Int(task.index)].joiners = me
      repeat {
        wait(coroutine_self())
        wakes += 1
      } while isJoining(me, task)
    }
    // What woke it meanwhile was for its next wait.
    if wakes > 1 { records[Int(me)].isWoken = true }
  }

  /// Whether a task is in the list of those that join another one.
  private func isJoining(_ me: Int32, _ task: TaskID) -> Bool {
    guard find(task) >= 0 else { return false }
    var joiner = records[Int(task.index)].joiners
    while joiner >= 0 {
      if joiner == me { return true }
      joiner = records[Int(joiner)].nextJoiner
    }
    return false
  }

  func setPriority(_ priority: UInt8, of task: TaskID) -> Bool {
    let task = find(task)
    guard task >= 0, priority < 32 else { return false }
    let isQueued = records[Int(task)].kind == .coroutine && records[Int(task)].state == .ready
    queue.setPriority(priority, of: task, isQueued: isQueued)
    return true
  }

  private func makeReady(_ task: Int32) {
    records[Int(task)].state = .ready
    queue.append(task)
    if sleepers > 0 { callWorkers(1) }
  }

  private func callWorkers(_ count: Int32) {
    call.pointee &+= 1  // Wrapping: it is compared with its last value only.
    coroutine_wake(call, count)
  }

  private func charge(_ task: Int32) {
    guard policy == .fair else { return }
    let now = coroutine_time()
    queue.charge(task, now &- records[Int(task)].since)
    records[Int(task)].since = now
  }

  /// Continues with the coroutine `next`, or if it is -1, with the worker's loop.
  private func switchAway(
    from task: Int32, to next: Int32, _ me: UnsafeMutablePointer<coroutine_worker>
  ) {
    guard next != task else { return run(task, me) }
    if next >= 0 { run(next, me) } else { me.pointee.current = -1 }
    guard let context = next >= 0 ? contexts[Int(next)] : me.pointee.context else {
      fatalError("a task without a context")
    }
    freeEnded(coroutine_switch(contexts + Int(task), context, me))
  }

  private func run(_ task: Int32, _ me: UnsafeMutablePointer<coroutine_worker>) {
    records[Int(task)].state = .running
    if policy == .fair { records[Int(task)].since = coroutine_time() }
    me.pointee.current = task
    let priority = records[Int(task)].priority
    if me.pointee.published != priority { Tasks.publish(priority, me) }
  }

  func work(_ me: UnsafeMutablePointer<coroutine_worker>) {
    while live > 0 {
      let next = queue.takeFirst()
      guard next < 0 else {
        run(next, me)
        guard let context = contexts[Int(next)] else { fatalError("no context") }
        freeEnded(coroutine_switch(&me.pointee.context, context, me))
        continue
      }
      sleep()
    }
  }

  // MARK: Workers

  /// Starts threads that run coroutines until there is no task. Returns how many were made.
  func startWorkers(_ count: Int32) -> Int32 {
    while workers < count, coroutine_start({ _ in TaskSet.runWorker() }, 0) == 0 { workers += 1 }
    return workers
  }

  private static func runWorker() {
    coroutine_lock()
    Tasks.all.work(coroutine_self())
    Tasks.all.leave()
    coroutine_unlock()
  }

  private func leave() {
    workers -= 1
    leaving.pointee &+= 1  // Wrapping: it is compared with its last value only.
    coroutine_wake(leaving, 1)
  }

  /// Waits until the other workers have left: they must not run what is spawned later.
  func awaitWorkers() {
    while workers > 0 {
      let seen = leaving.pointee
      coroutine_unlock()
      coroutine_sleep(leaving, seen)
      coroutine_lock()
    }
  }

  private func sleep() {
    let seen = call.pointee
    sleepers += 1
    coroutine_unlock()
    coroutine_sleep(call, seen)
    coroutine_lock()
    sleepers -= 1
  }

  // MARK: Beginning and end

  /// The first function of a coroutine.
  private static func begin() {
    Tasks.all.freeEnded(coroutine_self())
    Tasks.all.runBody()
    let me = coroutine_self()
    me.pointee.ended = me.pointee.current
    let task = me.pointee.current
    Tasks.all.end(task)
    Tasks.all.switchAway(from: task, to: Tasks.all.queue.takeFirst(), me)
    fatalError("a task that ended runs")
  }

  /// The first function of a thread that is a task.
  private static func runThread(_ task: Int32) {
    let me = coroutine_self()
    me.pointee.is_thread = true
    me.pointee.current = task
    coroutine_lock()
    Tasks.all.records[Int(task)].state = .running
    Tasks.all.runBody()
    Tasks.all.end(task)
    Tasks.all.forget(task)
    coroutine_unlock()
  }

  /// Calls what the task is to do, without the lock. What it owns is released before the lock is
  /// acquired again, because a `deinit` may use tasks.
  private func runBody() {
    Self.call(takeBody())
    coroutine_lock()
  }

  @inline(never)
  private static func call(_ body: consuming (() -> Void)?) { body?() }

  /// Takes what the task is to do out of its record, and releases the lock.
  private func takeBody() -> (() -> Void)? {
    let task = Int(coroutine_self().pointee.current)
    let body = records[task].body
    records[task].body = nil
    coroutine_unlock()
    return body
  }

  /// Wakes those that wait for the end of a task.
  private func end(_ task: Int32) {
    var joiner = records[Int(task)].joiners
    records[Int(task)].joiners = -1
    records[Int(task)].generation &+= 1  // Wrapping: its name is another one from here on.
    while joiner >= 0 {
      let next = records[Int(joiner)].nextJoiner
      wake(joiner)
      joiner = next
    }
  }

  /// Frees the stack and the record of a coroutine that ended on this thread, from another stack.
  private func freeEnded(_ me: UnsafeMutablePointer<coroutine_worker>) {
    if me.pointee.ended >= 0 { freeEndedCold(me) }
  }

  @inline(never)
  private func freeEndedCold(_ me: UnsafeMutablePointer<coroutine_worker>) {
    let task = me.pointee.ended
    me.pointee.ended = -1
    if let stack = records[Int(task)].stack { coroutine_unmap_stack(stack, Tasks.stackSize) }
    forget(task)
  }

  private func forget(_ task: Int32) {
    records[Int(task)].state = .free
    records[Int(task)].body = nil
    live -= 1
    if live == 0 { callWorkers(Int32.max) }
  }
}
