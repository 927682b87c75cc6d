// SPDX-License-Identifier: Apache-2.0
// The bound of every function of the image: the length of the longest path through its code.

/// The most instructions that a function of the image can execute.
///
/// All branches are followed both ways, all calls are entered, and an instruction whose condition
/// fails counts as one that executes. The number is therefore an upper bound, retries included. The
/// code must not have a loop, which would have no bound here; the compiler unrolls the few retries.
/// An svc counts as one instruction: the kernel's work is the system call's own cost.
public struct LongestPath {
  private let code: [Instruction]
  private let places: [UInt32: Int]
  /// The longest path from an instruction to its function's return, as far as known.
  private var known: [Int: Int] = [:]
  private var open: Set<Int> = []

  /// Prepares a search in the instructions of an image.
  public init(_ disassembly: Disassembly) {
    code = disassembly.instructions
    places = Dictionary(
      code.enumerated().map { ($0.element.address, $0.offset) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The most instructions from `address` to the function's return.
  ///
  /// - Throws: `ElfError` if the code has a loop, or a path that leads out of it.
  public mutating func instructions(from address: UInt32) throws -> Int {
    guard let index = places[address] else {
      throw ElfError(description: "no instruction at 0x\(String(address, radix: 16))")
    }
    return try length(from: index)
  }

  private mutating func length(from index: Int) throws -> Int {
    if let length = known[index] { return length }
    guard code.indices.contains(index) else {
      throw ElfError(description: "a path runs past the end of the code")
    }
    let instruction = code[index]
    guard open.insert(index).inserted else {
      throw ElfError(description: "a loop has no bound: \(instruction.place)")
    }
    defer { open.remove(index) }
    var longest = 0
    if Self.mayGoOn(instruction) { longest = try length(from: index + 1) }
    let isCall = Self.calls.contains(instruction.mnemonic)
    if isCall || Self.branches.contains(instruction.mnemonic) {
      let target = try instructions(from: try Self.target(instruction))
      longest = isCall ? longest + target : max(longest, target)
    }
    known[index] = longest + 1
    return longest + 1
  }

  private static let conditions = [
    "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le",
  ]
  private static let branches = Set(["b"] + conditions.map { "b" + $0 })
  private static let calls = Set(["bl"] + conditions.map { "bl" + $0 })

  /// Whether execution may continue at the next instruction: not after an unconditional branch or
  /// return, nor after a trap.
  private static func mayGoOn(_ instruction: Instruction) -> Bool {
    switch instruction.mnemonic {
    case "b", "bx", "trap", "udf": false
    case "pop", "ldm": !instruction.operands.contains("pc")
    case "mov": !instruction.operands.hasPrefix("pc")
    default: true
    }
  }

  private static func target(_ instruction: Instruction) throws -> UInt32 {
    let word = instruction.operands.prefix { $0 != " " }
    guard word.hasPrefix("0x"), let address = UInt32(word.dropFirst(2), radix: 16) else {
      throw ElfError(description: "a branch without a target: \(instruction.place)")
    }
    return address
  }
}
