// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace
import VmRegion
import VmRegionMocks
import XCTest

@testable import PortARMv7A

/// The completion of misaligned accesses from a trap frame, and its statistics.
final class AlignmentFaultsTests: XCTestCase {
  private var counts: [String: Int] {
    var text = TextBuffer()
    AlignmentFaults.describe(to: &text)
    var counts: [String: Int] = [:]
    for line in text.lines {
      let parts = line.split(separator: ":")
      counts[String(parts[0])] = Int(parts[1].trimmingCharacters(in: .whitespaces))
    }
    return counts
  }

  /// Completes a faulting instruction with this r1, in ARM state.
  private func complete(
    _ instruction: UInt32, r1: UInt32
  ) -> (outcome: AlignmentFaults.Outcome, registers: ARMRegisters) {
    AddressMemory.instruction = instruction
    var registers = ARMRegisters(
      entry: UserAddress(AddressMemory.instructionAddress), stackPointer: 0)
    registers.r1 = r1
    let outcome = AlignmentFaults.complete(&registers, AddressMemory.self)
    return (outcome, registers)
  }

  func testMisalignedLDMIsCompleted() {
    let before = counts
    let (outcome, registers) = complete(0xe891_000c, r1: 0x2_2001)  // ldm r1, {r2, r3}
    XCTAssertEqual(outcome, .done)
    XCTAssertEqual((1...3).map { registers[$0] }, [0x2_2001, 0x2_2001, 0x2_2005])
    XCTAssertEqual(registers.pc, 0x1_1004, "the program continues after the instruction")
    XCTAssertEqual(counts["User"], (before["User"] ?? 0) + 1)
    XCTAssertEqual(counts["Multi"], (before["Multi"] ?? 0) + 1)
    XCTAssertEqual(counts["Skipped"], before["Skipped"])
  }

  func testUnmappedMemoryChangesNoRegister() {
    let (outcome, registers) = complete(0xe891_000c, r1: 0x9_0001)
    XCTAssertEqual(outcome, .noMemory)
    XCTAssertEqual((1...3).map { registers[$0] }, [0x9_0001, 0, 0])
    XCTAssertEqual(registers.pc, 0x1_1000)
  }

  func testOtherInstructionIsRefusedAndCounted() {
    let before = counts
    let (outcome, registers) = complete(0xe1a0_0000, r1: 0x2_2001)  // mov r0, r0
    XCTAssertEqual(outcome, .refused)
    XCTAssertEqual(registers.pc, 0x1_1000)
    XCTAssertEqual(counts["Skipped"], (before["Skipped"] ?? 0) + 1)
  }
}
