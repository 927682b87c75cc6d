// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion
import XCTest

final class UserAddressTests: XCTestCase {
  private let last = UserAddress(.max)

  func testSumThatDoesNotFitAWordIsNil() {
    XCTAssertEqual((0x1000 as UserAddress).adding(0x234), 0x1234)
    XCTAssertEqual((0 as UserAddress).adding(.max), last)
    XCTAssertEqual(last.adding(0), last)
    XCTAssertNil(last.adding(1))
    XCTAssertNil((1 as UserAddress).adding(.max))
  }

  func testAllegationWrapsAtBothEnds() {
    XCTAssertEqual(last &+ 1, 0)
    XCTAssertEqual((0 as UserAddress) &- 1, last)
  }

  func testRoundingToPagesEndsAtTheLastPage() {
    XCTAssertEqual((0 as UserAddress).roundedUpToPage, 0)
    XCTAssertEqual((1 as UserAddress).roundedUpToPage, 0x1000)
    XCTAssertEqual(last.pageBase, UserAddress(.max - 4095))
    XCTAssertEqual(last.pageBase.roundedUpToPage, last.pageBase)
    XCTAssertNil((last.pageBase &+ 1).roundedUpToPage)
    XCTAssertNil(last.roundedUpToPage)
    XCTAssertEqual(last.pageOffset, 4095)
    XCTAssertTrue(last.pageBase.isPageAligned)
    XCTAssertFalse(last.isPageAligned)
  }

  func testOrderIsThatOfUnsignedWords() {
    XCTAssertLessThan(0x7fff_ffff as UserAddress, 0x8000_0000)
    XCTAssertGreaterThan(last, 0)
    XCTAssertLessThanOrEqual(last, last)
    XCTAssertGreaterThanOrEqual(0 as UserAddress, 0)
  }

  func testPageOfAnAddressHasItsBase() {
    XCTAssertEqual(VirtualPage(containing: 0x1_2345).address, 0x1_2000)
    XCTAssertEqual(VirtualPage(containing: 0xffff_ffff).number, 0xf_ffff)
    XCTAssertEqual(PhysicalFrame(containing: 0x4000_1fff).address, 0x4000_1000)
  }

  func testRangeOutsideTheUserHalfIsNil() {
    let (lowest, limit) = (UserRange.lowest, UserRange.limit)
    XCTAssertNotNil(UserRange(base: lowest, count: limit.word - lowest.word))
    XCTAssertNotNil(UserRange(base: limit, count: 0))
    XCTAssertNil(UserRange(base: limit, count: 1))
    XCTAssertNil(UserRange(base: lowest, count: limit.word - lowest.word + 1))
    XCTAssertNil(UserRange(base: lowest &- 1, count: 1))
    XCTAssertNil(UserRange(base: 0, count: 0))
    XCTAssertNil(UserRange(base: limit &- 1, count: .max))
    XCTAssertNil(UserRange(base: last, count: 1))
  }

  func testRangeByItsEndIsCheckedAsByItsCount() {
    let (lowest, limit) = (UserRange.lowest, UserRange.limit)
    XCTAssertEqual(UserRange(base: lowest, end: limit)?.count, limit.word - lowest.word)
    XCTAssertEqual(UserRange(base: limit, end: limit)?.count, 0)
    XCTAssertNil(UserRange(base: lowest &+ 1, end: lowest))
    XCTAssertNil(UserRange(base: lowest, end: limit &+ 1))
    XCTAssertNil(UserRange(base: lowest &- 1, end: limit))
  }

  func testFramesOfARangeEndWithItsLastByte() {
    XCTAssertEqual(FrameRange(address: 0x4000_0fff, length: 1).count, 1)
    XCTAssertEqual(FrameRange(address: 0x4000_0fff, length: 2).count, 2)
    XCTAssertEqual(FrameRange(address: 0x4000_0000, length: 0).count, 0)
    XCTAssertEqual(FrameRange(address: 0xffff_0000, length: 0x1_0000).count, 16)
  }
}
