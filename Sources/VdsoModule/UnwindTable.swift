// SPDX-License-Identifier: Apache-2.0
/// The image's unwind table, `.ARM.exidx`: pairs of a code address (31 bits, relative to the pair)
/// and the program that unwinds a frame from there up to the next pair's address.
///
/// Unwinders look up the instruction before the program counter, because they expect a call there.
/// The build shifts the entries accordingly, so they are right for every instruction, not for calls
/// only (tools/VdsoInspection/UnwindTables.swift).
public struct UnwindTable: Equatable, Sendable {
  /// Bytes of an entry.
  private static var entrySize: UInt32 { 8 }

  /// The offset of the table in the image.
  public let offset: UInt32
  /// The number of entries, at least two; the last one marks the end of the code.
  public let count: UInt32

  /// A table of `count` entries at `offset`, which the caller has checked.
  public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  /// Checks the table in `segment`, which has whole entries and is inside `file`: it must ascend
  /// from the start of the code to its end, with valid programs, and the right ones for the
  /// trampolines.
  ///
  /// - Throws: `unwindAddress`, `unwindProgram` or `unwindTrampoline`.
  init(
    checking file: borrowing ImageBytes, _ segment: (offset: UInt32, size: UInt32),
    text: (start: UInt32, size: UInt32), _ returns: SignalTrampolines
  ) throws(VdsoImage.Violation) {
    offset = segment.offset
    count = segment.size / Self.entrySize
    let end = text.start + text.size
    var next = text.start
    for index in 0..<count {
      let entry = offset + index * Self.entrySize
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
        program(at: returns.plain + distance, in: file) == UnwindProgram.plainReturn,
        program(at: returns.realTime + distance, in: file) == UnwindProgram.realTimeReturn
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
      let entry = offset + index * Self.entrySize
      guard let word = read(entry), let program = read(entry + 4) else { return nil }
      // Wrapping: a counter of 0 or 1 becomes an address after the code.
      if Self.start(word, at: entry) > counter &- 2 { break }
      found = program
    }
    return found.map { UnwindProgram(word: $0) }
  }
}
