// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

/// Tests/Models searched by spin through every order: the designs are right, and each thing that they
/// need is needed.
final class SpinModelTests: XCTestCase {
  /// The error that the search finds in a model with `change`; nil if there is none.
  private func error(_ model: String, with change: String) throws -> String? {
    do {
      return try SpinSearch.error(in: model, with: change)
    } catch SpinSearch.Failure.notInstalled {
      throw XCTSkip("spin is not installed: tools/setup tests")
    }
  }

  func testInheritanceIsCorrectInEveryOrder() throws {
    XCTAssertNil(try error("mutex_inheritance.pml", with: "NO_CHANGE"))
  }

  func testMutexWithoutOneOfItsPartsIsWrong() throws {
    for change in ["NO_CHAIN", "NO_RETURN", "NO_TIMEOUT_RETURN"] {
      let found = try XCTUnwrap(try error("mutex_inheritance.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (urgency["), found)
    }
  }

  func testFutexHasOneOwnerAlthoughOwnersDie() throws {
    XCTAssertNil(try error("owned_futex.pml", with: "NO_CHANGE"))
  }

  func testOwnedFutexWithoutOneOfItsPartsIsWrong() throws {
    for (change, effect) in [
      ("NO_BIT", "invalid end state"), ("NO_HEIR", "invalid end state"),
      ("NO_NUMBER", "assertion violated (owner==me)"),
      ("NO_LOOK", "assertion violated (old_owner==me)"),
      ("NO_ADOPTION", "assertion violated ((state_owner==me)"),
    ] {
      let found = try XCTUnwrap(try error("owned_futex.pml", with: change), change)
      XCTAssertTrue(found.contains(effect), found)
    }
  }

  func testNoWakeUpIsLostInAnyOrder() throws {
    XCTAssertNil(try error("wake_up.pml", with: "NO_CHANGE"))
    let forgotten = try XCTUnwrap(try error("wake_up.pml", with: "NO_PENDING"))
    XCTAssertTrue(forgotten.contains("assertion violated (((done==2)"), forgotten)
    let twice = try XCTUnwrap(try error("wake_up.pml", with: "WAKE_READY"))
    XCTAssertTrue(twice.contains("assertion violated (queued==0)"), twice)
  }
}
