// SPDX-License-Identifier: Apache-2.0
import BoardSupport
import RTOSCore
import XCTest

@testable import BoardRaspi2b

/// One access to a device.
private enum Access: Equatable {
  case load(UInt32)
  case store(UInt32, UInt32)
}

/// Registers that keep what is stored and record every access.
private final class Registers: RegisterBank {
  var accesses: [Access] = []
  var values: [UInt32: UInt32] = [:]

  func load(_ offset: UInt32) -> UInt32 {
    accesses.append(.load(offset))
    return values[offset] ?? 0
  }

  func store(_ value: UInt32, at offset: UInt32) {
    accesses.append(.store(offset, value))
    values[offset] = value
  }

  func storeByte(_ value: UInt8, at offset: UInt32) { XCTFail("this device has words only") }
}

final class LocalInterruptsTests: XCTestCase {
  private let registers = Registers()
  private var controller: LocalInterrupts<Registers> { LocalInterrupts(registers) }

  func testConfigureDisablesTheLinesOfAllCores() {
    for core in UInt32(0)..<4 { registers.values[0x40 + core * 4] = 0xff }
    controller.configureShared()
    for core in UInt32(0)..<4 {
      XCTAssertEqual(registers.values[0x40 + core * 4], 0)
      XCTAssertEqual(registers.values[0x50 + core * 4], 0)
      XCTAssertTrue(registers.accesses.contains(.store(0x14, 1 << core)))
    }
  }

  func testConfigureOfOneCoreLeavesTheOthersAlone() {
    controller.configureCPU(2)
    XCTAssertEqual(registers.accesses, [.store(0x48, 0), .store(0x58, 0), .store(0x14, 4)])
  }

  func testEnableKeepsTheOtherLinesEnabled() {
    registers.values[0x44] = 1
    controller.enable(line: 3, on: 1)
    XCTAssertEqual(registers.values[0x44], 0b1001)
  }

  func testDisableKeepsTheOtherLinesEnabled() {
    (registers.values[0x44], registers.values[0x54]) = (0b1001, 0b11)
    controller.disable(line: 3, on: 1)
    controller.disable(line: 4, on: 1)
    controller.disable(line: 9, on: 1)
    controller.disable(line: 8, on: 1)
    XCTAssertEqual([registers.values[0x44], registers.values[0x54]], [1, 0b10])
    XCTAssertEqual(registers.values[0x14], 2)
  }

  func testOnlyAMailboxIsTriggeredAndCleared() throws {
    try controller.trigger(line: 5, on: 2)
    try controller.clear(line: 5, on: 2)
    try controller.sendIPI(line: 7, to: 0b1001)
    XCTAssertEqual(
      registers.accesses,
      [.store(0xa4, 1), .store(0xe4, .max), .store(0x8c, 1), .store(0xbc, 1)])
  }

  func testControllerHasNoPriorities() {
    XCTAssertFalse(LocalInterrupts<Registers>.hasPriorities)
    let cases: [() throws -> Void] = [
      { try self.controller.setPriority(1, of: 4) }, { try self.controller.setTargets(1, of: 4) },
      { try self.controller.setTrigger(.edge, of: 4) },
      { try self.controller.trigger(line: 3, on: 0) },
      { try self.controller.clear(line: 9, on: 0) },
      { try self.controller.sendIPI(line: 8, to: 1) },
    ]
    for body in cases {
      XCTAssertThrowsError(try body()) { XCTAssertEqual($0 as? InterruptError, .unsupported) }
    }
    XCTAssertEqual(registers.accesses, [])
  }

  func testMailboxesAndMonitorsHaveTheirOwnRegisters() {
    controller.enable(line: 4, on: 0)
    controller.enable(line: 7, on: 0)
    controller.enable(line: 9, on: 3)
    XCTAssertEqual(registers.values[0x50], 0b1001)
    XCTAssertEqual(registers.values[0x10], 8)
  }

  func testSpecifierIsTheLineAndFlags() {
    XCTAssertEqual(LocalInterrupts<Registers>.specifierWordCount, 2)
    for (number, line) in [(3, 3), (79, 79), (80, nil)] as [(UInt32, UInt32?)] {
      XCTAssertEqual(LocalInterrupts<Registers>.line(of: [number, 4, 0]), line)
    }
  }

  func testInvalidLineWritesNoRegister() {
    for line in [UInt32(8), 10, 27, 80, 1019] { controller.enable(line: line, on: 0) }
    XCTAssertTrue(registers.accesses.isEmpty)
  }

  func testAcknowledgeReturnsTheLowestSourceOfTheCore() {
    registers.values[0x60] = 0
    registers.values[0x68] = 1 << 3 | 1 << 4
    XCTAssertNil(controller.acknowledge(on: 0))
    XCTAssertEqual(controller.acknowledge(on: 2)?.line, 3)
  }

  func testPeripheralsAreLinesAfterTheCores() {
    let peripherals = Registers()
    let controller = LocalInterrupts(registers, peripherals: peripherals)
    controller.configureShared()
    XCTAssertEqual(peripherals.accesses, [.store(0x1c, .max), .store(0x20, .max)])
    for line in [UInt32(16), 73, 80] {
      controller.enable(line: line, on: 0)
      controller.disable(line: line, on: 0)
    }
    XCTAssertEqual(
      peripherals.accesses.dropFirst(2),
      [.store(0x10, 1), .store(0x1c, 1), .store(0x14, 1 << 25), .store(0x20, 1 << 25)])
    registers.values[0x60] = 1 << 8 | 1 << 9
    XCTAssertNil(controller.acknowledge(on: 0), "none is pending")
    peripherals.values[0x08] = 1 << 25 | 1 << 30
    XCTAssertEqual(controller.acknowledge(on: 0)?.line, 73)
    peripherals.values[0x04] = 1 << 29
    XCTAssertEqual(controller.acknowledge(on: 0)?.line, 45)
    XCTAssertEqual(controller.lineCount, 80)
    XCTAssertEqual([15, 16].map { controller.isBanked(line: $0) }, [true, false])
  }

  func testAcknowledgeSkipsUnservedSources() {
    registers.values[0x60] = 1 << 8
    XCTAssertNil(controller.acknowledge(on: 0))
  }

  func testEndWritesNoRegister() throws {
    registers.values[0x60] = 1 << 3
    let taken = try XCTUnwrap(controller.acknowledge(on: 0))
    registers.accesses = []
    controller.end(taken)
    XCTAssertTrue(registers.accesses.isEmpty)
  }

  func testIPISetsAMailboxBitAndItsEndClearsIt() throws {
    XCTAssertEqual((0..<4).map { controller.ipiTarget(of: $0) }, [1, 2, 4, 8])
    controller.sendIPI(1, to: 0b1010)
    XCTAssertEqual(registers.accesses, [.store(0x94, 1), .store(0xb4, 1)])
    registers.values[0x6c] = 1 << 5
    let taken = try XCTUnwrap(controller.acknowledge(on: 3))
    XCTAssertEqual(taken.line, LocalInterrupts<Registers>.firstIPILine + 1)
    registers.accesses = []
    controller.end(taken)
    XCTAssertEqual(registers.accesses, [.store(0xf4, .max)])
  }
}

final class Raspi2bDeviceTests: XCTestCase {
  func testParkingSendsTheOtherCoresToTheAddress() {
    let registers = Registers()
    CoreMailboxes(registers).park(at: 0x0001_2344)
    XCTAssertEqual(
      registers.accesses,
      (1..<4).map { .store(0x80 + $0 * 16 + 12, 0x0001_2344) })
  }

  func testPowerOffRequestsTheHaltPartitionBeforeTheReset() {
    let registers = Registers()
    registers.values[0x20] = 0x0000_1000
    registers.values[0x1c] = 0x0000_0012
    PowerManager(registers).switchOff()
    let stores = registers.accesses.filter { if case .store = $0 { true } else { false } }
    XCTAssertEqual(
      stores,
      [.store(0x20, 0x5a00_1555), .store(0x24, 0x5a00_000a), .store(0x1c, 0x5a00_0022)])
  }
}
