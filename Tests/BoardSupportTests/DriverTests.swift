// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import BoardSupport

/// One access to a device.
enum Access: Equatable {
  case load(UInt32)
  case store(UInt32, UInt32)
  case storeByte(UInt32, UInt8)
}

/// Registers that return the values of the test and record every access.
final class Interposer: RegisterBank {
  var accesses: [Access] = []
  /// The values that a register returns, in order; the last one repeats. 0 if there is none.
  var answers: [UInt32: [UInt32]] = [:]

  func load(_ offset: UInt32) -> UInt32 {
    accesses.append(.load(offset))
    guard let list = answers[offset], let first = list.first else { return 0 }
    if list.count > 1 { answers[offset] = Array(list.dropFirst()) }
    return first
  }

  func store(_ value: UInt32, at offset: UInt32) { accesses.append(.store(offset, value)) }

  func storeByte(_ value: UInt8, at offset: UInt32) {
    accesses.append(.storeByte(offset, value))
  }
}

final class PL011Tests: XCTestCase {
  func testPL011ConfigureWaitsForTheLastByteThenFollowsTheManual() {
    let bank = Interposer()
    bank.answers[0x18] = [8, 8, 0]
    PL011(bank).configure(clock: 24_000_000, baud: 115_200)
    XCTAssertEqual(
      bank.accesses,
      [
        .store(0x30, 0), .load(0x18), .load(0x18), .load(0x18), .store(0x38, 0),
        .store(0x44, 0x7ff), .store(0x24, 13), .store(0x28, 1), .store(0x2c, 0x70),
        .store(0x30, 0x301),
      ])
  }

  func testPL011DivisorIsThatOfTheManualsExample() {
    // DDI 0183, 3.3.6: 4 MHz and 230400 baud give 1 and 5 (1 + 5/64).
    let bank = Interposer()
    PL011(bank).configure(clock: 4_000_000, baud: 230_400)
    XCTAssertTrue(bank.accesses.contains(.store(0x24, 1)))
    XCTAssertTrue(bank.accesses.contains(.store(0x28, 5)))
  }

  func testPL011SendsOnlyWithRoomInTheFIFO() {
    let bank = Interposer()
    bank.answers[0x18] = [0x20, 0x90]
    XCTAssertFalse(PL011(bank).offer(65))
    XCTAssertTrue(PL011(bank).offer(65))
    XCTAssertEqual(bank.accesses, [.load(0x18), .load(0x18), .store(0, 65)])
  }

  func testPL011InterruptsAreEnabledByDirection() {
    let bank = Interposer()
    for (receive, transmit) in [(true, false), (false, true), (true, true), (false, false)] {
      PL011(bank).setInterrupts(receive: receive, transmit: transmit)
    }
    XCTAssertEqual(
      bank.accesses,
      [.store(0x38, 0x50), .store(0x38, 0x20), .store(0x38, 0x70), .store(0x38, 0)])
  }

  func testPL011ReadDropsBadBytesAndReturnsNilWhenEmpty() {
    let bank = Interposer()
    bank.answers[0x18] = [0, 0, 0, 0x10]
    bank.answers[0] = [0x141, 0x442, 0x843]
    XCTAssertEqual(PL011(bank).get(), 0x43)
    XCTAssertNil(PL011(bank).get())
    XCTAssertEqual(bank.accesses.filter { $0 == .load(0) }.count, 3)
  }
}

final class PL031Tests: XCTestCase {
  func testPL031StartsAStoppedClockAndKeepsARunningOne() {
    let standing = Interposer()
    _ = PL031(standing)
    XCTAssertEqual(standing.accesses, [.load(0xc), .store(0xc, 1)])
    let running = Interposer()
    running.answers = [0xc: [1], 0: [0xffff_ffff]]
    XCTAssertEqual(PL031(running).secondsSinceEpoch(), .max)
    XCTAssertEqual(running.accesses, [.load(0xc), .load(0)])
  }
}

final class GICv2Tests: XCTestCase {
  private let distributor = Interposer()
  private let interface = Interposer()
  private var controller: GICv2<Interposer> {
    GICv2(distributor: distributor, interface: interface)
  }

  private func line(_ number: UInt32) throws -> GICv2<Interposer>.Line {
    try XCTUnwrap(GICv2<Interposer>.Line(number))
  }

  func testGICConfigureDisablesTheDistributorAndSkipsBankedLines() {
    distributor.answers = [4: [2], 0x800: [0x0202_0202]]
    controller.configureDistributor()
    let accesses = distributor.accesses
    XCTAssertEqual(accesses.first { $0 != .load(4) }, .store(0, 0))
    XCTAssertEqual(accesses.last, .store(0, 1))
    for group in UInt32(1)...2 {
      for register in [0x180, 0x280, 0x380] as [UInt32] {
        XCTAssertTrue(accesses.contains(.store(register + group * 4, .max)))
      }
      for word in group * 8..<group * 8 + 8 {
        XCTAssertTrue(accesses.contains(.store(0x400 + word * 4, 0xa0a0_a0a0)))
        XCTAssertTrue(accesses.contains(.store(0x800 + word * 4, 0x0202_0202)))
      }
      XCTAssertTrue(accesses.contains(.store(0xc00 + group * 8, 0)))
      XCTAssertTrue(accesses.contains(.store(0xc04 + group * 8, 0)))
    }
    // 3 + 16 + 2 stores for each of two groups, and the two of the control register.
    XCTAssertEqual(accesses.filter { if case .store = $0 { true } else { false } }.count, 44)
    XCTAssertTrue(interface.accesses.isEmpty)
  }

  func testGICWithoutSharedLinesIsOnlyEnabled() {
    controller.configureDistributor()
    XCTAssertEqual(
      distributor.accesses, [.load(4), .store(0, 0), .load(0x800), .store(0, 1)])
  }

  func testGICConfigureCoversTheLargestController() {
    distributor.answers = [4: [0x1f]]
    controller.configureDistributor()
    XCTAssertTrue(distributor.accesses.contains(.store(0x180 + 31 * 4, .max)))
    XCTAssertTrue(distributor.accesses.contains(.store(0x400 + 255 * 4, 0xa0a0_a0a0)))
    XCTAssertTrue(distributor.accesses.contains(.store(0x800 + 255 * 4, 0x0101_0101)))
    XCTAssertTrue(distributor.accesses.contains(.store(0xc00 + 63 * 4, 0)))
  }

  func testGICCPUConfigureSetsBankedLinesAndOpensTheInterfaceLast() {
    controller.configureCPU()
    XCTAssertEqual(
      distributor.accesses,
      [.store(0x180, .max), .store(0x280, .max), .store(0x380, .max)]
        + (0..<8).map { .store(0x400 + $0 * 4, 0xa0a0_a0a0) })
    XCTAssertEqual(
      interface.accesses, [.store(0, 0), .store(4, 0xff), .store(8, 0), .store(0, 1)])
  }

  func testGICEnableAndDisableAreOneWrite() throws {
    controller.enable(try line(27))
    controller.enable(try line(33))
    controller.disable(try line(1019))
    controller.setPriority(0x80, of: try line(27))
    controller.setTargets(0b10, of: try line(33))
    XCTAssertEqual(
      distributor.accesses,
      [
        .store(0x100, 1 << 27), .store(0x104, 2), .store(0x180 + 31 * 4, 1 << 27),
        .storeByte(0x41b, 0x80), .storeByte(0x821, 0b10),
      ])
    XCTAssertNil(GICv2<Interposer>.Line(1020))
  }

  func testGICLineOperationsTouchThatLineOnly() throws {
    distributor.answers = [4: [7, 31], 0xc0c: [0b1100]]
    XCTAssertEqual(controller.lineCount, 256)
    XCTAssertEqual(controller.lineCount, 1020, "the last four are none")
    distributor.accesses = []
    controller.disable(line: 40, on: 0)
    controller.disable(line: 1020, on: 0)
    try controller.trigger(line: 9, on: 0)
    try controller.trigger(line: 40, on: 0)
    try controller.clear(line: 9, on: 0)
    try controller.clear(line: 40, on: 0)
    try controller.setTargets(6, of: 40)
    try controller.setTrigger(.edge, of: 48)
    try controller.sendIPI(line: 15, to: 5)
    let wanted: [Access] = [
      .store(0x184, 0x100), .store(0xf00, 0x0200_0009), .store(0x204, 0x100),
      .storeByte(0xf19, 0xff), .store(0x284, 0x100), .storeByte(0x828, 6),
      .load(0xc0c), .store(0xc0c, 0b1110), .store(0xf00, 0x0005_000f),
    ]
    XCTAssertEqual(distributor.accesses, wanted)
    distributor.accesses = []
    try controller.setPriority(31, of: 40)
    XCTAssertEqual(distributor.accesses, [.storeByte(0x428, 0xf8)])
  }

  func testGICRefusesWhatItCannotDo() {
    let cases: [(InterruptError, () throws -> Void)] = [
      (.unsupported, { try self.controller.setTargets(1, of: 31) }),
      (.unsupported, { try self.controller.setTrigger(.edge, of: 31) }),
      (.unsupported, { try self.controller.sendIPI(line: 16, to: 1) }),
      (.noSuchLine, { try self.controller.trigger(line: 1020, on: 0) }),
      (.noSuchLine, { try self.controller.clear(line: 1023, on: 0) }),
      (.noSuchLine, { try self.controller.setPriority(1, of: 1020) }),
    ]
    for (error, body) in cases {
      XCTAssertThrowsError(try body()) { XCTAssertEqual($0 as? InterruptError, error) }
    }
    XCTAssertEqual(distributor.accesses, [])
  }

  func testGICEndWritesTheAcknowledgedLineWithItsSender() throws {
    interface.answers[0xc] = [5 << 10 | 3]
    let interrupt = try XCTUnwrap(controller.acknowledge())
    XCTAssertEqual(interrupt.line, 3)
    controller.end(interrupt)
    XCTAssertEqual(interface.accesses, [.load(0xc), .store(0x10, 5 << 10 | 3)])
  }

  func testGICSpuriousInterruptIsNotEnded() {
    for number in UInt32(1020)...1023 {
      interface.answers[0xc] = [number]
      XCTAssertNil(controller.acknowledge())
    }
    interface.answers[0xc] = [1019]
    XCTAssertNotNil(controller.acknowledge())
  }

  func testGICIPINamesItsTargets() {
    controller.sendSGI(7, to: 0b1010)
    XCTAssertEqual(distributor.accesses, [.store(0xf00, 0b1010 << 16 | 7)])
  }

  func testGICIPITargetsAreThoseOfTheTargetRegisters() {
    distributor.answers[0x800] = [0x0404_0404]
    let bit = controller.ipiTarget(of: 1)
    XCTAssertEqual(bit, 4, "not its number, but its bit in the controller")
    distributor.answers[0x800] = [0]
    XCTAssertEqual(controller.ipiTarget(of: 0), 1, "the only one")
    controller.sendIPI(1, to: bit)
    XCTAssertEqual(distributor.accesses.last, .store(0xf00, 4 << 16 | 1))
  }
}
