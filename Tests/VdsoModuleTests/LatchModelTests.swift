// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

/// The latch as a model, Tests/Models/latch.pml, searched by spin through every interleaving: the
/// design is right, and each thing that it needs is needed.
final class LatchModelTests: XCTestCase {
  /// The error that the search finds in the model with `change`; nil if there is none.
  private func error(with change: String) throws -> String? {
    do {
      return try SpinSearch.error(in: "latch.pml", with: change)
    } catch SpinSearch.Failure.notInstalled {
      throw XCTSkip("spin is not installed: tools/setup tests")
    }
  }

  func testLatchIsCorrectInEveryInterleaving() throws {
    XCTAssertNil(try error(with: "NO_CHANGE"))
  }

  func testLatchWithoutOneOfItsPartsIsTorn() throws {
    for change in [
      "NO_RECHECK", "NO_WRITER_BARRIER", "NO_READER_BARRIER", "BOTH_BANKS", "WRONG_BANK",
    ] {
      let found = try XCTUnwrap(try error(with: change), change)
      XCTAssertTrue(found.contains("assertion violated (one==two)"), "\(change): \(found)")
    }
  }
}
