// SPDX-License-Identifier: Apache-2.0
// A small ARM: the A32 instructions that the image uses (ARM DDI 0406C, A8), over a few windows of
// memory. An unknown instruction is an error, so that no test passes because one was left out.

/// Why a run ended.
enum ArmStop: Error, Equatable {
  case unknown(word: UInt32, at: UInt32)
  case fault(address: UInt32, at: UInt32)
}

/// A stretch of memory.
struct ArmWindow {
  let base: UInt32
  var bytes: [UInt8]
  var isWritable = true
}

/// Registers, flags and memory of a program that runs in the image.
struct ArmSimulator {
  /// r0 to r15; r15 is the address of the next instruction.
  var registers = [UInt32](repeating: 0, count: 16)
  var windows: [ArmWindow]
  /// The value of CNTVCT.
  var counter: UInt64 = 0
  /// The answer of a system call.
  var answer: UInt32 = 0
  /// Called for each word that is loaded.
  var willLoad: (inout ArmSimulator, UInt32) -> Void = { _, _ in }
  private var negative = false
  private var zero = false
  private var carry = false
  private var overflow = false

  init(windows: [ArmWindow]) { self.windows = windows }

  func word(_ address: UInt32) -> UInt32? {
    for window in windows {
      let offset = Int(address &- window.base)
      if offset <= window.bytes.count - 4 {
        return window.bytes.withUnsafeBytes {
          UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
      }
    }
    return nil
  }

  mutating func put(_ value: UInt32, at address: UInt32) -> Bool {
    for index in windows.indices where windows[index].isWritable {
      let offset = Int(address &- windows[index].base)
      guard offset <= windows[index].bytes.count - 4 else { continue }
      for byte in 0..<4 {
        windows[index].bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt32(byte * 8))
      }
      return true
    }
    return false
  }

  private mutating func load(_ address: UInt32) throws -> UInt32 {
    let hook = willLoad
    hook(&self, address)
    guard address % 4 == 0, let value = word(address) else {
      throw ArmStop.fault(address: address, at: registers[15])
    }
    return value
  }

  private mutating func store(_ value: UInt32, at address: UInt32) throws {
    guard address % 4 == 0, put(value, at: address) else {
      throw ArmStop.fault(address: address, at: registers[15])
    }
  }

  /// A register as an operand: r15 is two instructions on.
  private func operand(_ number: UInt32) -> UInt32 {
    number & 15 == 15 ? registers[15] &+ 8 : registers[Int(number & 15)]
  }

  private func holds(_ condition: UInt32) -> Bool {
    let base: Bool =
      switch condition >> 1 {
      case 0: zero
      case 1: carry
      case 2: negative
      case 3: overflow
      case 4: carry && !zero
      case 5: negative == overflow
      case 6: negative == overflow && !zero
      default: true
      }
    return condition & 1 == 0 || condition == 15 ? base : !base
  }

  /// Runs the instruction at r15.
  mutating func step() throws {
    let here = registers[15]
    guard let word = word(here) else { throw ArmStop.fault(address: here, at: here) }
    var next = here &+ 4
    if word == 0xf57f_f05b || word == 0xf57f_f06f || !holds(word >> 28) {
      registers[15] = next
      return
    }
    switch word >> 25 & 7 {
    case 0, 1: try runData(word, &next)
    case 2: try runSingle(word)
    case 3: try runMedia(word)
    case 4: try runMultiple(word, &next)
    case 5:
      if word & 0x0100_0000 != 0 { registers[14] = next }
      next = here &+ 8 &+ UInt32(bitPattern: Int32(bitPattern: word << 8) >> 6)
    default: try runCoprocessorOrCall(word)
    }
    registers[15] = next
  }

  private func unknown(_ word: UInt32) -> ArmStop { .unknown(word: word, at: registers[15]) }

  private mutating func runCoprocessorOrCall(_ word: UInt32) throws {
    if word & 0x0f00_0000 == 0x0f00_0000 {
      registers[0] = answer
    } else if word & 0x0ff0_0fff == 0x0c50_0f1e {
      registers[Int(word >> 12 & 15)] = UInt32(truncatingIfNeeded: counter)
      registers[Int(word >> 16 & 15)] = UInt32(truncatingIfNeeded: counter >> 32)
    } else {
      throw unknown(word)
    }
  }

  private mutating func runData(_ word: UInt32, _ next: inout UInt32) throws {
    let target = Int(word >> 12 & 15)
    if word & 0x0fff_ffff == 0x012f_ff1e {
      next = registers[14]
    } else if word & 0x0fb0_0000 == 0x0300_0000 {  // movw, movt
      let half = word >> 4 & 0xf000 | word & 0xfff
      let isTop = word & 0x0040_0000 != 0
      registers[target] = isTop ? registers[target] & 0xffff | half << 16 : half
    } else if word & 0x0fa0_00f0 == 0x0080_0090 || word & 0x0fe0_00f0 == 0x00a0_0090 {
      multiply(word)
    } else if word & 0x0e00_0090 == 0x0000_0090 {
      try runPair(word)
    } else if word & 0x0fff_ffff == 0x0320_f000 {
      // nop
    } else {
      try runArithmetic(word, target)
    }
  }

  /// umull and umlal.
  private mutating func multiply(_ word: UInt32) {
    let (high, low) = (Int(word >> 16 & 15), Int(word >> 12 & 15))
    var sum = UInt64(operand(word)) * UInt64(operand(word >> 8))
    if word & 0x0020_0000 != 0 { sum &+= UInt64(registers[high]) << 32 | UInt64(registers[low]) }
    registers[low] = UInt32(truncatingIfNeeded: sum)
    registers[high] = UInt32(truncatingIfNeeded: sum >> 32)
  }

  /// ldrd and strd with a distance.
  private mutating func runPair(_ word: UInt32) throws {
    guard word & 0x0f70_00d0 == 0x0140_00d0 else { throw unknown(word) }
    let distance = word >> 4 & 0xf0 | word & 15
    let base = operand(word >> 16)
    let address = word & 0x0080_0000 != 0 ? base &+ distance : base &- distance
    let first = Int(word >> 12 & 15)
    for number in 0..<2 {
      let place = address &+ UInt32(number) * 4
      if word & 0x20 != 0 {
        try store(registers[first + number], at: place)
      } else {
        registers[first + number] = try load(place)
      }
    }
  }

  /// The second operand and its carry-out.
  private func shifted(_ word: UInt32) throws -> (UInt32, Bool) {
    if word & 0x0200_0000 != 0 {
      let rotation = word >> 7 & 30
      let value = word & 255
      if rotation == 0 { return (value, carry) }
      let result = value >> rotation | value << (32 - rotation)
      return (result, result >> 31 != 0)
    }
    let value = operand(word)
    let amount = word & 0x10 != 0 ? operand(word >> 8) & 255 : word >> 7 & 31
    switch word >> 5 & 3 {
    case 0: return (amount < 32 ? value << amount : 0, carry)
    case 1:
      let amount = amount == 0 ? 32 : amount
      return (amount < 32 ? value >> amount : 0, carry)
    case 2:
      let amount = amount == 0 ? 31 : min(amount, 31)
      return (UInt32(bitPattern: Int32(bitPattern: value) >> Int32(amount)), carry)
    default: throw unknown(word)
    }
  }

  private mutating func runArithmetic(_ word: UInt32, _ target: Int) throws {
    let (second, carryOut) = try shifted(word)
    let first = operand(word >> 16)
    let operation = word >> 21 & 15
    var result: UInt32?
    switch operation {
    case 0, 8: result = first & second
    case 1, 9: result = first ^ second
    case 12: result = first | second
    case 13: result = second
    case 14: result = first & ~second
    case 15: result = ~second
    default: break
    }
    var (carryOut2, overflowOut) = (carryOut, overflow)
    if result == nil {
      let (left, right) = operation == 3 || operation == 7 ? (second, first) : (first, second)
      let subtracts = ![4, 5, 11].contains(operation)
      let carryIn = [5, 6, 7].contains(operation) ? carry : subtracts
      let addend = subtracts ? ~right : right
      let sum = UInt64(left) + UInt64(addend) + (carryIn ? 1 : 0)
      let value = UInt32(truncatingIfNeeded: sum)
      carryOut2 = sum >> 32 != 0
      overflowOut = (left ^ value) & (addend ^ value) & 0x8000_0000 != 0
      result = value
    }
    guard let result, target != 15 else { throw unknown(word) }
    if word & 0x0010_0000 != 0 {
      (negative, zero) = (result >> 31 != 0, result == 0)
      (carry, overflow) = (carryOut2, overflowOut)
    }
    if operation & 12 != 8 { registers[target] = result }
  }

  /// ldr and str of words, with a distance or a register.
  private mutating func runSingle(_ word: UInt32) throws {
    guard word & 0x0f60_0000 == 0x0500_0000 else { throw unknown(word) }
    try runSingle(word, distance: word & 0xfff)
  }

  private mutating func runSingle(_ word: UInt32, distance: UInt32) throws {
    let base = operand(word >> 16)
    let address = word & 0x0080_0000 != 0 ? base &+ distance : base &- distance
    if word & 0x0010_0000 != 0 {
      registers[Int(word >> 12 & 15)] = try load(address)
    } else {
      try store(registers[Int(word >> 12 & 15)], at: address)
    }
  }

  /// A register as the distance; uxtb and bfi.
  private mutating func runMedia(_ word: UInt32) throws {
    let target = Int(word >> 12 & 15)
    if word & 0x0ff0_0ff0 == 0x0790_0000 {
      try runSingle(word, distance: operand(word))
    } else if word & 0x0fff_0ff0 == 0x06ef_0070 {
      registers[target] = operand(word) & 255
    } else if word & 0x0fe0_0070 == 0x07c0_0010 {
      let low = word >> 7 & 31
      let width = (word >> 16 & 31) - low + 1
      let mask: UInt32 = (width == 32 ? 0 : 1 << width) &- 1
      registers[target] =
        registers[target] & ~(mask << low) | (operand(word) & mask) << low
    } else {
      throw unknown(word)
    }
  }

  /// push, pop, ldm and stm.
  private mutating func runMultiple(_ word: UInt32, _ next: inout UInt32) throws {
    let list = (0..<16).filter { word & 1 << UInt32($0) != 0 }
    let base = Int(word >> 16 & 15)
    let size = UInt32(list.count) * 4
    let start: UInt32
    switch word & 0x0ff0_0000 {
    case 0x0920_0000: start = registers[base] &- size
    case 0x08b0_0000, 0x0890_0000, 0x0880_0000: start = registers[base]
    default: throw unknown(word)
    }
    var values: [UInt32] = []
    for (place, number) in list.enumerated() {
      let address = start &+ UInt32(place) * 4
      if word & 0x0010_0000 != 0 {
        values.append(try load(address))
      } else {
        try store(registers[number], at: address)
      }
    }
    if word & 0x0020_0000 != 0 {
      registers[base] = word & 0x0100_0000 != 0 ? start : start &+ size
    }
    for (number, value) in zip(list, values) {
      if number == 15 { next = value } else { registers[number] = value }
    }
  }
}
