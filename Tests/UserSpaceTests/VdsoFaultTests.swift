// SPDX-License-Identifier: Apache-2.0
import VdsoModule
import VmRegion
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// Faulting stores of the vDSO. The mock's image has a function of one instruction after a push,
/// and an unwind table of two entries and an end.
final class VdsoFaultTests: MachineTestCase {
  private var mapping: VdsoMapping!
  private let bad: UInt32 = 0x20

  override func setUpWithError() throws {
    try super.setUpWithError()
    mapping = try XCTUnwrap(Services.process.pointee.vdsoMapping)
    setEntry(0, at: 0x400, 0x80b0_b0b0)  // The caller is in lr.
    setEntry(1, at: 0x408, 0x80a9_b0b0)  // r4, r5 and lr are on the stack.
    setEntry(2, at: 0x420, 1)
  }

  private func set(_ word: UInt32, at offset: UInt32) {
    MockMemory.pointer(to: MockImage.frame)
      .storeBytes(of: word, toByteOffset: Int(offset), as: UInt32.self)
  }

  private func setEntry(_ index: UInt32, at place: UInt32, _ program: UInt32) {
    let entry = 0x800 + index * 8
    set(place &- entry & 0x7fff_ffff, at: entry)
    set(program, at: entry + 4)
  }

  /// A frame with a number in each register, before the instruction `word`.
  private func frame(_ word: UInt32, at offset: UInt32 = 0x404) -> ARMRegisters {
    set(word, at: offset)
    var frame = ARMRegisters()
    (frame.r0, frame.r1, frame.r2, frame.r3) = (100, bad, 102, 103)
    (frame.r4, frame.r5, frame.r6, frame.r7) = (104, 105, 106, 107)
    (frame.sp, frame.lr) = (buffer + 0x100, 0x10_300)
    (frame.pc, frame.cpsr) = (UInt32(mapping.header.word) + offset, 0x6000_0010)
    return frame
  }

  private func settle(_ frame: inout ARMRegisters, _ fault: UserFault? = nil) -> Bool {
    VdsoFault.handle(
      fault ?? .memory(address: UserAddress(bad), .write), &frame, Services.process)
  }

  func testTrappedCounterReadIsEmulated() {
    TestClock.count = 0x1234_5678_9abc_def0
    var frame = frame(0xec57_6f1e)  // mrrc p15, 1, r6, r7, c14
    var expected = frame
    XCTAssertTrue(settle(&frame, .undefinedInstruction))
    (expected.r6, expected.r7) = (0x9abc_def0, 0x1234_5678)
    expected.pc += 4
    XCTAssertEqual(frame, expected)
    // CNTPCT, a conditional one, a write, and one to the program counter are not the image's.
    for word in [0xec57_6f0e, 0x0c57_6f1e, 0xec47_6f1e, 0xec57_ff1e as UInt32] {
      var other = self.frame(word)
      XCTAssertFalse(settle(&other, .undefinedInstruction), String(word, radix: 16))
    }
  }

  func testFunctionThatCannotStoreReturnsAnError() {
    for word in [0xe581_0000, 0xe881_0035, 0xe1c1_60f0, 0x1581_000c as UInt32] {
      var frame = frame(word)
      var expected = frame
      XCTAssertTrue(settle(&frame))
      (expected.r0, expected.pc) = (UInt32(bitPattern: -14), 0x10_300)
      XCTAssertEqual(frame, expected, "\(word)")
    }
    XCTAssertTrue(machine.ends.isEmpty)
  }

  func testCallerGetsItsPushedRegisters() {
    machine.put(words: [204, 205, 0x20_401], at: buffer + 0x100)
    var frame = frame(0xe581_0000, at: 0x410)
    var expected = frame
    XCTAssertTrue(settle(&frame))
    (expected.r0, expected.r4, expected.r5) = (UInt32(bitPattern: -14), 204, 205)
    (expected.sp, expected.lr) = (buffer + 0x10c, 0x20_401)
    // A caller in T32 code.
    (expected.pc, expected.cpsr) = (0x20_400, 0x6000_0030)
    XCTAssertEqual(frame, expected)
  }

  func testMisalignedStoreIsMade() {
    var frame = frame(0xe881_00b1)  // stm r1, {r0, r4, r5, r7}
    frame.r1 = buffer + 3
    let pc = frame.pc
    XCTAssertTrue(settle(&frame, .alignment(address: UserAddress(buffer + 3))))
    XCTAssertEqual(frame.pc, pc + 4)
    XCTAssertEqual(frame.r0, 100)
    XCTAssertEqual(machine.words(buffer + 3, 4), [100, 104, 105, 107])
    frame = self.frame(0xe1c1_40f8)  // strd r4, r5, [r1, #8]
    frame.r1 = buffer + 30
    XCTAssertTrue(settle(&frame, .alignment(address: UserAddress(buffer + 38))))
    XCTAssertEqual(machine.words(buffer + 38, 2), [104, 105])
    frame = self.frame(0xe581_6011)  // str r6, [r1, #17]
    frame.r1 = buffer + 60
    XCTAssertTrue(settle(&frame, .alignment(address: UserAddress(buffer + 77))))
    XCTAssertEqual(machine.words(buffer + 77, 1), [106])
  }

  func testMissingPageIsMapped() {
    let fresh = machine.memory()
    var frame = frame(0xe581_0000)
    let before = frame
    XCTAssertTrue(settle(&frame, .memory(address: UserAddress(fresh), .write)))
    XCTAssertEqual(frame, before, "the store is made again")
  }

  func testOtherFaultInTheImageIsTheProgramsFault() {
    // push, str to the stack, ldr, ldm, strb, str with write-back, str to a register's slot, nop
    for word in [
      0xe92d_4030, 0xe58d_0000, 0xe591_0000, 0xe891_0030, 0xe5c1_0000, 0xe5a1_0004, 0xe781_0002,
      0xe320_f000, 0xe1c1_00d0 as UInt32,
    ] {
      var frame = frame(word)
      let before = frame
      XCTAssertFalse(settle(&frame), "\(word)")
      XCTAssertEqual(frame, before)
    }
    let header = UInt32(mapping.header.word)
    for pc in [header - 4, header + UInt32(mapping.size), 0x10_204] {
      var frame = frame(0xe581_0000)
      frame.pc = pc
      XCTAssertFalse(settle(&frame))
    }
  }

  func testFaultWithoutACallerIsTheProgramsFault() {
    for (offset, stack) in [(0x410, bad), (0x410, ~0), (0x410, 0x8000_0000), (0x424, buffer)]
      as [(UInt32, UInt32)]
    {
      var frame = frame(0xe581_0000, at: offset)
      frame.sp = stack
      let before = frame
      XCTAssertFalse(settle(&frame), "\(offset), \(stack)")
      XCTAssertEqual(frame, before)
    }
  }

  func testNoUnwindTableTrapsTheKernel() {
    var dice = Dice(seed: 1)
    for _ in 0..<3000 {
      for entry in 0..<UInt32(3) {
        set(UInt32(truncatingIfNeeded: dice.next()), at: 0x800 + entry * 8)
        let program = UInt32(truncatingIfNeeded: dice.next())
        set(dice.next() % 4 == 0 ? program : 0x8000_0000 | program >> 8, at: 0x804 + entry * 8)
      }
      var frame = frame(0xe581_0000, at: 0x404 + UInt32(dice.next() % 8) * 4)
      if dice.next() % 4 == 0 { frame.sp = UInt32(truncatingIfNeeded: dice.next()) }
      let before = frame
      if settle(&frame) {
        XCTAssertEqual(Int32(bitPattern: frame.r0), -14)
      } else {
        XCTAssertEqual(frame, before)
      }
    }
  }
}
