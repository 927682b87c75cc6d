// SPDX-License-Identifier: Apache-2.0
import PortARMv7AAssembly
import UserSpace
import XCTest

/// Swift's registers have the layout that the assembly writes; the header compares the assembly's
/// constants with the C structure.
final class TrapFrameTests: XCTestCase {
  func testRegistersHaveTheLayoutOfTheTrapFrame() {
    typealias Swift = MemoryLayout<ARMRegisters>
    typealias C = MemoryLayout<port_trap_frame>
    XCTAssertEqual(Swift.size, C.size)
    XCTAssertEqual(Swift.offset(of: \.r0), C.offset(of: \.r0))
    XCTAssertEqual(Swift.offset(of: \.r7), C.offset(of: \.r7))
    XCTAssertEqual(Swift.offset(of: \.sp), C.offset(of: \.sp))
    XCTAssertEqual(Swift.offset(of: \.kernelLink), C.offset(of: \.svc_lr))
    XCTAssertEqual(Swift.offset(of: \.pc), C.offset(of: \.pc))
    XCTAssertEqual(Swift.offset(of: \.cpsr), C.offset(of: \.cpsr))
  }

  func testNumbersOfTheEntryCodeAreThoseOfTheCallTable() {
    XCTAssertEqual(ARMEABI.call(UInt32(CALL_GETPPID)), .getppid)
    XCTAssertEqual(ARMEABI.call(UInt32(CALL_CLOCK_TIME64)), .clockGettime64)
    XCTAssertTrue(ARMEABI.hasTime64(UInt32(CALL_CLOCK_TIME64)))
  }

  func testRegistersAreReachedByTheirNumbers() {
    var registers = ARMRegisters()
    for number in 0..<15 { registers[number] = UInt32(number) + 100 }
    XCTAssertEqual([registers.r0, registers.r7, registers.r12], [100, 107, 112])
    XCTAssertEqual([registers.sp, registers.lr, registers.pc], [113, 114, 0])
    XCTAssertEqual((0..<15).map { registers[$0] }, Array(100..<115))
  }
}
