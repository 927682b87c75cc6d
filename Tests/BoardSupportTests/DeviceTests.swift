// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import BoardSupport

/// A driver that is in no module: a device with a register of seconds, in its second block.
private struct Sundial<Bank: RegisterBank>: CalendarClock {
  static var compatible: CompatibleNames { CompatibleNames("test,sundial", "test,hourglass") }
  static var blockCount: ClosedRange<Int> { 2...3 }

  private let bank: Bank

  /// The device is broken if its first register says so.
  init?(_ device: Device<Bank>) {
    guard device.blocks[0].load(0) != .max else { return nil }
    bank = device.blocks[1]
  }

  func secondsSinceEpoch() -> UInt32 { bank.load(8) }
}

/// A board that has it.
private enum SundialBoard: Board {
  typealias Interrupts = GICv2<MappedRegisters>
  typealias Console = PL011<MappedRegisters>
  typealias Clock = Sundial<MappedRegisters>

  static var consoleClock: UInt32 { 1 }
}

final class DeviceTests: XCTestCase {
  private var mapped: [PhysicalRange] = []
  private var errors: [DeviceError] = []
  private var registers = Interposer()

  override func setUp() { registers.answers = [8: [1234]] }

  /// The description that a board reads from a tree with 1 MiB of memory at 1 GiB and a device.
  private func board<B: Board>(
    _ board: B.Type = SundialBoard.self, compatible: String, blocks: [UInt32]
  ) throws -> BoardDescription {
    var tree = TreeBuilder()
    tree.node("") {
      $0.property("#address-cells", words: [1])
      $0.property("#size-cells", words: [1])
      $0.node("device") {
        $0.property("compatible", text: "test,other", compatible)
        $0.property("reg", words: blocks)
        $0.property("interrupts", words: [7])
      }
      $0.node("memory") {
        $0.property("device_type", text: "memory")
        $0.property("reg", words: [0x4000_0000, 0x10_0000])
      }
    }
    return try DeviceTree.read(tree.blob().span.bytes, for: B.self)
  }

  /// The clock that the board's driver makes, with recorded registers.
  private func clock(
    compatible: String = "test,sundial", _ blocks: [UInt32]
  ) throws -> Sundial<Interposer>? {
    (mapped, errors) = ([], [])
    return try board(compatible: compatible, blocks: blocks).driver(
      Sundial<Interposer>.self,
      map: { range throws(DeviceError) in
        self.mapped.append(range)
        if range.base == 0x7000 { throw .noWindow(range) }
        return self.registers
      }, report: { _, error in self.errors.append(error) })
  }

  func testBoardsDriversServeTheirDevices() throws {
    for name in ["test,sundial", "test,hourglass"] {
      let clock = try XCTUnwrap(clock(compatible: name, [0x1000, 16, 0x2000, 32]))
      XCTAssertEqual(clock.secondsSinceEpoch(), 1234)
      XCTAssertEqual(
        mapped,
        [
          PhysicalRange(base: 0x1000, byteCount: 16), PhysicalRange(base: 0x2000, byteCount: 32),
        ])
    }
    XCTAssertNil(try clock(compatible: "test,sundia", [0x1000, 16, 0x2000, 32]))
    XCTAssertNil(try clock(compatible: "arm,pl031", [0x1000, 16, 0x2000, 32]))
    XCTAssertEqual(errors, [])
    let other = try board(TestBoard.self, compatible: "test,sundial", blocks: [0x1000, 16])
    XCTAssertNil(other[.calendarClock])
  }

  func testBlocksThatTheDriverDoesNotUseAreNotMapped() throws {
    let blocks: [UInt32] = [0x1000, 16, 0x2000, 16, 0x3000, 16, 0x3000, 16, 0x5000, 16]
    XCTAssertNotNil(try clock(blocks))
    XCTAssertEqual(mapped.map(\.base), [0x1000, 0x2000, 0x3000])
  }

  func testDeviceWithTooFewBlocksIsRefused() throws {
    for blocks in [
      [0x1000, 16], [0x1000, 16, 0x2000, 0], [0x1000, 16, 0x2000, 0, 0x3000, 16],
      [0x1000, 16, 0xffff_f000, 0x2000],
    ] as [[UInt32]] {
      XCTAssertNil(try clock(blocks))
      XCTAssertEqual(errors, [.tooFewBlocks], "\(blocks)")
    }
    XCTAssertEqual(mapped, [])
  }

  func testDeviceWithoutRegistersIsNone() throws {
    XCTAssertNil(try clock([]))
    XCTAssertNil(try clock([0x1000, 0, 0x2000, 16]))
    XCTAssertEqual(errors, [])
  }

  func testOverlappingBlocksAreRefused() throws {
    let second = PhysicalRange(base: 0x1ff0, byteCount: 16)
    XCTAssertNil(try clock([0x1000, 0x1000, 0x1ff0, 16]))
    XCTAssertEqual(errors, [.overlap(second)])
    XCTAssertNil(try clock([0x1ff0, 16, 0x1000, 0x1000]))
    XCTAssertEqual(errors.count, 1)
    XCTAssertNotNil(try clock([0x1000, 0xff0, 0x1ff0, 16]), "one after the other")
    XCTAssertNotNil(try clock([0xffff_ff00, 0x100, 0xffff_fe00, 0x100]), "the last bytes of all")
  }

  func testRegistersInMainMemoryAreRefused() throws {
    for (base, count, isInside) in [
      (0x4000_0000, 16, true), (0x400f_ffff, 2, true), (0x3fff_fff0, 17, true),
      (0x3000_0000, 0x2000_0000, true), (0x3fff_fff0, 16, false), (0x4010_0000, 16, false),
    ] as [(UInt32, UInt32, Bool)] {
      XCTAssertEqual(try clock([0x1000, 16, base, count]) == nil, isInside)
      let block = PhysicalRange(base: Word(base), byteCount: Word(count))
      XCTAssertEqual(errors, isInside ? [.inMemory(block)] : [])
    }
  }

  func testDriverMayRefuseItsDevice() throws {
    registers.answers[0] = [.max]
    XCTAssertNil(try clock([0x1000, 16, 0x2000, 16]))
    XCTAssertEqual(errors, [.refused])
  }

  func testDeviceThatCannotBeMappedIsRefused() throws {
    XCTAssertNil(try clock([0x1000, 16, 0x7000, 16]))
    XCTAssertEqual(errors, [.noWindow(PhysicalRange(base: 0x7000, byteCount: 16))])
  }

  func testInterruptSpecifiersHaveTheControllersFormat() {
    typealias GIC = GICv2<Interposer>
    XCTAssertEqual(GIC.specifierWordCount, 3)
    for (kind, number, line) in [
      (0, 0, 32), (0, 987, 1019), (0, 988, nil), (1, 0, 16), (1, 15, 31), (1, 16, nil), (2, 0, nil),
    ] as [(UInt32, UInt32, UInt32?)] {
      XCTAssertEqual(GIC.line(of: [kind, number, 4]), line)
    }
  }

  func testEachRoleHasAValue() {
    XCTAssertEqual(PerRole<Int>.count, DeviceRole.allCases.count)
    XCTAssertEqual(Set(DeviceRole.allCases.map { "\($0.name)" }).count, DeviceRole.allCases.count)
  }

  func testAbsentDevicesServeNothing() throws {
    let none: [CompatibleNames] = [
      AbsentClock.compatible, AbsentPower.compatible, AbsentParking.compatible,
    ]
    for names in none { XCTAssertFalse(names.contains { _ in true }) }
  }
}

final class DeviceWindowsTests: XCTestCase {
  /// What each of four windows maps.
  private var windows: [PhysicalAddress?] = [nil, nil, nil, nil]

  /// Maps a range; nil if it does not fit.
  private func map(_ base: Word, _ byteCount: Word) -> Range<UInt32>? {
    let range = PhysicalRange(base: base, byteCount: byteCount)
    guard
      let found = try? DeviceWindows.find(
        range, limit: 4, mapped: { self.windows[Int($0)] })
    else { return nil }
    for (index, window) in found.enumerated() {
      windows[Int(window)] = PhysicalAddress((base >> 20 + Word(index)) << 20)
    }
    return found
  }

  func testRegistersInOneMiBShareAWindow() {
    XCTAssertEqual(map(0x0800_0000, 0x1_0000), 0..<1)
    XCTAssertEqual(map(0x0900_0000, 0x1000), 1..<2)
    XCTAssertEqual(map(0x0801_0000, 0x1_0000), 0..<1)
    XCTAssertEqual(map(0x090f_ffff, 1), 1..<2)
  }

  func testRegistersAcrossMiBsHaveWindowsInARow() {
    XCTAssertEqual(map(0x0100_0000, 16), 0..<1)
    XCTAssertEqual(map(0x020f_ffff, 2), 1..<3)
    XCTAssertEqual(map(0x0200_0000, 0x20_0000), 1..<3)
    XCTAssertEqual(map(0x0210_0000, 0x20_0000), 2..<4, "the first of them is there already")
  }

  func testRegistersThatDoNotFitAreRefused() {
    XCTAssertNil(map(0x0100_0000, 0x50_0000))
    XCTAssertNil(map(0x0100_0000, 0))
    XCTAssertNil(map(0, 0xffff_ffff))
    XCTAssertEqual(map(0x0100_0000, 0x30_0000), 0..<3)
    XCTAssertNil(map(0x0800_0000, 0x10_0001))
    XCTAssertEqual(map(0xffff_f000, 0x1000), 3..<4, "the last page of all")
    XCTAssertNil(map(0x0800_0000, 1))
    XCTAssertEqual(map(0x0120_0000, 0x10_0000), 2..<3)
  }
}
