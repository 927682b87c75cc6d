// SPDX-License-Identifier: Apache-2.0
// The image's DWARF unwind table, for debuggers and for unwinders that do not use .ARM.exidx.

/// `.eh_frame` of an image (LSB 5.0, 10.6; DWARF 4, 6.4). For every instruction it gives the
/// positions of the caller's registers. For the sigreturn trampolines it gives those of the
/// interrupted program, r0 to r15, with the mark of a signal frame.
///
/// The image must fit in one page, so the table is compact: offsets take two bytes, and all
/// functions share one entry, whose program describes the sequence of states in the fewest bytes.
public struct FrameTable {
  /// The table, made for its address.
  public let bytes: [UInt8]

  private enum Operation {
    static let advance: UInt8 = 0x40
    static let offset: UInt8 = 0x80
    static let restore: UInt8 = 0xc0
    static let advanceByByte: UInt8 = 0x02
    static let remember: UInt8 = 0x0a
    static let recall: UInt8 = 0x0b
    static let defineFrame: UInt8 = 0x0c
    static let defineOffset: UInt8 = 0x0e
  }

  /// The table of `code`, to be linked at `address`.
  ///
  /// - Throws: `ElfError` if this form cannot describe the states of the code.
  public init(_ code: FrameStates, at address: UInt32) throws {
    var table = Builder(address: address)
    // r13 is the frame's address, and r14 has the return address.
    let functions = table.common("zR", back: 14, [Operation.defineFrame, 13, 0])
    let returns = code.words.indices.filter {
      code.words[$0] & 0xffff_ff00 == 0xe3a0_7000 && code.states[$0] == nil
    }
    guard let first = code.states.firstIndex(where: { $0 != nil }), returns.count == 2,
      returns.allSatisfy({ $0 < first })
    else { throw ElfError(description: "the sigreturn trampolines are not before the functions") }
    table.entry(
      of: functions, code.start + UInt32(first) * 4, code.end, try Self.program(code, from: first))
    // r0 to r15 are saved below the frame's address; r15 has the return address, and r13 is saved
    // too.
    let registers = (0..<16).flatMap { [Operation.offset | UInt8($0), UInt8(16 - $0)] }
    let signals = table.common("zRS", back: 15, registers)
    for (index, size) in zip(returns, [96, 96 + 128] as [UInt32]) {
      // One instruction earlier, because unwinders take a handler's return address for that of a
      // call.
      let start = code.start + UInt32(index) * 4
      table.entry(
        of: signals, start - 4, start + 12, [Operation.defineFrame, 13] + Self.number(size))
    }
    bytes = table.bytes
  }

  /// A number in LEB128, groups of seven bits.
  private static func number(_ value: UInt32) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + number(value >> 7)
  }

  /// A program for the states so far, and the states on its stack of remembered ones.
  private struct Candidate {
    var bytes: [UInt8] = []
    var remembered: [FrameState] = []
  }

  /// The shortest program for all states from instruction `first` on. At most three states are
  /// remembered at a time.
  private static func program(_ code: FrameStates, from first: Int) throws -> [UInt8] {
    var ways = [[FrameState]: Candidate]()
    ways[[]] = Candidate()
    var (state, place) = (FrameState.entry, first)
    for index in first..<code.words.count {
      guard let next = code.states[index], next != state else { continue }
      let advance = try advance(index - place)
      var longer = [[FrameState]: Candidate]()
      for way in ways.values {
        for remembers in [false, true] where !remembers || way.remembered.count < 3 {
          var way = way
          way.bytes += advance
          if remembers {
            way.bytes.append(Operation.remember)
            way.remembered.append(state)
          }
          for way in [change(way, state, next), recall(way, next)].compactMap({ $0 })
          where longer[way.remembered].map({ isBetter(way, $0) }) ?? true {
            longer[way.remembered] = way
          }
        }
      }
      (ways, state, place) = (longer, next, index)
    }
    return ways.values.min(by: isBetter)?.bytes ?? []
  }

  /// Whether `one` is shorter, or of the same length and first in order: so builds are
  /// reproducible.
  private static func isBetter(_ one: Candidate, _ other: Candidate) -> Bool {
    one.bytes.count != other.bytes.count
      ? one.bytes.count < other.bytes.count : one.bytes.lexicographicallyPrecedes(other.bytes)
  }

  private static func advance(_ count: Int) throws -> [UInt8] {
    guard count < 256 else { throw ElfError(description: "a state spans too many instructions") }
    return count < 64
      ? [Operation.advance | UInt8(count)] : [Operation.advanceByByte, UInt8(count)]
  }

  private static func recall(_ way: Candidate, _ next: FrameState) -> Candidate? {
    guard way.remembered.last == next else { return nil }
    var way = way
    way.remembered.removeLast()
    way.bytes.append(Operation.recall)
    return way
  }

  private static func change(_ way: Candidate, _ state: FrameState, _ next: FrameState)
    -> Candidate?
  {
    var way = way
    if state.depth != next.depth {
      way.bytes += [Operation.defineOffset] + number(UInt32(next.depth))
    }
    for slot in state.saved where !next.saved.contains(where: { $0.register == slot.register }) {
      way.bytes.append(Operation.restore | UInt8(slot.register))
    }
    for slot in next.saved where !state.saved.contains(slot) {
      way.bytes += [Operation.offset | UInt8(slot.register), UInt8(slot.below / 4)]
    }
    return way
  }

  /// Assembles the entries.
  private struct Builder {
    let address: UInt32
    var bytes: [UInt8] = []

    /// Appends a common information entry; returns its offset.
    mutating func common(_ augmentation: String, back: UInt8, _ program: [UInt8]) -> Int {
      let place = bytes.count
      // Version 1; code is in units of 4 bytes, data of -4; addresses are 2-byte offsets.
      let head: [UInt8] = [1] + Array(augmentation.utf8) + [0, 4, 0x7c, back, 1, 0x1a]
      append([0, 0, 0, 0] + head + program)
      return place
    }

    /// Appends an entry for the code from `start` up to `end`.
    mutating func entry(of common: Int, _ start: UInt32, _ end: UInt32, _ program: [UInt8]) {
      let place = bytes.count
      let distance = start &- address &- UInt32(place) &- 8
      let head = word(UInt32(place + 4 - common)) + word(distance)[..<2] + word(end - start)[..<2]
      append(head + [0] + program)
    }

    private mutating func append(_ body: [UInt8]) {
      let padded = body + [UInt8](repeating: 0, count: -body.count & 3)
      bytes += word(UInt32(padded.count)) + padded
    }

    private func word(_ value: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
    }
  }

  /// Assembly source of the table.
  public var assembly: String {
    ".section .apus.frames, \"a\", %progbits\n.balign 4\n.byte "
      + bytes.map(String.init).joined(separator: ",") + "\n"
  }

  /// The table in `file`; empty if there is none.
  public static func bytes(in file: ElfFile) -> [UInt8] {
    guard let section = file.section(".eh_frame") else { return [] }
    let start = Int(section.offset)
    return Array(file.bytes[start..<min(start + Int(section.size), file.bytes.count)])
  }
}
