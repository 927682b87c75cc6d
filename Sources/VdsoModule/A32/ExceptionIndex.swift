// SPDX-License-Identifier: Apache-2.0
/// The image's unwind table, `.ARM.exidx`: pairs of a code address (31 bits, relative to the pair)
/// and the program that unwinds a frame from there up to the next pair's address.
///
/// Unwinders look up the instruction before the program counter, because they expect a call there.
/// The build shifts the entries accordingly, so they are right for every instruction, not for calls
/// only (tools/VdsoInspection/UnwindTables.swift).
public struct ExceptionIndex {
  /// The offset of the table in the image.
  private let offset: UInt32
  /// The number of entries, at least two; the last one marks the end of the code.
  private let count: UInt32

  /// The table in `range`, which has whole entries.
  public init(_ range: ImageRange) {
    offset = range.start
    count = range.size / A32Rules.unwindEntrySize
  }

  /// Checks the table, which is inside `file`: it must ascend from the start of the code to its
  /// end, with valid programs, and the right ones for the trampolines.
  ///
  /// - Throws: `unwindAddress`, `unwindProgram` or `unwindTrampoline`.
  func check(
    _ file: borrowing ImageBytes, _ text: ImageRange, _ trampolines: SignalTrampolines
  ) throws(VdsoImage.Violation) {
    let end = text.end
    var next = text.start
    for index in 0..<count {
      let entry = offset + index * A32Rules.unwindEntrySize
      let (start, program) = (Self.start(file.word(entry), at: entry), file.word(entry + 4))
      let isLast = index + 1 == count
      guard isLast ? start == end : start < end, start >= next, start % 4 == 0,
        index > 0 || start == next
      else { throw .unwindAddress }
      next = start + 4
      guard isLast ? program == UnwindProgram.cannot : UnwindProgram(word: program).isValid else {
        throw .unwindProgram
      }
    }
    for distance in stride(from: 0 as UInt32, through: 8, by: 4) {
      guard
        program(at: trampolines.plain + distance, in: file) == UnwindProgram.plainReturn,
        program(at: trampolines.realTime + distance, in: file) == UnwindProgram.realTimeReturn
      else { throw .unwindTrampoline }
    }
  }

  /// Resolves the 31-bit relative address at offset `entry`. Wrapping: the code is before the
  /// table, so the distance is negative.
  private static func start(_ word: UInt32, at entry: UInt32) -> UInt32 {
    entry &+ UInt32(bitPattern: Int32(bitPattern: word << 1) >> 1)
  }

  /// The program word for a frame whose next instruction is at `counter`; nil before the code.
  @inline(never)
  private func program(at counter: UInt32, in file: borrowing ImageBytes) -> UInt32? {
    program(at: counter) { file.word($0) }?.word
  }

  /// The program for a frame whose next instruction is at `counter`. nil before the code, or if
  /// `read`, which returns words of the image, returns nil; after the code, one that `unwind`
  /// refuses.
  public func program(at counter: UInt32, _ read: (UInt32) -> UInt32?) -> UnwindProgram? {
    var found: UInt32?
    for index in 0..<count {
      let entry = offset + index * A32Rules.unwindEntrySize
      guard let word = read(entry), let program = read(entry + 4) else { return nil }
      // Wrapping: a counter of 0 or 1 becomes an address after the code.
      if Self.start(word, at: entry) > counter &- 2 { break }
      found = program
    }
    return found.map { UnwindProgram(word: $0) }
  }
}
