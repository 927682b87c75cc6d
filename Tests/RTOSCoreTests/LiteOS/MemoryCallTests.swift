// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes
import XCTest

@testable import RTOSCore

final class MemoryCallTests: LiteOSTestCase {
  func testPoolErrorCodes() {
    var status = LOS_MEM_POOL_STATUS()
    let noPool = memory + 8192
    noPool.storeBytes(of: 0, as: UInt32.self)
    XCTAssertEqual(los.memInit(nil, 4096), LOS_NOK)
    XCTAssertEqual(los.memInit(memory, 64), LOS_NOK)
    XCTAssertEqual(los.memInit(memory + 4, 4096), LOS_NOK)
    XCTAssertEqual(los.memInit(memory, 4096), LOS_OK)
    for bad in [nil, noPool] {
      XCTAssertNil(los.memAlloc(bad, 8))
      XCTAssertNil(los.memAllocAlign(bad, 8, 16))
      XCTAssertNil(los.memRealloc(bad, nil, 16))
      XCTAssertNil(los.memRealloc(bad, memory + 2048, 16))
      XCTAssertEqual(los.memFree(bad, memory + 2048), LOS_NOK)
      XCTAssertEqual(los.memPoolSizeGet(bad), LOS_NOK)
      XCTAssertEqual(los.memTotalUsedGet(bad), LOS_NOK)
      XCTAssertEqual(los.memIntegrityCheck(bad), LOS_NOK)
      XCTAssertEqual(los.memInfoGet(bad, &status), LOS_NOK)
      XCTAssertEqual(los.memDeInit(bad), LOS_NOK)
    }
    XCTAssertNil(los.memAlloc(memory, 0))
    XCTAssertNil(los.memAlloc(memory, 1 << 20))
    XCTAssertNil(los.memAllocAlign(memory, 8, 0))
    XCTAssertNil(los.memAllocAlign(memory, 8, 24))
    XCTAssertEqual(los.memFree(memory, nil), LOS_NOK)
    XCTAssertEqual(los.memFree(memory, memory + 2048), LOS_NOK)
    XCTAssertNil(los.memRealloc(memory, memory + 2048, 16))
    XCTAssertEqual(los.memInfoGet(memory, nil), LOS_NOK)
    XCTAssertEqual(los.memTotalUsedGet(memory), 0)
    XCTAssertEqual(los.memIntegrityCheck(memory), LOS_OK)
  }

  func testPoolAllocatesAndFrees() throws {
    XCTAssertEqual(los.memInit(memory, 4096), LOS_OK)
    XCTAssertEqual(los.memPoolSizeGet(memory), 4096)
    let first = try XCTUnwrap(los.memAlloc(memory, 100))
    let second = try XCTUnwrap(los.memAllocAlign(memory, 100, 4096 / 8))
    XCTAssertEqual(UInt(bitPattern: second) % 512, 0)
    let third = try XCTUnwrap(los.memRealloc(memory, nil, 10))
    var status = LOS_MEM_POOL_STATUS()
    XCTAssertEqual(los.memInfoGet(memory, &status), LOS_OK)
    XCTAssertEqual(status.usedNodeNum, 3)
    XCTAssertEqual(status.totalUsedSize, los.memTotalUsedGet(memory))
    first.storeBytes(of: 0x1234, as: UInt32.self)
    XCTAssertNil(los.memRealloc(memory, first, 1 << 16), "no room")
    let moved = try XCTUnwrap(los.memRealloc(memory, first, 1200))
    XCTAssertNotEqual(moved, first)
    XCTAssertEqual(moved.load(as: UInt32.self), 0x1234)
    XCTAssertEqual(los.memRealloc(memory, moved, 20), moved)
    XCTAssertEqual(los.memFree(memory, first), LOS_NOK, "it has moved")
    let gone = try XCTUnwrap(los.memAlloc(memory, 8))
    XCTAssertNil(los.memRealloc(memory, gone, 0))
    XCTAssertEqual(los.memFree(memory, gone), LOS_NOK)
    for taken in [moved, second, third] { XCTAssertEqual(los.memFree(memory, taken), LOS_OK) }
    XCTAssertEqual(los.memFree(memory, third), LOS_NOK, "twice")
    let last = try XCTUnwrap(los.memAlloc(memory, 8))
    (last - 8).storeBytes(of: 5, as: UInt32.self)
    XCTAssertEqual(los.memIntegrityCheck(memory), LOS_NOK)
    XCTAssertEqual(los.memDeInit(memory), LOS_OK)
    XCTAssertNil(los.memAlloc(memory, 8))
  }

  func testBoxErrorCodes() throws {
    var (most, used, size): (UInt32, UInt32, UInt32) = (7, 7, 7)
    let noBoxes = memory + 8192
    noBoxes.storeBytes(of: 0, as: UInt32.self)
    XCTAssertEqual(los.memboxInit(nil, 512, 16), LOS_NOK)
    XCTAssertEqual(los.memboxInit(memory, 16, 16), LOS_NOK)
    XCTAssertEqual(los.memboxInit(memory, 512, 0), LOS_NOK)
    XCTAssertEqual(los.memboxInit(memory, 512, 16), LOS_OK)
    for bad in [nil, noBoxes] {
      XCTAssertNil(los.memboxAlloc(bad))
      XCTAssertEqual(los.memboxFree(bad, memory + 64), LOS_NOK)
      XCTAssertEqual(los.memboxStatisticsGet(bad, &most, &used, &size), LOS_NOK)
      los.memboxClr(bad, memory + 64)
    }
    XCTAssertEqual(los.memboxStatisticsGet(memory, nil, &used, &size), LOS_NOK)
    XCTAssertEqual(los.memboxStatisticsGet(memory, &most, nil, &size), LOS_NOK)
    XCTAssertEqual(los.memboxStatisticsGet(memory, &most, &used, nil), LOS_NOK)
    XCTAssertEqual([most, used, size], [7, 7, 7])
    let box = try XCTUnwrap(los.memboxAlloc(memory))
    XCTAssertEqual(los.memboxFree(memory, nil), LOS_NOK)
    XCTAssertEqual(los.memboxFree(memory, box + 4), LOS_NOK)
    box.storeBytes(of: 5, as: UInt32.self)
    los.memboxClr(memory, box)
    XCTAssertEqual(box.load(as: UInt32.self), 0)
    XCTAssertEqual(los.memboxStatisticsGet(memory, &most, &used, &size), LOS_OK)
    XCTAssertEqual([most, used, size], [29, 1, 16])
    XCTAssertEqual(los.memboxFree(memory, box), LOS_OK)
    XCTAssertEqual(los.memboxFree(memory, box), LOS_NOK, "twice")
  }
}
