// SPDX-License-Identifier: Apache-2.0
import KitTypes
import SystemMocks
import VdsoModule
import VmRegion
import VmRegionMocks
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// Kits that the kernel itself calls, on the mock's machine.
final class KernelKitTests: XCTestCase {
  private typealias Kits = KernelKits<MockArchitecture>
  private var machine: Machine!
  private var held = 0

  private static let vstat = KitFile("vstat", layoutHash: vstat_layout_hash(), kernelPages: 1)

  /// Boots with kits that are built in, and one more in /lib/kits.
  override func setUpWithError() throws {
    var calling = KitFile("calling")
    calling.put32(KitFile.kitNote + 40, UInt32(KIT_MAY_CALL_SYSTEM))
    let own = KitFile("own", kernelPages: 1, ownPages: 1, memberPages: 1)
    let builtIn = [
      Self.vstat, calling, own, KitFile("private", privateData: [7]),
      KitFile("shared", mode: 0o666, sharedPages: 1), KitFile("plain"),
    ]
    var archive = CpioBuilder()
    archive.add("init", ElfBuilder().bytes, mode: 0o100755)
    archive.add("lib", mode: 0o40755)
    archive.add("lib/kits", mode: 0o40755)
    archive.add("lib/kits/file.kit", KitFile("file").bytes)
    machine = try Machine(initrd: archive.finish())
    let free = machine.pool.freeCount
    var bytes: [UInt8] = []
    for file in builtIn {
      bytes += withUnsafeBytes(of: UInt32(file.bytes.count).littleEndian) { Array($0) }
      bytes += file.bytes
    }
    let immortal = Machine.immortal(bytes + [0, 0, 0, 0])
    _ = CapturedLog.lines {
      KitStart<MockArchitecture>.run(immortal, by: A32Rules.self, cpuCount: 4, board: "mock")
    }
    held = Int(free) - Int(machine.pool.freeCount)
    _ = try machine.start()
    TestSpace.kitPages = [:]
  }

  override func tearDown() { XCTAssertEqual(machine.release(), held) }

  private func refusal(of name: StaticString) -> KernelKitRefusal? {
    do throws(KernelKitRefusal) {
      _ = try Kits.map(name.bytes)
      return nil
    } catch {
      return error
    }
  }

  func testKitsThatAreNotForTheKernelAreRefusedByReason() {
    for (name, reason) in [
      ("none", .absent), ("vsta", .absent), ("", .absent), ("file", .notBuiltIn),
      ("calling", .callsSystem), ("private", .ofPrograms), ("shared", .ofPrograms),
      ("own", .ofPrograms),
    ] as [(StaticString, KernelKitRefusal)] {
      XCTAssertEqual(refusal(of: name), reason, "\(name)")
    }
    XCTAssertEqual(TestSpace.kitPages.count, 0)
  }

  /// The numbers are those that C code compares.
  func testReasonsHaveTheNumbersOfTheHeader() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let header = try String(
      contentsOf: root.appendingPathComponent("image/kits/include/kit_error.h"), encoding: .utf8)
    for (name, reason) in [
      ("absent", .absent), ("notBuiltIn", .notBuiltIn), ("ofPrograms", .ofPrograms),
      ("callsSystem", .callsSystem),
    ] as [(String, KernelKitRefusal)] {
      XCTAssertTrue(header.contains("KIT_SWIFT(\(name)) = \(reason.rawValue),"), name)
    }
  }

  func testKernelKitIsMappedPageAfterPage() throws {
    let free = machine.pool.freeCount
    for _ in 0..<2 {
      let (base, size) = try Kits.map(("vstat" as StaticString).bytes)
      XCTAssertEqual(base, TestSpace.kitPage(0))
      XCTAssertEqual(size, 2 * 4096)
      XCTAssertEqual(TestSpace.kitPages.keys.sorted(), [0, 1])
    }
    let text = try XCTUnwrap(TestSpace.kitPages[0])
    let page = try XCTUnwrap(TestSpace.kitPages[1])
    XCTAssertTrue(text.isText)
    XCTAssertFalse(page.isText)
    let bytes = UnsafeRawBufferPointer(start: MockMemory.pointer(to: text.frame), count: 0x490)
    XCTAssertEqual(Array(bytes), Array(Self.vstat.bytes[..<0x490]))
    let number = MockMemory.pointer(to: page.frame).loadUnaligned(
      fromByteOffset: Int(VSTAT_CPUS_POSSIBLE), as: UInt32.self)
    XCTAssertEqual(number, 4)
    XCTAssertEqual(
      MockMemory.pointer(to: page.frame).load(as: UInt64.self), vstat_layout_hash())
    XCTAssertEqual(machine.pool.freeCount, free)

    // The kernel and programs have the same frames.
    let buffer = machine.memory()
    let file = machine.call(.open, machine.string("/dev/kits/vstat", at: buffer), 0, 0)
    let mapped = UInt32(
      bitPattern: machine.call(.mmap2, 0, 2 * 4096, 1, 1, UInt32(bitPattern: file), 0))
    machine.call(.close, UInt32(bitPattern: file))
    for (offset, wanted) in [(UInt32(0), text.frame), (4096, page.frame)] {
      let frame = try Services.process.pointee.space.frame(readAt: UserAddress(mapped + offset))
      XCTAssertEqual(frame, wanted)
    }
    machine.call(.munmap, buffer, 4096)
  }

  func testEachKernelKitHasAWindow() throws {
    let base = try Kits.map(("plain" as StaticString).bytes).base
    XCTAssertEqual(base, TestSpace.kitPage(5 * 32))
    XCTAssertEqual(TestSpace.kitPages.keys.sorted(), [5 * 32])
    XCTAssertEqual(KernelKit<Services>.limit * KernelKit<Services>.mostPages, 256)
  }
}
