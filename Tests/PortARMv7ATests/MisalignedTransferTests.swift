// SPDX-License-Identifier: Apache-2.0
import VmRegion
import XCTest

@testable import PortARMv7A

/// Which transfers the kernel completes for the processor, and how.
final class MisalignedTransferTests: XCTestCase {
  private static let base: UInt32 = 0x8_0001

  private func registers(_ base: Int, _ isThumb: Bool = false) -> InlineArray<16, UInt32> {
    var registers = InlineArray<16, UInt32> { 0x100 * UInt32($0) }
    registers[base] = Self.base
    registers[15] = isThumb ? 0x2_0004 : 0x2_0008
    return registers
  }

  private func transfer(
    _ instruction: UInt32, base: Int, isThumb: Bool = false
  ) -> MisalignedTransfer? {
    MisalignedTransfer(instruction, isThumb: isThumb, registers(base, isThumb))
  }

  func testEncodingsDecodeToRegistersAndAddress() {
    let table:
      [(UInt32, isThumb: Bool, base: Int, list: UInt32, offset: Int, moved: Int, isLoad: Bool)] = [
        (0xe891_000c, false, 1, 0xc, 0, 0, true),  // ldmia r1, {r2, r3}
        (0xe8b1_000c, false, 1, 0xc, 0, 8, true),  // ldmia r1!, {r2, r3}
        (0xe9b1_000c, false, 1, 0xc, 4, 8, true),  // ldmib r1!, {r2, r3}
        (0xe831_000c, false, 1, 0xc, -4, -8, true),  // ldmda r1!, {r2, r3}
        (0xe931_000c, false, 1, 0xc, -8, -8, true),  // ldmdb r1!, {r2, r3}
        (0x18a1_800c, false, 1, 0x800c, 0, 12, false),  // stmiane r1!, {r2, r3, pc}
        (0xe92d_4010, false, 13, 0x4010, -8, -8, false),  // push {r4, lr}
        (0xe8bd_8010, false, 13, 0x8010, 0, 8, true),  // pop {r4, pc}
        (0xe1c1_20d8, false, 1, 0xc, 8, 0, true),  // ldrd r2, r3, [r1, #8]
        (0xe161_2ff4, false, 1, 0xc, -244, -244, false),  // strd r2, r3, [r1, #-244]!
        (0xe081_20d4, false, 1, 0xc, 0, 0x400, true),  // ldrd r2, r3, [r1], r4
        (0xc90c, true, 1, 0xc, 0, 8, true),  // ldmia r1!, {r2, r3}
        (0xc906, true, 1, 0x6, 0, 0, true),  // ldmia r1, {r1, r2}
        (0xc10c, true, 1, 0xc, 0, 8, false),  // stmia r1!, {r2, r3}
        (0xb504, true, 13, 0x4004, -8, -8, false),  // push {r2, lr}
        (0xbd04, true, 13, 0x8004, 0, 8, true),  // pop {r2, pc}
        (0xe8b1_4104, true, 1, 0x4104, 0, 12, true),  // ldmia.w r1!, {r2, r8, lr}
        (0xe921_0104, true, 1, 0x104, -8, -8, false),  // stmdb.w r1!, {r2, r8}
        (0xe9d1_2701, true, 1, 0x84, 4, 0, true),  // ldrd r2, r7, [r1, #4]
        (0xe861_7201, true, 1, 0x84, 0, -4, false),  // strd r7, r2, [r1], #-4
      ]
    for row in table {
      let name = String(row.0, radix: 16)
      guard let found = transfer(row.0, base: row.base, isThumb: row.isThumb) else {
        XCTFail("\(name) is not understood")
        continue
      }
      XCTAssertEqual(found.list, row.list, name)
      XCTAssertEqual(found.address, UInt32(Int(Self.base) + row.offset), name)
      XCTAssertEqual(found.isLoad, row.isLoad, name)
      XCTAssertEqual(found.isDouble, row.0 & 0xe40_0000 != 0x800_0000 && row.0 > 0xffff, name)
      XCTAssertEqual(found.isJump, row.isLoad && row.list & 0x8000 != 0, name)
      var after = registers(row.base, row.isThumb)
      XCTAssertTrue(found.run(by: AddressMemory.self, on: &after), name)
      if !row.isLoad || row.list >> row.base & 1 == 0 {
        XCTAssertEqual(after[row.base], UInt32(Int(Self.base) + row.moved), name)
      }
    }
  }

  func testOtherAndUndefinedEncodingsAreRefused() {
    let arm: [UInt32] = [
      0xe891_0000, 0xe89f_000c, 0xe8d1_000c, 0xf891_0a00, 0xf96d_0510,  // no list, pc, ^, rfe, srs
      0xe1c1_30d0, 0xe1c1_e0d0, 0xe0cf_20d8,  // odd, with pc, pc moved
      0xe191_2f9f, 0xe1b1_2f9f, 0xe181_2f93, 0xe101_2090,  // ldrex, ldrexd, strex, swp
      0xe591_2000, 0xe1d1_20b0, 0xe1d1_20f0,  // ldr, ldrh, ldrsh
      0xec91_0b02, 0xed91_0b00, 0xed81_0a00, 0xf421_079f,  // vldm, vldr, vstr, vld1
    ]
    for word in arm { XCTAssertNil(transfer(word, base: 1), String(word, radix: 16)) }
    let thumb: [UInt32] = [
      0x6808, 0xbf18, 0xb408_0000, 0xc800, 0xbc00,  // ldr, it, no instruction, no list
      0xe851_2f00, 0xe8d1_2f7f, 0xe8d1_f000, 0xe811_c000, 0xe9b1_c000,  // ldrex, ldrexd, tbb, rfe
      0xed91_0b00, 0xf8d1_2000, 0xe9d1_2f01, 0xe9d1_2201,  // vldr, ldr.w, with pc, twice the same
    ]
    for word in thumb {
      XCTAssertNil(transfer(word, base: 1, isThumb: true), String(word, radix: 16))
    }
  }

  func testAnyWordIsDecodedWithoutATrap() {
    var word: UInt32 = 1
    for _ in 0..<300_000 {
      word = word &* 1_664_525 &+ 1_013_904_223
      for isThumb in [false, true] {
        var after = InlineArray<16, UInt32>(repeating: word)
        _ = MisalignedTransfer(word, isThumb: isThumb, after)?.run(
          by: AddressMemory.self, on: &after)
        _ = MisalignedTransfer(word >> 16, isThumb: isThumb, after)?.run(
          by: AddressMemory.self, on: &after)
      }
    }
  }

  func testWordsGoToTheirRegistersInOrder() {
    for (instruction, isThumb, first, second) in [
      (0xe891_000c, false, 2, 3), (0xe9d1_2700, true, 2, 7), (0xe9d1_7200, true, 7, 2),
    ] as [(UInt32, Bool, Int, Int)] {
      var after = registers(1, isThumb)
      XCTAssertEqual(
        transfer(instruction, base: 1, isThumb: isThumb)?.run(by: AddressMemory.self, on: &after),
        true)
      XCTAssertEqual(after[first], Self.base)
      XCTAssertEqual(after[second], Self.base + 4)
    }
  }

  func testRefusedMemoryChangesNoRegister() {
    for address: UInt32 in [0xbfff_fff9, 0xffff_fffd, 0xc000_0001] {
      var after = registers(1)
      after[1] = address
      let before = after
      let transfer = MisalignedTransfer(0xe8b1_001c, isThumb: false, after)
      XCTAssertEqual(transfer?.run(by: AddressMemory.self, on: &after), false)
      for index in 0..<16 { XCTAssertEqual(after[index], before[index]) }
    }
  }

  func testProgramResumesAfterTheInstructionOrAtItsJump() {
    let next = { (instruction: UInt32, state: UInt32, jump: UInt32?) -> [UInt32] in
      let after = ProgramState.after(instruction, at: 0x1000, state, jump: jump)
      return [after.pc, after.state]
    }
    XCTAssertEqual(next(0xe891_000c, 0x10, nil), [0x1004, 0x10])
    XCTAssertEqual(next(0xc90c, 0x30, nil), [0x1002, 0x30])
    XCTAssertEqual(next(0xe8b1_0104, 0x30, nil), [0x1004, 0x30])
    XCTAssertEqual(next(0xe8bd_8010, 0x10, 0x3001), [0x3000, 0x30])
    XCTAssertEqual(next(0xbd04, 0x30, 0x3002), [0x3000, 0x10])
    // IT blocks, IT[7:0] in CPSR[15:10,26:25]: the last of one, and one of four.
    XCTAssertEqual(next(0xc90c, 0x0000_1830, nil), [0x1002, 0x30])
    XCTAssertEqual(next(0xc90c, 0x0200_1030, nil), [0x1002, 0x0400_0030])
    XCTAssertEqual(next(0xc90c, 0x0600_1c30, nil), [0x1002, 0x0400_1c30])
  }
}
