// SPDX-License-Identifier: Apache-2.0

/// What one processor does in one of its runs: its events in program order, each with the loads on
/// which it depends, and its registers at the end.
struct ThreadTrace {
  /// An access to memory, or a barrier.
  struct Event {
    enum Kind: Equatable {
      case read, write
      case barrier(LitmusTest.Barrier)
    }
    let kind: Kind
    /// The location, "" for a barrier.
    var location = ""
    var value = 0
    /// The loads, as bits, whose values the address, the value, and a branch before depend on; and
    /// those of the branches before the last `ISB`.
    var addressLoads: UInt64 = 0
    var valueLoads: UInt64 = 0
    var branchLoads: UInt64 = 0
    var fencedBranchLoads: UInt64 = 0
    /// The exclusive load to which a successful exclusive store belongs.
    var exclusiveLoad: Int?
  }

  private(set) var events: [Event] = []
  private(set) var registers: [String: LitmusTest.Value]

  /// The loads on which each register depends.
  private var loads: [String: UInt64] = [:]
  private var flagLoads: UInt64 = 0
  private var isEqual = false
  private var branchLoads: UInt64 = 0
  private var fencedBranchLoads: UInt64 = 0
  private var exclusive: Int?
  private var next = 0

  private init(registers: [String: LitmusTest.Value]) { self.registers = registers }

  /// All runs of a processor whose loads return one of the `values` of their location.
  static func all(
    _ program: [LitmusTest.Instruction], _ registers: [String: LitmusTest.Value],
    values: [String: Set<Int>]
  ) throws -> [ThreadTrace] {
    var (open, done) = ([ThreadTrace(registers: registers)], [ThreadTrace]())
    while var trace = open.popLast() {
      guard trace.next < program.count else {
        done.append(trace)
        continue
      }
      let instruction = program[trace.next]
      trace.next += 1
      switch instruction {
      case .load(let target, let base, let offset, let isExclusive):
        let location = try trace.location(base, offset)
        for value in values[location] ?? [0] {
          var run = trace
          run.load(target, base, offset, location, value, isExclusive)
          open.append(run)
        }
      case .storeExclusive(let status, let source, let base):
        var run = trace
        run.registers[status] = .number(1)
        run.loads[status] = 0
        open.append(run)
        guard let load = trace.exclusive else { continue }
        try trace.store(source, base, nil, exclusiveLoad: load)
        trace.registers[status] = .number(0)
        trace.loads[status] = 0
        open.append(trace)
      default:
        try trace.step(instruction, program)
        open.append(trace)
      }
    }
    return done
  }

  private func value(_ register: String) -> LitmusTest.Value { registers[register] ?? .number(0) }

  private func number(_ operand: LitmusTest.Operand) throws -> (Int, UInt64) {
    switch operand {
    case .number(let number): return (number, 0)
    case .register(let name):
      guard case .number(let number) = value(name) else {
        throw LitmusTest.Unreadable(text: "arithmetic with an address: \(name)")
      }
      return (number, loads[name] ?? 0)
    }
  }

  private func location(_ base: String, _ offset: String?) throws -> String {
    guard case .address(let location) = value(base) else {
      throw LitmusTest.Unreadable(text: "\(base) is no address")
    }
    if let offset, try number(.register(offset)).0 != 0 {
      throw LitmusTest.Unreadable(text: "an offset that is not 0")
    }
    return location
  }

  private func addressLoads(_ base: String, _ offset: String?) -> UInt64 {
    (loads[base] ?? 0) | (offset.flatMap { loads[$0] } ?? 0)
  }

  private mutating func append(_ event: Event) {
    var event = event
    event.branchLoads = branchLoads
    event.fencedBranchLoads = fencedBranchLoads
    events.append(event)
  }

  private mutating func load(
    _ target: String, _ base: String, _ offset: String?, _ location: String, _ value: Int,
    _ isExclusive: Bool
  ) {
    var event = Event(kind: .read, location: location, value: value)
    event.addressLoads = addressLoads(base, offset)
    if isExclusive { exclusive = events.count }
    registers[target] = .number(value)
    loads[target] = 1 << UInt64(events.count)
    append(event)
  }

  private mutating func store(
    _ source: String, _ base: String, _ offset: String?, exclusiveLoad: Int? = nil
  ) throws {
    let (number, valueLoads) = try number(.register(source))
    var event = Event(kind: .write, location: try location(base, offset), value: number)
    event.addressLoads = addressLoads(base, offset)
    event.valueLoads = valueLoads
    event.exclusiveLoad = exclusiveLoad
    append(event)
  }

  private mutating func step(
    _ instruction: LitmusTest.Instruction, _ program: [LitmusTest.Instruction]
  ) throws {
    switch instruction {
    case .move(let target, let operand):
      let (number, from) = try number(operand)
      registers[target] = .number(number)
      loads[target] = from
    case .compute(let name, let target, let first, let second):
      let (a, b) = (try number(.register(first)), try number(second))
      let result =
        switch name {
        case "ADD": a.0 &+ b.0
        case "SUB": a.0 &- b.0
        case "AND": a.0 & b.0
        default: a.0 ^ b.0
        }
      registers[target] = .number(result)
      loads[target] = a.1 | b.1
    case .store(let source, let base, let offset):
      try store(source, base, offset)
    case .compare(let first, let second):
      let (a, b) = (try number(.register(first)), try number(second))
      isEqual = a.0 == b.0
      flagLoads = a.1 | b.1
    case .branch(let label, let ifEqual):
      if ifEqual != nil { branchLoads |= flagLoads }
      if let ifEqual, ifEqual != isEqual { return }
      guard
        let target = program.firstIndex(where: {
          if case .label(label) = $0 { return true } else { return false }
        }), target >= next
      else { throw LitmusTest.Unreadable(text: "a branch back, or to nowhere: \(label)") }
      next = target
    case .barrier(let barrier):
      if barrier == .instructions { fencedBranchLoads = branchLoads }
      append(Event(kind: .barrier(barrier)))
    case .label, .load, .storeExclusive:
      break
    }
  }
}
