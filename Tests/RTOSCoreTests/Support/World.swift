// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// A few tasks, one object of each kind, a clock, and the invariants of all.
///
/// Every call of the scheduler is atomic under its one lock, so tasks on several CPUs can affect
/// each other only by the order of their calls. `act` takes the order from the test: any task that
/// could run may make the next call, also one that the scheduler would have let wait.
final class World {
  typealias Context = RecordingContext
  typealias TestScheduler = Scheduler<ThreadProcessor, RecordingContext>

  /// One call of a task, or a tick.
  enum Step {
    case take(Timeout)
    case give
    case lock(Int, Timeout)
    case unlock(Int)
    case await(Timeout)
    case signal
    case broadcast
    case read(UInt32, EventFlags.Mode, clears: Bool, Timeout)
    case write(UInt32)
    case send(isUrgent: Bool, Timeout)
    case receive(Timeout)
    case lockReading(Timeout)
    case lockWriting(Timeout)
    case unlockReadWrite
    case delay(UInt32)
    case setPriority(UInt8)
    case suspend(Int)
    case resume(Int)
    case deleteSemaphore
    case awaitDone(Timeout)
    case complete
  }

  static let queueCapacity: UInt32 = 2
  let bench: TestBench<RecordingContext>
  let semaphore: ObjectHandle<RTOSCore.Semaphore>
  let mutexes: [ObjectHandle<Mutex>]
  let condition: ObjectHandle<ConditionVariable>
  let events: ObjectHandle<EventFlags>
  let queue: ObjectHandle<MessageQueue>
  let lock: ObjectHandle<ReadWriteLock>
  let completion: ObjectHandle<Completion>
  private let messages = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 8)
  private let buffers = UnsafeMutablePointer<UInt32>.allocate(capacity: 32)
  private let priorities: [UInt8]
  private(set) var now: UInt64 = 0
  private(set) var sent: UInt32 = 0
  /// The units that were posted to and taken from the semaphore, as the tasks observed them.
  private(set) var given = 0
  /// Likewise of the completion.
  private(set) var completed = 0
  private(set) var awaited = 0
  /// Tasks whose call has not returned.
  private var waiting: [UInt32: Step] = [:]
  private(set) var taken = 0
  private(set) var received: [UInt32] = []
  let isMessageOrderKept: Bool

  /// Tasks of these priorities, `ticks` after the boot.
  init(priorities: [UInt8], isMessageOrderKept: Bool = true, after ticks: UInt64 = 0) throws {
    Context.reset()
    now = ticks
    self.isMessageOrderKept = isMessageOrderKept
    self.priorities = priorities
    bench = try TestBench(capacity: priorities.count + 1)
    func fixed<Object>(_ object: Object) -> ObjectHandle<Object> {
      let place = UnsafeMutablePointer<Object>.allocate(capacity: 1)
      place.initialize(to: object)
      return ObjectHandle(at: place)
    }
    semaphore = fixed(Semaphore(count: 0))
    mutexes = (0..<3).map { _ in fixed(Mutex(.recursive)) }
    condition = fixed(ConditionVariable())
    events = fixed(EventFlags())
    queue = fixed(MessageQueue(capacity: Self.queueCapacity, messageSize: 4, in: messages))
    lock = fixed(ReadWriteLock())
    completion = fixed(Completion())
    for (place, priority) in priorities.enumerated() {
      bench.scheduler.wake(try bench.create(UInt32(place) + 1, priority: priority))
    }
    bench.scheduler.yield()
    if now > 0 { bench.scheduler.tick(to: now) }
  }

  deinit {
    bench.free()
    messages.deallocate()
    buffers.deallocate()
    semaphore.object.deallocate()
    mutexes.forEach { $0.object.deallocate() }
    condition.object.deallocate()
    events.object.deallocate()
    queue.object.deallocate()
    lock.object.deallocate()
    completion.object.deallocate()
  }

  var scheduler: TestScheduler { bench.scheduler }

  func record(_ task: TaskNumber) -> TaskRecord { bench.records[task.index] }

  /// True when `task` could make a call.
  func isRunnable(_ task: UInt32) -> Bool {
    let records = bench.records
    return records[Int(task)].state == .ready || records[Int(task)].state == .running
  }

  /// Counts one tick.
  func tick() {
    now += 1
    Context.isInInterrupt = true
    scheduler.tick(to: now)
    Context.isInInterrupt = false
    if Context.isRescheduleDue { scheduler.reschedule() }
    collect()
  }

  /// Makes `task`, which is runnable, execute a call.
  func act(_ task: UInt32, _ step: Step) {
    bench.run(TaskNumber(rawValue: task))
    let before = Context.switches.count
    var hasSucceeded = true
    do { try call(step, task) } catch { hasSucceeded = false }
    if bench.records[Int(task)].state == .blocked {
      waiting[task] = step
    } else if hasSucceeded {
      finish(task, step)
    }
    if before > 100_000 { Context.switches = [] }
    collect()
  }

  private func call(_ step: Step, _ task: UInt32) throws {
    let buffer = UnsafeMutableRawBufferPointer(start: buffers + Int(task), count: 4)
    switch step {
    case .take(let timeout): try scheduler.take(semaphore, timeout)
    case .give: try scheduler.give(semaphore)
    case .lock(let place, let timeout): try scheduler.lock(mutexes[place], timeout)
    case .unlock(let place): try scheduler.unlock(mutexes[place])
    case .await(let timeout): try scheduler.wait(for: condition, mutexes[0], timeout)
    case .signal: scheduler.signal(condition)
    case .broadcast: scheduler.broadcast(condition)
    case .read(let mask, let mode, let clears, let timeout):
      _ = try scheduler.read(events, mask, mode, clears: clears, timeout)
    case .write(let bits): scheduler.write(events, bits)
    case .send(let isUrgent, let timeout):
      buffers[Int(task)] = sent
      sent += 1
      try scheduler.send(
        UnsafeRawBufferPointer(buffer), to: queue, isUrgent: isUrgent, timeout)
    case .receive(let timeout): _ = try scheduler.receive(into: buffer, from: queue, timeout)
    case .lockReading(let timeout): try scheduler.lockReading(lock, timeout)
    case .lockWriting(let timeout): try scheduler.lockWriting(lock, timeout)
    case .unlockReadWrite: try scheduler.unlock(lock)
    case .delay(let ticks): try scheduler.delay(ticks: ticks)
    case .setPriority(let priority):
      try scheduler.setPriority(
        Priority(rawValue: priority) ?? .user, of: TaskNumber(rawValue: task))
    case .suspend(let other): try scheduler.suspend(TaskNumber(rawValue: UInt32(other)))
    case .resume(let other): try scheduler.resume(TaskNumber(rawValue: UInt32(other)))
    case .deleteSemaphore: scheduler.delete(semaphore)
    case .awaitDone(let timeout): try scheduler.wait(for: completion, timeout)
    case .complete: scheduler.complete(completion)
    }
  }

  /// Records the calls that have returned.
  private func collect() {
    let records = bench.records
    for (task, step) in waiting where records[Int(task)].state != .blocked {
      waiting[task] = nil
      if records[Int(task)].outcome == .satisfied { finish(task, step) }
    }
  }

  private func finish(_ task: UInt32, _ step: Step) {
    switch step {
    case .take: taken += 1
    case .give: given += 1
    case .receive: received.append(buffers[Int(task)])
    case .awaitDone: awaited += 1
    case .complete: completed += 1
    default: break
    }
  }

  // MARK: Invariants

  /// The first rule that is broken, or nil.
  func brokenRule() -> String? {
    queueRule() ?? semaphoreRule() ?? completionRule() ?? mutexRule() ?? urgencyRule()
      ?? objectRule() ?? taskRule()
  }

  private func queueRule() -> String? {
    let kinds: [(String, WaitQueue)] =
      [
        ("semaphore", semaphore.object.pointee.waiters),
        ("condition", condition.object.pointee.waiters),
        ("events", events.object.pointee.waiters), ("readers", queue.object.pointee.readers),
        ("writers", queue.object.pointee.writers), ("lock", lock.object.pointee.waiters),
        ("completion", completion.object.pointee.waiters),
      ] + mutexes.map { ("mutex", $0.object.pointee.waiters) }
    for (name, queue) in kinds {
      var before = TaskRecord.none
      var task = queue.first
      while task != TaskRecord.none {
        if record(task).state != .blocked { return "\(name): task \(task) is not blocked" }
        if record(task).previous != before { return "\(name): links of task \(task)" }
        if before != TaskRecord.none, record(task).urgency < record(before).urgency {
          return "\(name): task \(task) is queued after \(before)"
        }
        before = task
        task = record(task).next
      }
      if queue.last != before { return "\(name): the last is not \(before)" }
    }
    return nil
  }

  private func semaphoreRule() -> String? {
    let semaphore = semaphore.object.pointee
    if semaphore.count > 0, !semaphore.waiters.isEmpty { return "semaphore: a wake-up is lost" }
    if given != taken + Int(semaphore.count) {
      return "semaphore: \(given) given, \(taken) taken, \(semaphore.count) left"
    }
    return nil
  }

  private func completionRule() -> String? {
    let completion = completion.object.pointee
    if completion.done > 0, !completion.waiters.isEmpty { return "completion: a wake-up is lost" }
    if completed != awaited + Int(completion.done) {
      return "completion: \(completed) times, \(awaited) awaited, \(completion.done) left"
    }
    return nil
  }

  private func mutexRule() -> String? {
    for mutex in mutexes {
      let state = mutex.object.pointee
      if state.owner == TaskRecord.none {
        if !state.waiters.isEmpty { return "mutex: free with a waiter" }
        continue
      }
      if state.depth == 0 { return "mutex: owned and not locked" }
      var held = record(state.owner).held
      while let place = held, place != mutex { held = place.object.pointee.nextHeld }
      if held == nil { return "mutex: not in its owner's list" }
    }
    return nil
  }

  private func urgencyRule() -> String? {
    for task in (1...priorities.count).map(TaskNumber.init(index:)) {
      var expected = record(task).level
      var held = record(task).held
      while let mutex = held {
        let first = mutex.object.pointee.waiters.first
        if first != TaskRecord.none { expected = min(expected, record(first).urgency) }
        held = mutex.object.pointee.nextHeld
      }
      if record(task).urgency != expected { return "task \(task) has \(record(task).urgency)" }
    }
    return nil
  }

  private func objectRule() -> String? {
    var task = events.object.pointee.waiters.first
    while task != TaskRecord.none {
      if case .event(let wanted) = record(task).wait, wanted.match(events.object.pointee.bits) != 0
      {
        return "events: task \(task) waits for bits that are set"
      }
      task = record(task).next
    }
    let queue = queue.object.pointee
    if !queue.readers.isEmpty, queue.count > 0 { return "queue: a message and a reader" }
    if !queue.writers.isEmpty, queue.count < Self.queueCapacity { return "queue: room" }
    if isMessageOrderKept, received != received.sorted() { return "queue: order \(received)" }
    let lock = lock.object.pointee
    if lock.writer != TaskRecord.none, lock.readers > 0 { return "lock: readers and a writer" }
    if !lock.waiters.isEmpty, lock.writer == TaskRecord.none, lock.readers == 0 {
      return "lock: free with a waiter"
    }
    return nil
  }

  private func taskRule() -> String? {
    let records = bench.records
    for task in records.indices where records[task].timeout.isQueued {
      if records[task].state != .blocked { return "task \(task) has a timeout and is not blocked" }
      if records[task].timeout.deadline <= now { return "task \(task) is late" }
    }
    let running = records.indices.filter { records[$0].state == .running }
    if running != [Context.runningTask.index] { return "running: \(running)" }
    return Context.complaints.first
  }
}
