// SPDX-License-Identifier: Apache-2.0
/// The image's table for unwinding, `.ARM.exidx`: pairs of a place in the code, relative to the pair
/// with 31 bits, and what undoes a frame from there up to the next place.
///
/// Who looks something up takes the instruction in front of the program counter, because that is
/// where calls are; the entries are made for that, so they hold for every instruction of the code and
/// not for calls alone (tools/VdsoInspection/UnwindTables.swift).
public struct UnwindTable: Equatable, Sendable {
  /// Bytes of an entry.
  private static var entrySize: UInt32 { 8 }

  /// Where it stands in the image.
  public let offset: UInt32
  /// How many entries it has, at least two; the last one is where the code ends.
  public let count: UInt32

  /// A table of `count` entries at `offset`, which somebody has checked.
  public init(offset: UInt32, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  /// Checks the table in `segment`, of whole entries inside of `file`: ascending from the code's start
  /// to its end, with programs that are ones, and the right ones for the ways back.
  init(
    checking file: borrowing ImageBytes, _ segment: (offset: UInt32, size: UInt32),
    text: (start: UInt32, size: UInt32), _ returns: SignalReturns
  ) throws(VdsoImage.Flaw) {
    offset = segment.offset
    count = segment.size / Self.entrySize
    let end = text.start + text.size
    var next = text.start
    for index in 0..<count {
      let place = offset + index * Self.entrySize
      let (start, program) = (Self.start(file.word(place), at: place), file.word(place + 4))
      let isLast = index + 1 == count
      guard isLast ? start == end : start < end, start >= next, start % 4 == 0,
        index > 0 || start == next
      else { throw .unwindPlace }
      next = start + 4
      guard isLast ? program == UnwindProgram.cannot : UnwindProgram(word: program).isValid else {
        throw .unwindProgram
      }
    }
    for distance in stride(from: 0 as UInt32, through: 8, by: 4) {
      guard
        program(at: returns.plain + distance, in: file) == UnwindProgram.plainReturn,
        program(at: returns.realTime + distance, in: file) == UnwindProgram.realTimeReturn
      else { throw .unwindReturn }
    }
  }

  /// What 31 bits at `place` lead to. Wrapping: the code is in front of the table.
  private static func start(_ word: UInt32, at place: UInt32) -> UInt32 {
    place &+ UInt32(bitPattern: Int32(bitPattern: word << 1) >> 1)
  }

  /// The program for the instruction at `counter`.
  @inline(never)
  private func program(at counter: UInt32, in file: borrowing ImageBytes) -> UInt32? {
    program(at: counter) { file.word($0) }?.word
  }

  /// What undoes the frame of a program that is about to run the instruction at `counter`, with the
  /// words of the image from `read`; nil outside of the code.
  public func program(at counter: UInt32, _ read: (UInt32) -> UInt32?) -> UnwindProgram? {
    var found: UInt32?
    for index in 0..<count {
      let place = offset + index * Self.entrySize
      guard let word = read(place), let program = read(place + 4) else { return nil }
      // Wrapping: what is in front of the first entry is in front of it anyway.
      if Self.start(word, at: place) > counter &- 2 { break }
      found = program
    }
    return found.map { UnwindProgram(word: $0) }
  }
}
