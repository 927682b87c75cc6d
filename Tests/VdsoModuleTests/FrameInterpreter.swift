// SPDX-License-Identifier: Apache-2.0
// A reader of .eh_frame (LSB 5.0, 10.6; DWARF 4, 6.4), as in an unwinder: it finds the rules for an
// address. It knows only what the image contains; anything else is an error.

/// Where the caller's registers are.
struct FrameRow: Equatable {
  /// The frame's address is register 13 plus this.
  var frame = 0
  /// Registers that are in memory, and how far from the frame's address.
  var saved: [Int: Int] = [:]
  /// The register with the return address.
  var back = 14
  /// Whether the frame was interrupted, rather than made a call.
  var isSignal = false
}

struct FrameInterpreter {
  struct Bad: Error, Equatable {
    let what: String
  }

  /// The rows of all addresses.
  private(set) var rows: [UInt32: FrameRow] = [:]

  private struct Common {
    var row = FrameRow()
    var codeStep = 0
    var dataStep = 0
  }

  private let bytes: [UInt8]
  private let address: UInt32

  init(_ bytes: [UInt8], at address: UInt32) throws {
    self.bytes = bytes
    self.address = address
    var place = 0
    while place < bytes.count {
      let size = Int(number(place, 4))
      let end = place + 4 + size
      guard size % 4 == 0, size > 0, end <= bytes.count else { throw Bad(what: "length") }
      let back = Int(number(place + 4, 4))
      if back != 0 { try readEntry(place + 8, end, try common(at: place + 4 - back)) }
      place = end
    }
  }

  private func number(_ place: Int, _ size: Int) -> UInt32 {
    (0..<size).reduce(0) { $0 | UInt32(bytes[place + $1]) << UInt32($1 * 8) }
  }

  /// A number in groups of seven bits; moves on.
  private func leb(_ place: inout Int) -> Int {
    var (value, shift) = (0, 0)
    while true {
      let byte = Int(bytes[place])
      place += 1
      value |= (byte & 127) << shift
      shift += 7
      if byte < 128 { return value }
    }
  }

  private func common(at start: Int) throws -> Common {
    guard number(start + 4, 4) == 0, bytes[start + 8] == 1 else { throw Bad(what: "no CIE") }
    var place = start + 9
    var augmentation = ""
    while bytes[place] != 0 {
      augmentation.append(Character(Unicode.Scalar(bytes[place])))
      place += 1
    }
    place += 1
    var common = Common()
    common.codeStep = leb(&place)
    let step = leb(&place)
    common.dataStep = step >= 64 ? step - 128 : step
    common.row.back = Int(bytes[place])
    guard augmentation.hasPrefix("zR"), bytes[place + 1] == 1, bytes[place + 2] == 0x1a else {
      throw Bad(what: "augmentation \(augmentation)")
    }
    common.row.isSignal = augmentation == "zRS"
    var row = common.row
    try run(place + 3, start + 4 + Int(number(start, 4)), common, &row) { _, _ in }
    common.row = row
    return common
  }

  private mutating func readEntry(_ place: Int, _ end: Int, _ common: Common) throws {
    let distance = Int(Int16(bitPattern: UInt16(number(place, 2))))
    var next = UInt32(truncatingIfNeeded: Int(address) + place + distance)
    let last = next + number(place + 2, 2)
    guard bytes[place + 4] == 0 else { throw Bad(what: "data of the augmentation") }
    var row = common.row
    var found: [UInt32: FrameRow] = [:]
    try run(place + 5, end, common, &row) { count, row in
      for _ in 0..<count {
        found[next] = row
        next += 4
      }
    }
    while next < last {
      found[next] = row
      next += 4
    }
    guard next == last else { throw Bad(what: "runs over its end") }
    rows.merge(found) { _, new in new }
  }

  /// Runs a program; `advance` is called for each advance of the location before it is made.
  private func run(
    _ start: Int, _ end: Int, _ common: Common, _ row: inout FrameRow,
    _ advance: (Int, FrameRow) -> Void
  ) throws {
    var place = start
    var stack: [FrameRow] = []
    while place < end {
      let byte = bytes[place]
      let operand = Int(byte & 63)
      place += 1
      switch byte {
      case 0x00: break
      case 0x02:
        advance(Int(bytes[place]), row)
        place += 1
      case 0x0a: stack.append(row)
      case 0x0b:
        guard let last = stack.popLast() else { throw Bad(what: "nothing remembered") }
        row = last
      case 0x0c:
        guard leb(&place) == 13 else { throw Bad(what: "a frame by another register") }
        row.frame = leb(&place)
      case 0x0e: row.frame = leb(&place)
      case 0x40..<0x80: advance(operand, row)
      case 0x80..<0xc0: row.saved[operand] = leb(&place) * common.dataStep
      case 0xc0...0xff: row.saved[operand] = common.row.saved[operand]
      default: throw Bad(what: "operation \(byte)")
      }
    }
    guard common.codeStep == 0 || common.codeStep == 4 else { throw Bad(what: "steps") }
  }
}
