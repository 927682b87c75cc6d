// SPDX-License-Identifier: Apache-2.0
// Coroutines and threads as tasks of this program's own scheduler, on a worker for each CPU. With FAIR
// defined, coroutines take turns by their shares.

import CoroutineSupport

/// Counts checks, and prints those that fail.
enum Checks {
  nonisolated(unsafe) static var count = 0
  nonisolated(unsafe) static var failed = 0

  static func check(_ holds: Bool, _ what: StaticString, _ number: Int = 0) {
    count += 1
    guard !holds else { return }
    failed += 1
    print("FAILED: \(what): \(number)")
  }
}

/// What the tasks share. Only one worker runs where it is not locked.
nonisolated(unsafe) var order: [Int] = []
nonisolated(unsafe) var sum = 0

func spawn(
  _ kind: TaskKind = .coroutine, _ priority: UInt8 = 16, weight: UInt32 = 100,
  _ body: @escaping () -> Void
) -> TaskID {
  guard let task = Tasks.spawn(kind, priority: priority, weight: weight, body) else {
    fatalError("no task")
  }
  return task
}

func add(_ number: Int) {
  coroutine_lock()
  sum += number
  coroutine_unlock()
}

/// The most urgent first, those of one priority in turn, and each once.
func turns() {
  for number in 0..<3 {
    _ = spawn(.coroutine, number == 2 ? 3 : 9) {
      for turn in 0..<3 {
        order.append(number * 10 + turn)
        Tasks.yield()
      }
    }
  }
  Checks.check(Tasks.current == nil, "the thread is no task")
  Checks.check(Tasks.run(workers: 1) == 1, "one worker")
  Checks.check(order == [20, 21, 22, 0, 10, 1, 11, 2, 12], "the order", order.count)
}

/// A task waits, and another one wakes it: each order of the two.
func waits() {
  var log: [Int] = []
  let sleeper = spawn {
    if let me = Tasks.current { Tasks.wake(me) }
    Tasks.wait()  // It was woken before.
    log.append(1)
    Tasks.wait()
    log.append(3)
    Tasks.wait()
    log.append(5)
  }
  _ = spawn {
    log.append(2)
    Checks.check(Tasks.wake(sleeper), "a task that waits")
    Tasks.yield()
    log.append(4)
    Tasks.join(sleeper)
    log.append(6)
    Checks.check(!Tasks.wake(sleeper), "a task that has ended")
    Checks.check(!Tasks.setPriority(3, of: sleeper), "a task that has ended")
    let next = spawn {}
    Checks.check(next != sleeper, "a name is used twice")
    Checks.check(!Tasks.wake(sleeper), "an old name")
    if let me = Tasks.current { Checks.check(!Tasks.join(me), "a task waits for itself") }
  }
  _ = spawn(.coroutine, 20) { Tasks.wake(sleeper) }
  _ = Tasks.run(workers: 1)
  Checks.check(log == [1, 2, 3, 4, 5, 6], "the order of waits", log.count)
}

/// Priorities change what runs next.
func priorities() {
  order = []
  let low = spawn(.coroutine, 25) { order.append(2) }
  _ = spawn(.coroutine, 10) {
    order.append(0)
    Checks.check(Tasks.setPriority(5, of: low), "a priority")
    Checks.check(!Tasks.setPriority(32, of: low), "no priority")
    Tasks.yield()
    order.append(1)
  }
  _ = Tasks.run(workers: 1)
  Checks.check(order == [0, 2, 1], "the order by priority", order.count)
  Checks.check((Tasks.spawn(priority: 32) {}) == nil, "a task without a priority")
  Checks.check((Tasks.spawn(weight: 0) {}) == nil, "a task without a weight")
}

/// Registers of a coroutine, floating point too, are its own.
func registers() {
  for number in 1...4 {
    _ = spawn {
      var value = Double(number)
      for _ in 0..<100 {
        value *= 1.5
        Tasks.yield()
        value /= 1.5
      }
      add(value == Double(number) ? 1 : 100)
    }
  }
  sum = 0
  _ = Tasks.run(workers: 1)
  Checks.check(sum == 4, "floating point", sum)
}

/// As many tasks as there are records, several times.
func many() {
  sum = 0
  for _ in 0..<5 {
    var made = 0
    while (Tasks.spawn { add(1) }) != nil { made += 1 }
    Checks.check(made == 64, "tasks", made)
    _ = Tasks.run(workers: 2)
  }
  Checks.check(sum == 5 * 64, "ends of tasks", sum)
}

/// Coroutines and threads wake each other in a ring, on all CPUs.
func ring(_ workers: Int32) {
  sum = 0
  var ring: [TaskID] = []
  for number in 0..<8 {
    ring.append(
      spawn(number % 2 == 0 ? .coroutine : .thread) {
        for _ in 0..<200 {
          Tasks.wait()
          add(1)
          Tasks.wake(ring[(number + 1) % 8])
        }
      })
  }
  _ = spawn { for task in ring { Tasks.join(task) } }
  Tasks.wake(ring[0])
  _ = Tasks.run(workers: workers)
  Checks.check(sum == 1600, "turns in the ring", sum)
}

/// Many coroutines yield on all CPUs, and none is lost or runs twice.
func crowd(_ workers: Int32) {
  sum = 0
  for number in 0..<40 {
    _ = spawn(.coroutine, UInt8(10 + number % 3)) {
      for _ in 0..<100 {
        add(1)
        Tasks.yield()
      }
    }
  }
  Checks.check(Tasks.run(workers: workers) == workers, "workers")
  Checks.check(sum == 4000, "turns of the crowd", sum)
}

/// Two coroutines run at the same time, on two CPUs: each waits for the other without giving way.
func meeting() {
  sum = 0
  for _ in 0..<2 {
    _ = spawn {
      add(1)
      while total() < 2 {}
    }
  }
  _ = Tasks.run(workers: 2)
  Checks.check(sum == 2, "a meeting", sum)
}

/// Run time by weight, 1 to 3. A coroutine may be ahead by its longest turn, which is long if the host
/// stops the CPU.
func shares() {
  var spent: [UInt64] = [0, 0]
  var longest: UInt64 = 0
  for number in 0..<2 {
    _ = spawn(weight: number == 0 ? 100 : 300) {
      while spent[0] + spent[1] < 60_000_000 {
        let begun = coroutine_time()
        while coroutine_time() - begun < 50_000 {}
        let turn = coroutine_time() - begun
        spent[number] += turn
        longest = max(longest, turn)
        Tasks.yield()
      }
    }
  }
  _ = Tasks.run(workers: 1)
  let (less, more) = (Int(spent[0] * 3), Int(spent[1]))
  Checks.check(abs(more - less) < 3_000_000 + 4 * Int(longest), "shares, nanoseconds", more - less)
}

/// What a task owns may use tasks when it is released.
final class Alarm {
  let task: TaskID
  init(_ task: TaskID) { self.task = task }
  deinit { Tasks.wake(task) }
}

func releases() {
  sum = 0
  for kind in [TaskKind.coroutine, .thread] {
    let sleeper = spawn {
      Tasks.wait()
      add(1)
    }
    let alarm = Alarm(sleeper)
    _ = spawn(kind) { Checks.check(alarm.task == sleeper, "an alarm") }
  }
  _ = Tasks.run(workers: 1)
  Checks.check(sum == 2, "wake-ups by a release", sum)
}

func total() -> Int {
  coroutine_lock()
  defer { coroutine_unlock() }
  return sum
}

@main
struct Program {
  static func main() {
    Checks.check(!Tasks.prepare(capacity: 0, policy: .fifo), "no task at all")
    #if FAIR
      Checks.check(Tasks.prepare(capacity: 64, policy: .fair), "the tasks")
    #else
      Checks.check(Tasks.prepare(capacity: 64, policy: .fifo), "the tasks")
    #endif
    Checks.check(!Tasks.prepare(capacity: 64, policy: .fifo), "the tasks again")
    #if FAIR
      shares()
    #else
      turns()
      waits()
      priorities()
    #endif
    releases()
    registers()
    many()
    let workers = Int32(sysconf(_SC_NPROCESSORS_ONLN))
    if workers > 1 { meeting() }
    for _ in 0..<3 {
      ring(workers)
      crowd(workers)
    }
    print("coroutines: \(Checks.count) checks, \(Checks.failed) failed")
    exit(Checks.failed == 0 ? 0 : 1)
  }
}
