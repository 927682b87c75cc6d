// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

/// The latch as a model, Tests/Models/latch.pml, searched by spin through every interleaving: the
/// design is right, and each thing that it needs is needed.
final class LatchModelTests: XCTestCase {
  override func setUpWithError() throws {
    try XCTSkipUnless(try SpinSearch.isInstalled(), "spin is not installed: tools/setup tests")
  }

  func testLatchIsCorrectInEveryInterleaving() throws {
    XCTAssertNil(try SpinSearch.error(in: "latch.pml", with: "NO_CHANGE"))
  }

  func testLatchWithoutOneOfItsPartsIsTorn() throws {
    for change in [
      "NO_RECHECK", "NO_WRITER_BARRIER", "NO_READER_BARRIER", "BOTH_BANKS", "WRONG_BANK",
    ] {
      let found = try XCTUnwrap(try SpinSearch.error(in: "latch.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (one==two)"), "\(change): \(found)")
    }
  }
}
