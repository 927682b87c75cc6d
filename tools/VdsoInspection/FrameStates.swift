// SPDX-License-Identifier: Apache-2.0
// The state of the stack at each instruction of the image, derived from the instructions. The
// unwind tables are made from it, because a compiler's are right at call sites only.

/// The stack between a function's entry and one of its instructions.
public struct FrameState: Hashable, Sendable {
  /// A register whose value at entry is on the stack.
  public struct Slot: Hashable, Sendable {
    /// The register, 4 to 14.
    public let register: Int
    /// Bytes below the canonical frame address, which is the stack pointer at entry.
    public let below: Int
  }

  /// Bytes between the stack pointer and the canonical frame address.
  public var depth = 0
  /// The saved registers in ascending order.
  public var saved: [Slot] = []

  /// The state at a function's entry.
  public static let entry = FrameState()
}

/// The states of all instructions that a function reaches.
public struct FrameStates {
  /// The address of the first instruction.
  public let start: UInt32
  /// The instructions.
  public let words: [UInt32]
  /// The state before each instruction; nil for an unreachable one.
  public private(set) var states: [FrameState?]
  private var open: [(Int, FrameState)] = []

  /// Follows the code of `file` from its exports through all branches and calls.
  ///
  /// - Throws: `ElfError` if the stack pointer is changed in an unknown way, or if an instruction
  ///   is reached with two different states of the stack.
  public init(_ file: ElfFile) throws {
    guard let text = file.sections.first(where: { $0.flags & 4 != 0 }) else {
      throw ElfError(description: "no code")
    }
    start = text.address
    words = try (0..<Int(text.size) / 4).map { try file.word(Int(text.offset) + $0 * 4) }
    states = [FrameState?](repeating: nil, count: words.count)
    for export in try file.exports().values { try reach(export.value, .entry) }
    while let (index, state) = open.popLast() { try step(index, state) }
  }

  /// The address after the last instruction.
  public var end: UInt32 { start + UInt32(words.count) * 4 }

  private mutating func reach(_ address: UInt32, _ state: FrameState) throws {
    let index = Int(Int32(bitPattern: address &- start)) / 4
    guard words.indices.contains(index) else { throw problem("leads out of the code", index) }
    if let known = states[index] {
      guard known == state else { throw problem("is reached with two different stacks", index) }
      return
    }
    states[index] = state
    open.append((index, state))
  }

  private func problem(_ what: String, _ index: Int) -> ElfError {
    ElfError(description: "0x\(String(Int(start) + index * 4, radix: 16)) \(what)")
  }

  private func address(_ index: Int) -> UInt32 { start &+ UInt32(truncatingIfNeeded: index * 4) }

  /// Follows one instruction; the forms are those of ARM DDI 0406C, A8.
  private mutating func step(_ index: Int, _ state: FrameState) throws {
    let word = words[index]
    let always = word >> 28 == 0xe
    if word & 0xfff0_00f0 == 0xe7f0_00f0 { return }  // A trap.
    if word >> 28 == 0xf { return try reach(address(index + 1), state) }  // A barrier.
    var next = state
    var returns = false
    switch word & 0x0fff_0000 {
    case 0x092d_0000:
      guard always else { throw problem("pushes conditionally", index) }
      push(Self.list(word), &next)
    case 0x08bd_0000:
      let list = Self.list(word)
      returns = list.contains(15)
      try pop(list, &next, index)
      if returns, !always { next = state }
      guard returns || always else { throw problem("pops conditionally", index) }
    case 0x052d_0000: throw problem("pushes a single register", index)
    case 0x049d_0000: throw problem("pops a single register", index)
    case 0x024d_0000 where word >> 12 & 15 == 13: next.depth += Self.immediate(word)
    case 0x028d_0000 where word >> 12 & 15 == 13: next.depth -= Self.immediate(word)
    default:
      guard !Self.writesStackPointer(word) else { throw problem("changes sp otherwise", index) }
      returns = word & 0x0fff_ffff == 0x012f_ff1e  // bx lr
    }
    if returns, (always ? next : .entry) != .entry { throw problem("returns at another sp", index) }
    if word & 0x0e00_0000 == 0x0a00_0000 {
      let distance = UInt32(bitPattern: Int32(bitPattern: word << 8) >> 6)
      let isCall = word & 0x0100_0000 != 0
      try reach(address(index) &+ 8 &+ distance, isCall ? .entry : state)
      returns = !isCall
    }
    if !(returns && always) { try reach(address(index + 1), next) }
  }

  private func push(_ list: [Int], _ state: inout FrameState) {
    state.depth += list.count * 4
    for (place, register) in list.enumerated() where register >= 4 && register != 12 {
      state.saved.append(FrameState.Slot(register: register, below: state.depth - place * 4))
    }
    state.saved.sort { $0.register < $1.register }
  }

  /// Checks that each register is popped from the slot to which it was pushed; the return address
  /// may be popped into the program counter.
  private func pop(_ list: [Int], _ state: inout FrameState, _ index: Int) throws {
    for (place, register) in list.enumerated() {
      let slot = FrameState.Slot(
        register: register == 15 ? 14 : register, below: state.depth - place * 4)
      guard let known = state.saved.firstIndex(of: slot) else {
        throw problem("pops a register from another slot than its own", index)
      }
      state.saved.remove(at: known)
    }
    state.depth -= list.count * 4
  }

  private static func list(_ word: UInt32) -> [Int] {
    (0..<16).filter { word & 1 << UInt32($0) != 0 }
  }

  private static func immediate(_ word: UInt32) -> Int {
    let rotation = (word >> 8 & 15) * 2
    let value = word & 255
    return Int(rotation == 0 ? value : value >> rotation | value << (32 - rotation))
  }

  /// Whether an instruction of another form writes the stack pointer, as its result or its base.
  private static func writesStackPointer(_ word: UInt32) -> Bool {
    let result = word >> 12 & 15 == 13
    switch word >> 25 & 7 {
    case 0, 1: return result && word & 0x0180_0000 != 0x0100_0000
    case 2, 3: return word & 0x0010_0000 != 0 && result || word >> 16 & 15 == 13 && writesBack(word)
    case 4: return word & 0x0010_2000 == 0x0010_2000 || word >> 16 & 15 == 13 && writesBack(word)
    default: return false
    }
  }

  private static func writesBack(_ word: UInt32) -> Bool {
    word & 0x0020_0000 != 0 || word & 0x0d00_0000 == 0x0400_0000
  }
}
