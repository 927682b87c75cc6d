// SPDX-License-Identifier: Apache-2.0

/// A candidate execution: a run of each processor, the store that each load reads from (`rf`), and
/// the order of the stores to each location (`co`).
struct Execution {
  /// The events; the first ones are the stores of the initial values.
  private(set) var events: [ThreadTrace.Event] = []
  /// The processor of each event, -1 for an initial store.
  private(set) var threads: [Int] = []
  private let traces: [ThreadTrace]
  /// The number of each processor's first event.
  private var firsts: [Int] = []
  /// Program order, without barriers' own meaning.
  private(set) var order: Relation
  private(set) var readsFrom: Relation
  private(set) var coherence: Relation

  private init(_ traces: [ThreadTrace], initial: [String: Int]) {
    self.traces = traces
    for (location, value) in initial.sorted(by: { $0.key < $1.key }) {
      events.append(ThreadTrace.Event(kind: .write, location: location, value: value))
      threads.append(-1)
    }
    for (thread, trace) in traces.enumerated() {
      firsts.append(events.count)
      events += trace.events
      threads += Array(repeating: thread, count: trace.events.count)
    }
    order = Relation(count: events.count)
    readsFrom = order
    coherence = order
    for first in events.indices where threads[first] >= 0 {
      for second in first + 1..<max(first + 1, events.count)
      where threads[second] == threads[first] { order[first, second] = true }
    }
  }

  /// Whether a run of the test that the model allows ends in the state that the test asks for.
  static func isPossible(_ test: LitmusTest) throws -> Bool {
    let (traces, initial) = try allTraces(of: test)
    var chosen: [ThreadTrace] = []
    func choose(_ thread: Int) -> Bool {
      guard thread < traces.count else {
        return Execution(chosen, initial: initial).hasCompletion(test.condition)
      }
      for trace in traces[thread] {
        chosen.append(trace)
        defer { chosen.removeLast() }
        if choose(thread + 1) { return true }
      }
      return false
    }
    return choose(0)
  }

  /// All runs of each processor, and the initial value of each location. The values that a load may
  /// return are those that a run stores, which may depend on those that a load returns: as many
  /// times as there are stores.
  private static func allTraces(
    of test: LitmusTest
  ) throws -> ([[ThreadTrace]], initial: [String: Int]) {
    var initial = test.memory
    for case .address(let location) in test.registers.flatMap(\.values)
    where initial[location] == nil { initial[location] = 0 }
    var values = initial.mapValues { Set([$0]) }
    var round = 0
    while true {
      let traces = try zip(test.threads, test.registers).map {
        try ThreadTrace.all($0, $1, values: values)
      }
      let before = values
      let runs = traces.map { $0.map { $0.events.filter { $0.kind == .write } } }
      for event in runs.joined().joined() {
        values[event.location, default: []].insert(event.value)
      }
      let stores = runs.map { $0.map(\.count).max() ?? 0 }.reduce(0, +)
      if values == before || round == stores { return (traces, initial) }
      round += 1
    }
  }

  /// Whether there are `rf` and `co` with which the model allows the execution and its final state
  /// is the one that is asked for.
  private func hasCompletion(_ condition: LitmusTest.Condition) -> Bool {
    let reads = events.indices.filter { events[$0].kind == .read }
    let locations = Set(events.map(\.location)).filter { !$0.isEmpty }.sorted()
    func order(_ execution: Execution, _ index: Int) -> Bool {
      guard index < locations.count else {
        return execution.holds(condition) && ARMMemoryModel.allows(execution)
      }
      let stores = events.indices.filter {
        events[$0].kind == .write && events[$0].location == locations[index] && threads[$0] >= 0
      }
      let initial = events.indices.first {
        threads[$0] < 0 && events[$0].location == locations[index]
      }
      return orders(of: stores).contains { sequence in
        var next = execution
        let all = (initial.map { [$0] } ?? []) + sequence
        for (place, first) in all.enumerated() {
          for second in all[(place + 1)...] { next.coherence[first, second] = true }
        }
        return order(next, index + 1)
      }
    }
    func read(_ execution: Execution, _ index: Int) -> Bool {
      guard index < reads.count else { return order(execution, 0) }
      let load = reads[index]
      return events.indices.contains { store in
        guard events[store].kind == .write, events[store].location == events[load].location,
          events[store].value == events[load].value
        else { return false }
        var next = execution
        next.readsFrom[store, load] = true
        return read(next, index + 1)
      }
    }
    return read(self, 0)
  }

  /// The orders of stores to a location, in each of which those of a processor are in program order.
  private func orders(of stores: [Int]) -> [[Int]] {
    guard !stores.isEmpty else { return [[]] }
    return stores.filter { first in !stores.contains { order[$0, first] } }.flatMap { first in
      orders(of: stores.filter { $0 != first }).map { [first] + $0 }
    }
  }

  private func holds(_ condition: LitmusTest.Condition) -> Bool {
    switch condition {
    case .register(let thread, let name, let value):
      return (traces[thread].registers[name] ?? .number(0)) == .number(value)
    case .location(let name, let value):
      let last = events.indices.first { store in
        events[store].kind == .write && events[store].location == name
          && coherence.rows[store] == 0
      }
      return last.map { events[$0].value } == value
    case .not(let inner): return !holds(inner)
    case .both(let left, let right): return holds(left) && holds(right)
    case .either(let left, let right): return holds(left) || holds(right)
    }
  }

  /// The pairs of an event and a later one that depends on it, by the bits that `loads` returns.
  func dependencies(_ loads: (ThreadTrace.Event) -> UInt64) -> Relation {
    var result = Relation(count: events.count)
    for event in events.indices where threads[event] >= 0 {
      var left = loads(events[event])
      while left != 0 {
        result[firsts[threads[event]] + left.trailingZeroBitCount, event] = true
        left &= left - 1
      }
    }
    return result
  }

  /// Each exclusive load with its successful exclusive store.
  var exclusivePairs: Relation {
    dependencies { event in event.exclusiveLoad.map { 1 << UInt64($0) } ?? 0 }
  }
}
