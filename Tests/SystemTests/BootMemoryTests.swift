// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System

/// What the boot makes of the RAM that a device tree lists. The kernel runs at 0x40000000.
final class BootMemoryTests: SystemTestCase {
  private static let base: Word = 0x4000_0000
  private static let megabyte: Word = 1 << 20
  private static let map: UInt = 0x8000_0000

  private func boot(
    _ ranges: [PhysicalRange] = [PhysicalRange(base: base, byteCount: 64 * megabyte)],
    base: Word = base, map: UInt = map, limit: Word = 1 << 30,
    deviceTree: PhysicalRange = PhysicalRange(base: base + 48 * megabyte, byteCount: 0x1000),
    initrd: PhysicalRange? = nil
  ) throws -> BootMemory {
    try BootMemory(
      base: PhysicalAddress(base), mappedAt: map, limit: limit, rangeCount: ranges.count,
      range: { ranges[$0] }, deviceTree: deviceTree, initrd: initrd)
  }

  private func initrd(_ base: Word, _ byteCount: Word) throws -> PhysicalRange? {
    try boot(initrd: PhysicalRange(base: base, byteCount: byteCount)).initrd
  }

  func testRangeOfTheKernelIsUsedInWholeMegabytes() throws {
    let size = 64 * Self.megabyte
    let memory = try boot([
      PhysicalRange(base: 0x1000_0000, byteCount: Self.megabyte),
      PhysicalRange(base: Self.base, byteCount: size + 0x1000),
    ])
    XCTAssertEqual(memory.size, size)
    XCTAssertEqual(memory.unmapped, 1)
  }

  func testRAMAboveTheLimitIsNotUsed() throws {
    let memory = try boot(
      [PhysicalRange(base: Self.base, byteCount: 64 * Self.megabyte)], limit: 48 * Self.megabyte)
    XCTAssertEqual(memory.size, 48 * Self.megabyte)
    XCTAssertEqual(memory.unmapped, 16)
  }

  func testKernelOutsideOfEachRangeHasNoRAM() {
    let ranges = [PhysicalRange(base: Self.base - Self.megabyte, byteCount: 64 * Self.megabyte)]
    for ranges in [[], ranges, [PhysicalRange(base: Self.base, byteCount: 0xf_ffff)]] {
      XCTAssertThrowsError(try boot(ranges)) {
        XCTAssertEqual($0 as? BootMemoryError, .notListed)
      }
    }
  }

  func testRAMMayBeginAtTheMapAndNotAboveIt() {
    for (base, error) in [(0x8000_0000, nil), (0x8010_0000, BootMemoryError.beginsAboveTheMap)] {
      let range = PhysicalRange(base: Word(base), byteCount: 64 * Self.megabyte)
      XCTAssertEqual(bootError(range), error)
    }
  }

  private func bootError(_ range: PhysicalRange) -> BootMemoryError? {
    do { _ = try boot([range], base: range.base.word) } catch { return error as? BootMemoryError }
    return nil
  }

  func testInitrdMustLieCompletelyInRAM() throws {
    let end = Self.base + 64 * Self.megabyte
    XCTAssertEqual(try initrd(end - 0x100, 0x100)?.byteCount, 0x100)
    XCTAssertEqual(try initrd(Self.base, 1)?.byteCount, 1)
    XCTAssertNil(try initrd(end - 0x100, 0x101))
    XCTAssertNil(try initrd(end, 1))
    XCTAssertNil(try initrd(Self.base - 1, 2))
    XCTAssertNil(try initrd(Self.base, .max))
    XCTAssertNil(try initrd(Self.base, 0), "QEMU passes an empty range without an initrd")
  }

  func testTablesEndBelowWhatTheLoaderHasLeft() throws {
    let tree = Self.map + UInt(48 * Self.megabyte)
    XCTAssertEqual(try boot().earlyLimit(kernelEnd: Self.map + 1000), tree)
    let initrd = PhysicalRange(base: Self.base + 4 * Self.megabyte, byteCount: 1)
    XCTAssertEqual(
      try boot(initrd: initrd).earlyLimit(kernelEnd: Self.map + 1000),
      Self.map + UInt(4 * Self.megabyte))
    let above = PhysicalRange(base: Self.base + 80 * Self.megabyte, byteCount: 1)
    XCTAssertEqual(
      try boot(deviceTree: above).earlyLimit(kernelEnd: Self.map + 1000),
      Self.map + UInt(64 * Self.megabyte))
    let below = PhysicalRange(base: Self.base + 0x100, byteCount: 1)
    XCTAssertEqual(
      try boot(deviceTree: below).earlyLimit(kernelEnd: Self.map + 1000), Self.map + 1000)
  }

  func testPoolHasAllFramesThatAreNotInUse() throws {
    let region = UnsafeMutableRawPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { region.deallocate() }
    let start = UInt(bitPattern: region)
    // Of 256 frames, the device tree has two and the initrd three.
    let memory = try boot(
      [PhysicalRange(base: Self.base, byteCount: Self.megabyte)], map: start,
      deviceTree: PhysicalRange(base: Self.base + 0x8_0ff0, byteCount: 0x20),
      initrd: PhysicalRange(base: Self.base + 0x9_0000, byteCount: 0x2001))
    var early = EarlyMemory(from: start + 0x1000, to: start + 0x8_0000) { fatalError("exhausted") }
    let pool: FramePool<TestProcessor, MockMemory> = memory.makePool(&early)
    let tables = UInt32((early.end - start + 0xfff) / 0x1000)
    XCTAssertGreaterThan(tables, 1, "the pool's own table is in early memory")
    XCTAssertEqual(pool.freeCount, 256 - tables - 2 - 3 - 1, "one frame of zeros is taken")
  }
}
