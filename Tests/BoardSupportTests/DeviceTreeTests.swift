// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import XCTest

@testable import BoardSupport

final class DeviceTreeTests: XCTestCase {
  private func read(_ blob: [UInt8]) throws -> BoardDescription {
    try DeviceTree.read(blob.span.bytes, for: TestBoard.self)
  }

  private func text(_ range: BlobRange?, in blob: [UInt8]) -> String? {
    range.map {
      String(decoding: blob[Int($0.offset)..<Int($0.offset + $0.byteCount)], as: UTF8.self)
    }
  }

  /// The error that a tree gives; nil when it is read.
  private func error(_ tree: TreeBuilder) -> DeviceTreeError? { error(tree.blob()) }

  private func error(_ blob: [UInt8]) -> DeviceTreeError? {
    do {
      _ = try read(blob)
      return nil
    } catch {
      return error as? DeviceTreeError
    }
  }

  /// A tree whose root has the contents that `body` adds.
  private func root(_ body: (inout TreeBuilder) -> Void) -> TreeBuilder {
    var tree = TreeBuilder()
    tree.node("", body)
    return tree
  }

  func testParserFindsAllThatTheKernelNeeds() throws {
    for chosenFirst in [false, true] {
      var tree = TreeBuilder.virt(chosenFirst: chosenFirst)
      tree.reservations = [(0x4000_0000, 0x8000), (0x1_0000_0000, 0x1000)]
      let blob = tree.blob()
      let board = try read(blob)
      XCTAssertEqual(board.blobByteCount, UInt32(blob.count))
      XCTAssertEqual(board.memory.count, 1)
      XCTAssertEqual(board.memory[0], PhysicalRange(base: 0x4000_0000, byteCount: 0x1000_0000))
      XCTAssertEqual(board.reservations.count, 1)
      XCTAssertEqual(board.reservations[0], PhysicalRange(base: 0x4000_0000, byteCount: 0x8000))
      XCTAssertEqual(board.cpus.count, 2)
      XCTAssertEqual(board.cpus[1], .init(identifier: 1, isStartedByPSCI: true))
      XCTAssertEqual(
        board.firmware,
        .init(conduit: .hypervisorCall, hasSystemCalls: true, cpuOn: 0x8400_0003))
      let controller = try XCTUnwrap(board[.interruptController])
      XCTAssertEqual(controller.blocks.count, 2)
      XCTAssertEqual(
        controller.blocks[0], PhysicalRange(base: 0x0800_0000, byteCount: 0x1_0000))
      XCTAssertEqual(
        controller.blocks[1], PhysicalRange(base: 0x0801_0000, byteCount: 0x1_0000))
      XCTAssertEqual(board.timer, .init(virtualInterrupt: 27, frequency: nil, isForPrograms: true))
      XCTAssertEqual(board[.console]?.blocks[0].base, 0x0900_0000)
      XCTAssertEqual(board[.console]?.line, 33)
      XCTAssertEqual(board[.calendarClock]?.blocks[0].base, 0x0901_0000)
      XCTAssertEqual(text(board.bootArguments, in: blob), "quiet tick=100 -- a b")
      XCTAssertEqual(text(board.standardOutput, in: blob), "/pl011@9000000")
      XCTAssertEqual(
        board.initialRAMDisk, PhysicalRange(base: 0x4800_0000, byteCount: 0x12_3456))
      XCTAssertEqual(board.randomSeed?.byteCount, 32)
      XCTAssertEqual(board.placementSeed?.byteCount, 8)
    }
  }

  func testStandardOutputSelectsTheConsole() throws {
    for (path, base) in [
      ("/pl011@9040000", 0x0904_0000), ("/pl011@9040000:115200n8", 0x0904_0000),
      ("/pl011@904000", 0x0900_0000), ("/pl011@90400000", 0x0900_0000), ("", 0x0900_0000),
      ("serial0", 0x0900_0000), ("/", 0x0900_0000),
    ] as [(String, PhysicalAddress)] {
      let board = try read(TreeBuilder.virt(stdout: path).blob())
      XCTAssertEqual(board[.console]?.blocks[0].base, base, path)
    }
  }

  func testFirmwareCallInstructionIsRead() throws {
    XCTAssertEqual(
      try read(TreeBuilder.virt(method: "smc").blob()).firmware?.conduit, .secureMonitorCall)
    XCTAssertNil(try read(TreeBuilder.virt(method: "none").blob()).firmware)
    let old = root {
      $0.node("psci") {
        $0.property("compatible", text: "arm,psci")
        $0.property("method", text: "smc")
        $0.property("cpu_on", words: [0x95c1_ba60])
      }
    }
    XCTAssertEqual(
      try read(old.blob()).firmware,
      .init(conduit: .secureMonitorCall, hasSystemCalls: false, cpuOn: 0x95c1_ba60))
  }

  func testMemoryIsClippedToFourGiB() throws {
    let tree = root {
      $0.property("#address-cells", words: [2])
      $0.property("#size-cells", words: [2])
      $0.node("memory") {
        $0.property("device_type", text: "memory")
        $0.property(
          "reg",
          words: [
            0, 0xc000_0000, 1, 0, 8, 0, 0, 0x1000, 0, 0x1000, 0, 0, 0, 0, 1, 0,
            0, 0x8000_0000, .max, .max,
          ])
      }
    }
    let memory = try read(tree.blob()).memory
    XCTAssertEqual(
      (0..<memory.count).map { memory[$0] },
      [
        PhysicalRange(base: 0xc000_0000, byteCount: 0x4000_0000),
        PhysicalRange(base: 0, byteCount: 0xffff_f000),
        PhysicalRange(base: 0x8000_0000, byteCount: 0x8000_0000),
      ])
  }

  func testDroppedMemoryIsCounted() throws {
    let tree = root {
      $0.node("cpus") {
        $0.property("#address-cells", words: [1])
        $0.property("#size-cells", words: [0])
        for number in UInt32(0)..<11 {
          $0.node("cpu@\(number)") {
            $0.property("reg", words: [number])
            $0.property("device_type", text: "cpu")
            if number == 3 { $0.property("status", text: "fail-sss") }
          }
        }
      }
    }
    let cpus = try read(tree.blob()).cpus
    XCTAssertEqual(cpus.count, 8)
    XCTAssertEqual(cpus.droppedCount, 2)
    XCTAssertEqual(cpus[3].identifier, 4)
    XCTAssertFalse(cpus[0].isStartedByPSCI)
  }

  func testDisabledDeviceIsIgnored() throws {
    for (status, isUsed) in [("okay", true), ("ok", true), ("disabled", false), ("", false)] {
      let tree = root {
        $0.node("rtc") {
          $0.property("status", text: status)
          $0.property("compatible", text: "arm,pl031")
          $0.property("reg", words: [0, 0x0901_0000, 0x1000])
        }
      }
      XCTAssertEqual(try read(tree.blob())[.calendarClock] != nil, isUsed, status)
    }
  }

  func testBadHeaderIsRefusedByItsField() {
    let good = TreeBuilder.virt().blob()
    /// The blob with one word of the header replaced.
    func with(_ index: Int, _ word: UInt32) -> [UInt8] {
      var blob = good
      blob.replaceSubrange(index * 4..<index * 4 + 4, with: TreeBuilder.word(word))
      return blob
    }
    let count = UInt32(good.count)
    XCTAssertEqual(error(with(0, 0xedfe_0dd0)), .badMagic(0xedfe_0dd0))
    XCTAssertEqual(error(with(1, 39)), .badSize(39))
    XCTAssertEqual(error(with(1, 2 << 20 + 1)), .badSize(2 << 20 + 1))
    XCTAssertEqual(error(with(1, count + 1)), .cut(count))
    XCTAssertEqual(error(with(2, 58)), .badOffset(58))
    XCTAssertEqual(error(with(2, 36)), .badOffset(36))
    XCTAssertEqual(error(with(2, 0xffff_fffc)), .badOffset(0xffff_fffc))
    XCTAssertEqual(error(with(3, count + 1)), .badOffset(count + 1))
    XCTAssertEqual(error(with(3, 8)), .badOffset(8))
    XCTAssertEqual(error(with(4, 44)), .badOffset(44))
    XCTAssertEqual(error(with(5, 15)), .badVersion(15))
    XCTAssertEqual(error(with(6, 18)), .badVersion(17))
    XCTAssertEqual(error(with(8, .max)), .badSize(.max))
    XCTAssertEqual(error(with(9, .max - 3)), .badSize(.max - 3))
    XCTAssertEqual(error([]), .cut(0))
    XCTAssertEqual(error(Array(good.prefix(12))), .cut(12))
  }

  func testOldVersionWithoutTheStructuresSizeIsRead() throws {
    var tree = TreeBuilder.virt()
    tree.version = 16
    XCTAssertEqual(try read(tree.blob()).cpus.count, 2)
  }

  func testNodesThatDoNotNestAreRefused() {
    var open = TreeBuilder()
    open.begin("")
    XCTAssertEqual(error(open), .badNesting(1))
    XCTAssertEqual(error(TreeBuilder()), .badNesting(0))
    var closed = TreeBuilder()
    closed.end()
    XCTAssertEqual(error(closed), .badNesting(0))
    var two = root { _ in }
    two.node("") { _ in }
    XCTAssertEqual(error(two), .badNesting(0))
    var loose = TreeBuilder()
    loose.property("reg")
    XCTAssertEqual(error(loose), .badNesting(0))
    let late = root {
      $0.node("child") { _ in }
      $0.property("reg")
    }
    XCTAssertEqual(error(late), .badNesting(1))
    var deep = TreeBuilder()
    for _ in 0..<17 { deep.begin("x") }
    XCTAssertEqual(error(deep), .tooDeep)
    var unknown = TreeBuilder()
    unknown.token(5)
    XCTAssertEqual(error(unknown), .badToken(5, at: 56))
  }

  func testValueOfTheWrongFormIsRefused() {
    for (name, value) in [
      ("#address-cells", 3), ("linux,initrd-start", 5), ("#size-cells", 0),
    ] {
      let tree = root {
        $0.node("chosen") {
          $0.property(name, [UInt8](repeating: 1, count: value))
          $0.property("linux,initrd-end", words: [0x5000_0000])
        }
      }
      guard case .badValue? = error(tree) else { return XCTFail(name) }
    }
    for registers in [[0, 0], [0, 1, 2, 3]] as [[UInt32]] {
      let tree = root {
        $0.node("memory") {
          $0.property("device_type", text: "memory")
          $0.property("reg", words: registers)
        }
      }
      guard case .badValue? = error(tree) else { return XCTFail("reg") }
    }
    let backwards = root {
      $0.node("chosen") {
        $0.property("linux,initrd-start", words: [0x5000_0000])
        $0.property("linux,initrd-end", words: [0x4000_0000])
      }
    }
    guard case .badValue? = error(backwards) else { return XCTFail("initrd") }
    let timer = root {
      $0.node("timer") {
        $0.property("compatible", text: "arm,armv7-timer")
        $0.property("interrupts", words: [1, 13, 0, 1, 14, 0, 1, 16, 0])
      }
    }
    guard case .badValue? = error(timer) else { return XCTFail("interrupts") }
  }
}
