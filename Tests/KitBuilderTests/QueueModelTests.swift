// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

/// The models of image/kits/vqueue, searched by spin through every order, a death of the sender after
/// each of its steps included: the design is right, and each thing that it needs is needed.
final class QueueModelTests: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(try SpinSearch.isInstalled(), "spin is not installed: tools/setup tests")
  }

  func testMessagesArriveOnceAlthoughSendersDie() throws {
    XCTAssertNil(try SpinSearch.error(in: "queue_lane.pml", with: "NO_CHANGE"))
  }

  func testLaneWithoutOneOfItsPartsIsWrong() throws {
    for change in ["NO_LOCK", "COUNT_FIRST", "NO_RECHECK", "ZERO_FIRST", "NO_PROCESS"] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "queue_lane.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (message=="), found)
    }
  }

  func testNoReceiverSleepsWhileThereIsAMessage() throws {
    XCTAssertNil(try SpinSearch.error(in: "queue_sleep.pml", with: "NO_CHANGE"))
    for change in ["LATE_FLAG", "LATE_NOTE", "NO_RING", "EARLY_LOOK", "NO_LOOK"] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "queue_sleep.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated ((taken==3)"), found)
    }
  }

  func testNewReceiverGetsAllThatIsSentToIt() throws {
    XCTAssertNil(try SpinSearch.error(in: "queue_receiver.pml", with: "NO_CHANGE"))
    for change in ["EARLY_CHECK", "NO_FIRST"] {
      let found = try XCTUnwrap(
        try SpinSearch.error(in: "queue_receiver.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (ring["), found)
    }
  }

  func testNoSenderSleepsWhileThereIsRoom() throws {
    XCTAssertNil(try SpinSearch.error(in: "queue_receipt.pml", with: "NO_CHANGE"))
    for change in ["NO_RING", "LATE_NOTE", "NO_LOOK", "EARLY_LOOK"] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "queue_receipt.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated ((sent==3)"), found)
    }
  }
}
