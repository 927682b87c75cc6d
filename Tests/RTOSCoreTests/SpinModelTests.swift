// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

/// Tests/Models searched by spin through every order: the designs are right, and each thing that they
/// need is needed.
final class SpinModelTests: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(try SpinSearch.isInstalled(), "spin is not installed: tools/setup tests")
  }

  func testInheritanceIsCorrectInEveryOrder() throws {
    XCTAssertNil(try SpinSearch.error(in: "mutex_inheritance.pml", with: "NO_CHANGE"))
  }

  func testMutexWithoutOneOfItsPartsIsWrong() throws {
    for change in ["NO_CHAIN", "NO_RETURN", "NO_TIMEOUT_RETURN"] {
      let found = try XCTUnwrap(
        try SpinSearch.error(in: "mutex_inheritance.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (urgency["), found)
    }
  }

  func testFutexHasOneOwnerAlthoughOwnersDie() throws {
    XCTAssertNil(try SpinSearch.error(in: "owned_futex.pml", with: "NO_CHANGE"))
  }

  func testOwnedFutexWithoutOneOfItsPartsIsWrong() throws {
    for (change, effect) in [
      ("NO_BIT", "invalid end state"), ("NO_HEIR", "invalid end state"),
      ("NO_NUMBER", "assertion violated (owner==me)"),
      ("NO_LOOK", "assertion violated (old_owner==me)"),
      ("NO_ADOPTION", "assertion violated ((state_owner==me)"),
    ] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "owned_futex.pml", with: change), change)
      XCTAssertTrue(found.contains(effect), found)
    }
  }

  func testNoWakeUpIsLostInAnyOrder() throws {
    XCTAssertNil(try SpinSearch.error(in: "wake_up.pml", with: "NO_CHANGE"))
    let forgotten = try XCTUnwrap(try SpinSearch.error(in: "wake_up.pml", with: "NO_PENDING"))
    XCTAssertTrue(forgotten.contains("assertion violated (((done==2)"), forgotten)
    let twice = try XCTUnwrap(try SpinSearch.error(in: "wake_up.pml", with: "WAKE_READY"))
    XCTAssertTrue(twice.contains("assertion violated (queued==0)"), twice)
  }
}
