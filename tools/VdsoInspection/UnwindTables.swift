// SPDX-License-Identifier: Apache-2.0
// The image's unwind tables, made from the states of its instructions. They are linked into the
// image after its code, and the build compares them with what it computes from the finished image.

/// `.ARM.exidx` of an image: ranges of code, each with the program that unwinds a frame there
/// (Exception Handling ABI for the Arm Architecture, IHI 0038, 6 and 10.3).
///
/// Unwinders look up the instruction *before* the program counter, because they expect a call there
/// (libgcc subtracts 2, LLVM's libunwind 1). Entries therefore begin one instruction early: the
/// entry for an instruction describes the stack before its successor. So the table is right for
/// return addresses and also, unlike any compiler's, for a program that was interrupted anywhere.
public struct UnwindTables {
  /// A range of code, which ends where the next begins.
  public struct Entry: Equatable {
    /// The address of the first instruction.
    public let address: UInt32
    /// The second word: a compact program of the first kind, or 1 (EXIDX_CANTUNWIND).
    public let program: UInt32
  }

  /// The ranges in ascending order.
  public let entries: [Entry]

  private static let cannot: UInt32 = 1
  /// The programs for Linux' signal frames. At sp + 32, or sp + 160, are r0 to r3, which no caller
  /// needs after a call, and r4 to pc: `vsp += n`, `pop {r4-r15}`.
  private static let trampolinePrograms: [UInt32: UInt32] = [
    0xe3a0_7077: 0x800b_8fff, 0xe3a0_70ad: 0x802b_8fff,
  ]

  /// The table of the code with the states `code`.
  ///
  /// - Throws: `ElfError` for a state that a program of three bytes cannot unwind.
  public init(_ code: FrameStates) throws {
    var entries: [Entry] = []
    var last: UInt32?
    for index in code.words.indices.dropLast() {
      // An unreachable instruction belongs to the range before it.
      let program = try Self.program(code, at: index + 1) ?? last ?? Self.cannot
      if program != last {
        let address = code.start + UInt32(index) * 4
        entries.append(Entry(address: address, program: program))
      }
      last = program
    }
    entries.append(Entry(address: code.end, program: Self.cannot))
    self.entries = entries
  }

  /// The program that unwinds the frame before an instruction; nil if that is unreachable.
  private static func program(_ code: FrameStates, at index: Int) throws -> UInt32? {
    if let state = code.states[index] { return try program(state) }
    // The two instructions of a sigreturn trampoline, and the one after them.
    for distance in 0...2 where index >= distance {
      if let program = trampolinePrograms[code.words[index - distance]] { return program }
    }
    return nil
  }

  private static func program(_ state: FrameState) throws -> UInt32 {
    var bytes: [UInt32] = []
    let size = state.saved.count * 4
    let local = state.depth - size
    if local > 0 { bytes.append(UInt32(local - 4) >> 2) }
    for (place, slot) in state.saved.enumerated() where slot.below != size - place * 4 {
      throw ElfError(description: "saved registers are not contiguous")
    }
    let mask = state.saved.reduce(0 as UInt32) { $0 | 1 << UInt32($1.register) }
    let count = UInt32((mask & 0xff0).nonzeroBitCount)
    if count > 0, mask == (1 << count - 1) << 4 | 0x4000 {
      bytes.append(0xa8 | (count - 1))
    } else if mask != 0 {
      bytes += [0x80 | mask >> 12, mask >> 4 & 0xff]
    }
    guard bytes.count <= 3, local >= 0, local <= 256, local % 4 == 0 else {
      throw ElfError(description: "a frame needs more than three bytes to unwind")
    }
    bytes += [UInt32](repeating: 0xb0, count: 3 - bytes.count)  // finish
    return bytes.reduce(0x80) { $0 << 8 | $1 }
  }

  /// Assembly source of the table at `address`.
  public func assembly(at address: UInt32) -> String {
    var text = ".section .apus.exidx, \"a\", %progbits\n.balign 4\n"
    for (index, entry) in entries.enumerated() {
      // A 31-bit offset. Wrapping: it is negative, in two's complement.
      let distance = (entry.address &- address &- UInt32(index) * 8) & 0x7fff_ffff
      text += ".long \(distance), \(entry.program)\n"
    }
    return text
  }

  /// The table in `file`; empty if there is none.
  public static func entries(in file: ElfFile) throws -> [Entry] {
    guard let segment = file.segments.first(where: { $0.type == 0x7000_0001 }) else { return [] }
    return try stride(from: 0, to: Int(segment.fileSize), by: 8).map { offset in
      let place = Int(segment.offset) + offset
      let distance = Int32(bitPattern: try file.word(place) << 1) >> 1
      return Entry(
        address: segment.address &+ UInt32(offset) &+ UInt32(bitPattern: distance),
        program: try file.word(place + 4))
    }
  }
}
