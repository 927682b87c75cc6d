// SPDX-License-Identifier: Apache-2.0

/// A litmus test in the format of herd for ARM: a few instructions for each of some processors, and
/// a final state of which is asked whether it can be.
struct LitmusTest {
  /// The name after `ARM`.
  let name: String
  /// The instructions of each processor.
  let threads: [[Instruction]]
  /// The initial value of each register that is not 0, by processor and name.
  let registers: [[String: Value]]
  /// The initial value of each location that is not 0.
  let memory: [String: Int]
  /// The final state.
  let condition: Condition

  /// A value of a register: a number, or the address of a location.
  enum Value: Hashable {
    case number(Int)
    case address(String)
  }

  /// An operand: a register or a number.
  enum Operand {
    case register(String)
    case number(Int)
  }

  /// An instruction of A32, as far as tests need them.
  enum Instruction {
    case move(String, Operand)
    /// `ADD`, `SUB`, `AND` or `EOR`: destination, first and second operand.
    case compute(String, String, String, Operand)
    /// `LDR` or, if exclusive, `LDREX`: destination, address, register that is added to it.
    case load(String, String, offset: String?, isExclusive: Bool)
    case store(String, String, offset: String?)
    /// `STREX`: status, value, address.
    case storeExclusive(String, String, String)
    case compare(String, Operand)
    /// `B`, or `BEQ` and `BNE`, which branch if the comparison says so.
    case branch(String, ifEqual: Bool?)
    case label(String)
    case barrier(Barrier)
  }

  /// A barrier instruction.
  enum Barrier { case full, stores, instructions }

  /// A condition on the final state.
  indirect enum Condition {
    case register(Int, String, Int)
    case location(String, Int)
    case not(Condition)
    case both(Condition, Condition)
    case either(Condition, Condition)
  }

  /// What a test's text has that this cannot read.
  struct Unreadable: Error { let text: String }

  /// Reads a test.
  init(_ text: String) throws {
    guard let open = text.firstIndex(of: "{"), let close = text.firstIndex(of: "}"),
      let exists = text.range(of: "exists", options: .backwards)
    else { throw Unreadable(text: text) }
    name = String(text[..<open].split(separator: "\n")[0].dropFirst(4))
    let rows = text[text.index(after: close)..<exists.lowerBound].split(separator: ";")
      .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(Self.trim) }
      .filter { $0 != [""] }
    let count = rows.first?.count ?? 0
    var (registers, memory) = (Array(repeating: [String: Value](), count: count), [String: Int]())
    for entry in text[text.index(after: open)..<close].split(separator: ";").map(Self.trim)
    where !entry.isEmpty {
      let sides = entry.split(separator: "=").map(Self.trim)
      let place = sides[0].split(separator: ":")
      if place.count == 2, let thread = Int(place[0]) {
        let number = Int(sides[1])
        registers[thread][String(place[1])] = number.map { .number($0) } ?? .address(sides[1])
      } else {
        memory[sides[0]] = Int(sides[1])
      }
    }
    (self.registers, self.memory) = (registers, memory)
    threads = try (0..<count).map { thread in
      try rows.dropFirst().map { $0[thread] }.filter { !$0.isEmpty }.map(Self.instruction)
    }
    var rest = Substring(text[exists.upperBound...].filter { !$0.isWhitespace })
    condition = try Self.either(&rest)
  }

  private static func trim(_ text: some StringProtocol) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func operand(_ text: String) -> Operand {
    text.first == "#" ? .number(Int(text.dropFirst()) ?? 0) : .register(text)
  }

  private static func instruction(_ text: String) throws -> Instruction {
    if text.last == ":" { return .label(String(text.dropLast())) }
    let words = text.split { " ,[]".contains($0) }.map(String.init)
    switch (words[0], words.count) {
    case ("MOV", 3): return .move(words[1], operand(words[2]))
    case ("ADD", 4), ("SUB", 4), ("AND", 4), ("EOR", 4):
      return .compute(words[0], words[1], words[2], operand(words[3]))
    case ("LDR", 3): return .load(words[1], words[2], offset: nil, isExclusive: false)
    case ("LDR", 4): return .load(words[1], words[2], offset: words[3], isExclusive: false)
    case ("LDREX", 3): return .load(words[1], words[2], offset: nil, isExclusive: true)
    case ("STR", 3): return .store(words[1], words[2], offset: nil)
    case ("STR", 4): return .store(words[1], words[2], offset: words[3])
    case ("STREX", 4): return .storeExclusive(words[1], words[2], words[3])
    case ("CMP", 3): return .compare(words[1], operand(words[2]))
    case ("B", 2): return .branch(words[1], ifEqual: nil)
    case ("BEQ", 2): return .branch(words[1], ifEqual: true)
    case ("BNE", 2): return .branch(words[1], ifEqual: false)
    case ("DMB", 1): return .barrier(.full)
    case ("DMB", 2) where words[1] == "ST": return .barrier(.stores)
    case ("ISB", 1): return .barrier(.instructions)
    default: throw Unreadable(text: text)
    }
  }

  private static func either(_ rest: inout Substring) throws -> Condition {
    let left = try both(&rest)
    guard rest.hasPrefix("\\/") else { return left }
    rest.removeFirst(2)
    return .either(left, try either(&rest))
  }

  private static func both(_ rest: inout Substring) throws -> Condition {
    let left = try term(&rest)
    guard rest.hasPrefix("/\\") else { return left }
    rest.removeFirst(2)
    return .both(left, try both(&rest))
  }

  private static func term(_ rest: inout Substring) throws -> Condition {
    switch rest.first {
    case "~":
      rest.removeFirst()
      return .not(try term(&rest))
    case "(":
      rest.removeFirst()
      let inner = try either(&rest)
      guard rest.first == ")" else { throw Unreadable(text: String(rest)) }
      rest.removeFirst()
      return inner
    default:
      let end = rest.firstIndex { "/\\)".contains($0) } ?? rest.endIndex
      let sides = rest[..<end].split(separator: "=").map(String.init)
      rest = rest[end...]
      guard sides.count == 2, let value = Int(sides[1]) else {
        throw Unreadable(text: sides.joined())
      }
      let place = sides[0].split(separator: ":").map(String.init)
      if place.count == 2, let thread = Int(place[0]) { return .register(thread, place[1], value) }
      return .location(sides[0], value)
    }
  }
}
