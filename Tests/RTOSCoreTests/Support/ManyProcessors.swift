// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import RTOSCore

/// The per-CPU state of several CPUs, in one thread: the test sets the CPU that makes the next call
/// (`ThreadProcessor.silicon.number`). A switch only records the decision and checks the stacks: a
/// task may continue only on the stack that was saved last, and on no other CPU before.
enum ManyContext: ContextSwitch {
  /// One CPU's own.
  struct Own {
    var task: TaskNumber = 0
    var isRescheduleDue = false
    var isInInterrupt = false
    var addressSpace: UInt64 = 0
  }

  nonisolated(unsafe) static var all = Array(repeating: Own(), count: 8)
  /// CPUs with a pending reschedule IPI.
  nonisolated(unsafe) static var rescheduled = CpuMask.none
  /// Counts of 16 ns.
  nonisolated(unsafe) static var counter: UInt64 = 0
  nonisolated(unsafe) static var complaints: [String] = []
  nonisolated(unsafe) private static var stacks: [KernelAddress: TaskNumber] = [:]
  nonisolated(unsafe) private static var lastStack: UInt = 0
  nonisolated(unsafe) private static var onCpu = Array(repeating: TaskRecord.none, count: 8)

  static func reset() {
    all = Array(repeating: Own(), count: 8)
    (counter, rescheduled, complaints, stacks, lastStack) = (0, .none, [], [:], 0)
    onCpu = Array(repeating: TaskRecord.none, count: 8)
    hasLeft = false
  }

  /// `willSwitchOut` came since the last switch.
  nonisolated(unsafe) private static var hasLeft = false
  static func willSwitchOut() { hasLeft = true }

  private static var me: Int { Int(ThreadProcessor.number) }

  static var runningTask: TaskNumber {
    get { all[me].task }
    set { all[me].task = newValue }
  }
  static var isRescheduleDue: Bool {
    get { all[me].isRescheduleDue }
    set { all[me].isRescheduleDue = newValue }
  }
  static var isInInterrupt: Bool { all[me].isInInterrupt }

  static func sendReschedule(_ cpus: CpuMask) {
    if cpus.contains(ThreadProcessor.number) { complaints.append("a CPU sends itself an IPI") }
    rescheduled = CpuMask(rawValue: rescheduled.rawValue | cpus.rawValue)
  }

  /// The idle task that the calling CPU begins with.
  static func begin(_ task: TaskNumber) { onCpu[me] = task }

  static func switchStack(
    saving saved: UnsafeMutablePointer<KernelAddress>, to newStack: KernelAddress
  ) {
    if !ThreadProcessor.silicon.isMasked { complaints.append("interrupts are on in a switch") }
    if stacks.removeValue(forKey: newStack) != runningTask {
      complaints.append("task \(runningTask) continues on a stack that is not its own")
    }
    if !hasLeft { complaints.append("task \(onCpu[me]) left without a call of the port") }
    hasLeft = false
    if onCpu.contains(runningTask) { complaints.append("task \(runningTask) runs twice") }
    lastStack += 1
    stacks[KernelAddress(lastStack)] = onCpu[me]
    saved.pointee = KernelAddress(lastStack)
    onCpu[me] = runningTask
  }

  static func prepareStack(
    top: KernelAddress, entry: @convention(c) (UInt32) -> Void, argument: UInt32
  ) -> KernelAddress {
    lastStack += 1
    stacks[KernelAddress(lastStack)] = TaskNumber(rawValue: argument)
    return KernelAddress(lastStack)
  }

  static func activate(addressSpace: UInt64) { all[me].addressSpace = addressSpace }
}

/// A scheduler on `count` CPUs with `tasks` tasks of priority 20, all of them blocked, and its
/// invariants.
final class ManyProcessors {
  let bench: TestBench<ManyContext>
  let count: UInt32
  private(set) var tasks: [TaskNumber] = []
  private var now: UInt64 = 0
  var scheduler: Scheduler<ThreadProcessor, ManyContext> { bench.scheduler }

  init(_ count: UInt32, priorities: [UInt8]) throws {
    ManyContext.reset()
    self.count = count
    bench = try TestBench()
    ManyContext.begin(0)
    for cpu in 1..<count {
      try on(cpu) { ManyContext.begin(try bench.scheduler.adoptCurrent(Urgency(.idle))) }
    }
    for (place, priority) in priorities.enumerated() {
      tasks.append(try bench.create(count + UInt32(place), priority: priority))
    }
  }

  deinit { bench.free() }

  /// Lets CPU `cpu` make calls.
  func on<Result>(_ cpu: UInt32, _ body: () throws -> Result) rethrows -> Result {
    ThreadProcessor.silicon.number = cpu
    defer { ThreadProcessor.silicon.number = 0 }
    return try body()
  }

  func running(_ cpu: UInt32) -> UInt32 { ManyContext.all[Int(cpu)].task.rawValue }
  func record(_ task: UInt32) -> TaskRecord { bench.records[Int(task)] }
  func isIdle(_ cpu: UInt32) -> Bool { record(running(cpu)).isIdle }

  /// The work of a CPU at a reschedule IPI, or when its program is interrupted.
  func look(_ cpu: UInt32) {
    ManyContext.rescheduled.remove(cpu)
    on(cpu) {
      // The idle task's loop clears the note before it yields.
      ManyContext.isRescheduleDue = false
      if isIdle(cpu) { scheduler.yield() } else { scheduler.reschedule() }
    }
  }

  /// Serves all CPUs with a pending IPI or reschedule request, until there is none.
  func settle() {
    for _ in 0..<100 {
      let due = (0..<count).filter {
        ManyContext.rescheduled.contains($0) || ManyContext.all[Int($0)].isRescheduleDue
      }
      if due.isEmpty { return }
      due.forEach(look)
    }
    ManyContext.complaints.append("IPIs without an end")
  }

  func tick(_ cpu: UInt32, isNew: Bool) {
    if isNew {
      now += 1
      ManyContext.counter += 62_500  // 1 ms
    }
    ManyContext.all[Int(cpu)].isInInterrupt = true
    on(cpu) { scheduler.tick(to: now) }
    ManyContext.all[Int(cpu)].isInInterrupt = false
  }

  /// The broken invariant; nil for none. `isSettled`: no IPI is pending.
  func brokenRule(isSettled: Bool) -> String? {
    if let complaint = ManyContext.complaints.first { return complaint }
    for cpu in 0..<count {
      let task = running(cpu)
      for other in 0..<cpu where running(other) == task { return "task \(task) runs twice" }
      if record(task).cpu != cpu { return "task \(task) has another CPU in its record" }
    }
    for task in 0..<UInt32(bench.records.count) where record(task).state == .ready {
      let (urgency, mask) = (record(task).urgency, record(task).affinity)
      guard isSettled, !record(task).isIdle else { continue }
      for cpu in 0..<count where mask.contains(cpu) && urgency < record(running(cpu)).urgency {
        return "task \(task) waits while CPU \(cpu) runs \(running(cpu)), which is less urgent"
      }
    }
    guard isSettled else { return nil }
    for cpu in 0..<count where !record(running(cpu)).affinity.contains(cpu) {
      return "task \(running(cpu)) runs where it may not"
    }
    return nil
  }
}
