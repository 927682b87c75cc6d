// SPDX-License-Identifier: Apache-2.0
import VdsoInspection
import VdsoPage
import VmRegionMocks
import XCTest

@testable import VdsoModule

/// The built image runs instruction by instruction: before each one, the result of its unwind
/// tables is compared with the registers of the caller.
final class UnwindingTests: XCTestCase {
  /// The registers that a caller gets back: the expected result of unwinding.
  private struct Frame {
    let back: UInt32
    let stack: UInt32
    let saved: [UInt32]
  }

  /// The data for unwinding, by address in the image.
  private struct Tables {
    var programs: [UInt32: UnwindProgram] = [:]
    var rows: [UInt32: FrameRow] = [:]
  }

  private static let stack: UInt32 = 0x7000_0000
  private static let buffer: UInt32 = 0x6000_0000
  private static let caller: UInt32 = 0x1_0000
  private let base = MappedImage.base

  private func machine(_ image: [UInt8]) -> ArmSimulator {
    ArmSimulator(windows: [
      ArmWindow(base: base, bytes: image, isWritable: false),
      ArmWindow(base: base - 8192, bytes: [UInt8](repeating: 0, count: 8192)),
      ArmWindow(base: Self.stack, bytes: [UInt8](repeating: 0x5a, count: 1024)),
      ArmWindow(base: Self.buffer, bytes: [UInt8](repeating: 0, count: 64)),
    ])
  }

  /// Fills the pages: mostly as a kernel would, sometimes so that a reader makes the system call.
  private func publish(_ machine: inout ArmSimulator, _ dice: inout Dice) {
    for (start, processor) in [(base - 4096, false), (base - 8192, true)] {
      for bank in 0..<UInt32(2) {
        for record in 0..<UInt32(15) {
          let place = start + 0x100 + bank * 0x200 + 0x20 + record * 0x20
          let isLate = dice.next() % 8 == 0
          let words: [UInt32] = [
            UInt32(truncatingIfNeeded: dice.next()) >> 1, isLate ? 1 : 0,
            UInt32(truncatingIfNeeded: dice.next()), UInt32(dice.next() % 1_000_000_000),
            0, 0, 0x1000_0000, dice.next() % 4 == 0 ? 0 : 0x1000_0004,
          ]
          for (index, word) in words.enumerated() {
            _ = machine.put(word, at: place + UInt32(index) * 4)
          }
        }
      }
      if processor { _ = machine.put(dice.next() % 2 == 0 ? ~0 : 0, at: start + 0x1c) }
      for clock in 0..<UInt32(12) {
        _ = machine.put(dice.next() % 2 == 0 ? 0 : 1, at: start + 0x40 + clock * 16 + 4)
      }
    }
    machine.counter = dice.next() % 8 == 0 ? ~0 : dice.next() % 10000
    machine.answer = dice.next() % 2 == 0 ? 0 : UInt32(bitPattern: -22)
    let counts = [base - 4096 + 0x100, base - 8192 + 0x100]
    let tears = dice.next() % 3
    var more = dice
    machine.willLoad = { machine, address in
      if tears > 0, counts.contains(address), more.next() % (4 - tears) == 0 {
        _ = machine.put(UInt32(truncatingIfNeeded: more.next()), at: address)
      }
    }
  }

  /// Unwinds all frames; returns the first difference.
  private func complaint(
    _ machine: ArmSimulator, _ frames: [Frame], _ tables: Tables
  ) -> String? {
    var registers = InlineArray<16, UInt32> { machine.registers[$0] }
    for (level, frame) in frames.reversed().enumerated() {
      let place = registers[15] - base
      guard let program = tables.programs[place], program.unwind(&registers, { machine.word($0) })
      else { return "level \(level): nothing undoes it" }
      if registers[15] != frame.back { return "level \(level): returns to \(registers[15])" }
      if registers[13] != frame.stack { return "level \(level): stack \(registers[13])" }
      if (4...11).map({ registers[$0] }) != frame.saved { return "level \(level): registers" }
    }
    return complaintByFrames(machine, frames, tables)
  }

  /// The same frames by `.eh_frame`, as a debugger reads it: at the interrupted address, and for
  /// callers before the return address.
  private func complaintByFrames(
    _ machine: ArmSimulator, _ frames: [Frame], _ tables: Tables
  ) -> String? {
    var registers = machine.registers
    for (level, frame) in frames.reversed().enumerated() {
      let place = registers[15] - base - (level == 0 ? 0 : 4)
      guard let row = tables.rows[place], !row.isSignal else { return "frame \(level): no row" }
      let address = Int(registers[13]) + row.frame
      let before = registers
      for (register, distance) in row.saved {
        registers[register] = machine.word(UInt32(address + distance)) ?? 0
      }
      registers[15] = row.saved[14] == nil ? before[14] : registers[14]
      registers[13] = UInt32(address)
      if registers[15] != frame.back { return "frame \(level): returns to \(registers[15])" }
      if registers[13] != frame.stack { return "frame \(level): stack \(registers[13])" }
      if Array(registers[4...11]) != frame.saved { return "frame \(level): registers" }
    }
    return nil
  }

  /// Runs a function to its return. Gives the offsets of its instructions.
  private func run(
    _ machine: inout ArmSimulator, _ start: UInt32, _ tables: Tables
  ) throws -> Set<UInt32> {
    var seen: Set<UInt32> = []
    func frame(_ machine: ArmSimulator) -> Frame {
      Frame(
        back: machine.registers[14], stack: machine.registers[13],
        saved: Array(machine.registers[4...11]))
    }
    machine.registers[15] = start
    var frames = [frame(machine)]
    for _ in 0..<400 {
      let place = machine.registers[15]
      if let complaint = complaint(machine, frames, tables) {
        XCTFail("0x\(String(place - base, radix: 16)): \(complaint)")
        return seen
      }
      seen.insert(place - base)
      let isCall = (machine.word(place) ?? 0) & 0x0f00_0000 == 0x0b00_0000
      try machine.step()
      if isCall, machine.registers[14] == place + 4, machine.registers[15] != place + 4 {
        frames.append(frame(machine))
      } else if let last = frames.last, machine.registers[15] == last.back {
        XCTAssertEqual(machine.registers[13], last.stack, "the callee leaves its stack")
        XCTAssertEqual(Array(machine.registers[4...11]), last.saved, "the callee keeps these")
        frames.removeLast()
        if frames.isEmpty { return seen }
      }
    }
    XCTFail("does not return")
    return seen
  }

  func testEveryInstructionOfTheImageIsUnwound() throws {
    let bytes = try BuiltImage.bytes()
    let file = try ElfFile(bytes: bytes)
    let table = ExceptionIndex(
      try VdsoImage(checking: bytes.span.bytes, by: A32Rules.self).unwindTable)
    let exports = try file.exports().sorted { $0.value.value < $1.value.value }
    let fresh = machine(bytes)
    let states = try FrameStates(file)
    let frames = try XCTUnwrap(file.section(".eh_frame"))
    var tables = Tables()
    tables.rows = try FrameInterpreter(FrameTable.bytes(in: file), at: frames.address).rows
    for place in stride(from: states.start, to: states.end, by: 4) {
      tables.programs[place] = table.program(at: place) { fresh.word($0 + base) }
    }
    var dice = Dice(seed: 1)
    var seen: Set<UInt32> = []
    func missed() -> [String] {
      stride(from: states.start, to: states.end, by: 4).filter {
        states.states[Int($0 - states.start) / 4] != nil && !seen.contains($0)
      }.map { String($0, radix: 16) }
    }
    // Until all instructions have run, and often enough that their order varies.
    for round in 0..<4000 {
      if round >= 320, round % 80 == 0, missed().isEmpty { break }
      var machine = fresh
      publish(&machine, &dice)
      for number in machine.registers.indices {
        machine.registers[number] = UInt32(truncatingIfNeeded: dice.next())
      }
      let export = exports[round % exports.count]
      // No time goes into NULL; getres, gettimeofday and the others take it.
      let pointers = [
        Self.buffer, export.key.name.lowercased().contains("gettime") ? Self.buffer : 0,
      ]
      machine.registers[0] = UInt32(truncatingIfNeeded: Int(dice.next() % 14) - 1)
      machine.registers[1] = pointers[Int(dice.next() % 2)]
      if !export.key.name.lowercased().contains("clock") {
        machine.registers[0] = [Self.buffer, 0][Int(dice.next() % 2)]
        machine.registers[1] = [Self.buffer, 0][Int(dice.next() % 2)]
      }
      machine.registers[13] = Self.stack + 1024
      machine.registers[14] = Self.caller
      seen.formUnion(try run(&machine, base + export.value.value, tables))
    }
    XCTAssertEqual(missed(), [], "not run")
  }

  /// The frames are Linux': a ucontext, whose registers are at offset 32, alone or after a siginfo.
  func testSignalFrameIsUnwoundFromEachTrampolineInstruction() throws {
    let bytes = try BuiltImage.bytes()
    let image = try VdsoImage(checking: bytes.span.bytes, by: A32Rules.self)
    let words = machine(bytes)
    let file = try ElfFile(bytes: bytes)
    let section = try XCTUnwrap(file.section(".eh_frame"))
    let rows = try FrameInterpreter(FrameTable.bytes(in: file), at: section.address).rows
    for (start, distance) in [
      (image.signalTrampolines.plain, 32), (image.signalTrampolines.realTime, 128 + 32 as UInt32),
    ] {
      for place in [start, start + 4, start + 8] {
        let program = ExceptionIndex(image.unwindTable).program(at: place) { words.word($0 + base) }
        var registers = InlineArray<16, UInt32>(repeating: 1)
        registers[13] = Self.stack
        // A register's slot contains its number.
        let isUndone = program?.unwind(&registers) { ($0 - Self.stack - distance) / 4 + 100 }
        XCTAssertEqual(isUndone, true)
        XCTAssertEqual((4...15).map { registers[$0] }, Array(104...115), "at \(place - start)")
        let row = try XCTUnwrap(rows[place])
        XCTAssertTrue(row.isSignal)
        XCTAssertEqual(row.back, 15)
        XCTAssertEqual(
          (0..<16).map { row.frame + (row.saved[$0] ?? 0) }, (0..<16).map { Int(distance) + $0 * 4 }
        )
      }
      XCTAssertEqual(rows[start - 4], rows[start], "before the address, where a call would be")
    }
  }

  func testFrameWithAnUnreadableStackIsNotUnwound() {
    // The last one lacks half of its mask; the end that is always implied completes it.
    for (word, reads) in [
      (0x80a8_b0b0 as UInt32, 2), (0x8484_08b0, 0), (0x8084_08b0, 2), (0x8000_0084, 4),
    ] {
      for count in 0...reads {
        var left = count
        var registers = InlineArray<16, UInt32>(repeating: 16)
        let isUndone = UnwindProgram(word: word).unwind(&registers) { _ in
          left -= 1
          return left < 0 ? nil : 3
        }
        XCTAssertEqual(isUndone, count == reads && reads > 0, "\(word), \(count)")
      }
    }
  }

  func testUnwindProgramIsValidIfItCanBeRun() {
    var dice = Dice(seed: 2)
    var count = 0
    for _ in 0..<20000 {
      var word = UInt32(truncatingIfNeeded: dice.next())
      if dice.next() % 8 != 0 { word = word & 0xff_ffff | 0x8000_0000 }
      if dice.next() % 2 == 0 {
        word = word & 0xff00_ffff | [0xa8, 0x84, 0x10, 0xb0][Int(word >> 8 & 3)] << 16
      }
      if dice.next() % 2 == 0 { word = word & 0xffff_ff00 | 0xb0 }
      var registers = InlineArray<16, UInt32>(repeating: 0)
      let program = UnwindProgram(word: word)
      XCTAssertEqual(program.unwind(&registers) { _ in 0 }, program.isValid, "\(word)")
      if program.isValid { count += 1 }
    }
    XCTAssertGreaterThan(count, 1000)
  }
}
