// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// A work queue, its worker (task 1), two tasks that use it, a clock, and a model with invariants.
/// All tasks are equally urgent, so that the test alone decides which makes the next call.
final class WorkWorld {
  typealias Context = RecordingContext

  /// One call; the number is the item's.
  enum Step {
    case enqueue(Int)
    case delay(Int, UInt32)
    case cancel(Int)
    case cancelAndWait(Int)
    case flush(Int)
    case flushAll
    /// The worker's step: the last item is done, which is next?
    case work
    case tick
  }

  private struct Instance: Equatable {
    let item: Int
    let number: Int
  }

  let bench: TestBench<RecordingContext>
  let queue: ObjectHandle<WorkQueue>
  private(set) var items: [ObjectHandle<Work>] = []
  private var now: UInt64 = 0
  private var queued: [Instance] = []
  private var delayed: [(item: Int, deadline: UInt64)] = []
  private var running: Instance?
  private var issued = 0
  /// The tasks that wait for instances to end, and prevent new ones.
  private var waits: [UInt32: (cancels: Bool, pending: [Int])] = [:]
  private var broken: String?
  /// Items in the order in which they were done.
  private(set) var done: [Int] = []

  init(items count: Int) throws {
    Context.reset()
    bench = try TestBench(capacity: 4)
    let place = UnsafeMutablePointer<WorkQueue>.allocate(capacity: 1)
    place.initialize(to: WorkQueue())
    queue = ObjectHandle(at: place)
    for number in 0..<count {
      let item = UnsafeMutablePointer<Work>.allocate(capacity: 1)
      item.initialize(to: Work(in: queue, argument: UInt(number)) { _ in })
      items.append(ObjectHandle(at: item))
    }
    for task: UInt32 in 1...3 { bench.scheduler.wake(try bench.create(task, priority: 20)) }
    bench.scheduler.yield()
  }

  deinit {
    items.forEach { $0.object.deallocate() }
    queue.object.deallocate()
    bench.free()
  }

  func isRunnable(_ task: UInt32) -> Bool {
    let state = bench.records[Int(task)].state
    return state == .ready || state == .running
  }

  /// Lets `task` make a call, if it can.
  func act(_ task: UInt32, _ step: Step) {
    if case .tick = step { return tick() }
    guard isRunnable(task) else { return }
    bench.run(TaskNumber(rawValue: task))
    let scheduler = bench.scheduler
    switch step {
    case .enqueue(let item): expect(scheduler.enqueue(items[item]), enqueue(item, 0), "enqueue")
    case .delay(let item, let ticks):
      expect(scheduler.enqueue(items[item], after: ticks), enqueue(item, ticks), "delay")
    case .cancel(let item): expect(scheduler.cancel(items[item]), takeBack(item), "cancel")
    case .cancelAndWait(let item):
      let was = takeBack(item)
      if task == 1 { return refuse(item) }
      if let running, running.item == item { waits[task] = (true, [running.number]) }
      expect((try? scheduler.cancelAndWait(items[item])) ?? was, was, "cancelAndWait")
    case .flush(let item):
      guard task != 1 else { return }
      if let there = queued.first(where: { $0.item == item }) ?? running, there.item == item {
        waits[task] = (false, [there.number])
      }
      try? scheduler.flush(items[item])
    case .flushAll:
      guard task != 1 else { return }
      waits[task] = (false, queued.map(\.number) + (running.map { [$0.number] } ?? []))
      try? scheduler.flush(queue)
    case .work: work()
    case .tick: break
    }
    check()
  }

  /// The broken invariant; nil for none.
  func brokenRule() -> String? { broken ?? Context.complaints.first }

  private func work() {
    if let running { done.append(running.item) }
    running = nil
    promote()
    let step = bench.scheduler.nextWork(of: queue)
    if queued.isEmpty {
      guard case .again = step else { return fail("the worker gets an item") }
    } else {
      running = queued.removeFirst()
      guard case .call(_, let argument) = step, Int(argument) == running?.item else {
        return fail("the worker does \(step) instead of \(running as Any)")
      }
    }
  }

  private func enqueue(_ item: Int, _ ticks: UInt32) -> Bool {
    let isCancelled = waits.values.contains { $0.cancels && $0.pending == [running?.number] }
    guard !queued.contains(where: { $0.item == item }),
      !delayed.contains(where: { $0.item == item }), !(running?.item == item && isCancelled)
    else { return false }
    if ticks == 0 {
      issue(item)
    } else {
      let place = delayed.firstIndex { $0.deadline > now + UInt64(ticks) } ?? delayed.count
      delayed.insert((item, now + UInt64(ticks)), at: place)
    }
    return true
  }

  private func issue(_ item: Int) {
    issued += 1
    queued.append(Instance(item: item, number: issued))
  }

  private func takeBack(_ item: Int) -> Bool {
    let before = queued.count + delayed.count
    queued.removeAll { $0.item == item }
    delayed.removeAll { $0.item == item }
    return queued.count + delayed.count != before
  }

  /// The worker cannot wait for its own work.
  private func refuse(_ item: Int) {
    if running?.item == item {
      do {
        _ = try bench.scheduler.cancelAndWait(items[item])
        fail("work waits for itself")
      } catch { if error != .deadlock { fail("work that waits for itself is \(error)") } }
    } else {
      _ = try? bench.scheduler.cancelAndWait(items[item])
    }
    check()
  }

  private func tick() {
    now += 1
    Context.isInInterrupt = true
    bench.scheduler.tick(to: now)
    Context.isInInterrupt = false
    if Context.isRescheduleDue { bench.scheduler.reschedule() }
    check()
  }

  private func promote() {
    while let first = delayed.first, first.deadline <= now {
      delayed.removeFirst()
      issue(first.item)
    }
  }

  private func check() {
    let pending = Set(queued.map(\.number) + (running.map { [$0.number] } ?? []))
    for task: UInt32 in 2...3 {
      if let wait = waits[task], pending.isDisjoint(with: wait.pending) { waits[task] = nil }
      let isBlocked = bench.records[Int(task)].state == .blocked
      if isBlocked != (waits[task] != nil) {
        fail("task \(task) \(isBlocked ? "waits for nothing" : "does not wait")")
      }
    }
    if bench.records[1].state == .blocked,
      !queued.isEmpty || (delayed.first?.deadline ?? .max) <= now
    {
      fail("the worker sleeps while there is work")
    }
  }

  private func expect(_ answer: Bool, _ wanted: Bool, _ what: String) {
    if answer != wanted { fail("\(what) says \(answer)") }
  }

  private func fail(_ what: String) { if broken == nil { broken = what } }
}
