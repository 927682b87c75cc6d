// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The parts of the latch and of the queue that need barriers (Tests/Models/*.litmus), on the memory
/// of ARMv7: none ends in the wrong state that it names, and each would without any of its barriers.
final class ProtocolTests: XCTestCase {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models")

  /// The text of a file.
  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appending(path: "\(name).litmus"), encoding: .utf8)
  }

  /// A test's text without the barrier `place`.
  private func remove(_ place: Range<String.Index>, from text: String) -> String {
    let isOfStores = text[place.upperBound...].hasPrefix(" ST")
    let end = text.index(place.upperBound, offsetBy: isOfStores ? 3 : 0)
    return text.replacingCharacters(in: place.lowerBound..<end, with: "MOV R12,#0")
  }

  private func check(_ name: String, barriers: Int, line: UInt = #line) throws {
    let text = try text(name)
    XCTAssertFalse(try Execution.isPossible(LitmusTest(text)), name, line: line)
    let places = text.ranges(of: "DMB")
    XCTAssertEqual(places.count, barriers, line: line)
    for (index, place) in places.enumerated() {
      XCTAssertTrue(
        try Execution.isPossible(LitmusTest(remove(place, from: text))),
        "\(name) without barrier \(index)", line: line)
    }
  }

  func testLatchIsNeverTorn() throws { try check("latch", barriers: 5) }

  func testLatchIsCompleteWhenTheNextUpdateBegins() throws {
    try check("latch_next", barriers: 2)
  }

  func testReceiverFindsTheMessage() throws { try check("queue_message", barriers: 2) }

  func testMessageIsCopiedBeforeTheNext() throws { try check("queue_room", barriers: 1) }

  func testSleepingReceiverIsWoken() throws { try check("queue_sleep", barriers: 2) }

  func testRingIsNotNotedWithoutItsMessage() throws { try check("queue_bell", barriers: 2) }

  func testLaneForANewReceiverBeginsWhereItSays() throws {
    try check("queue_receiver", barriers: 4)
  }

  func testMessageOfClearedPagesIsRefused() throws { try check("queue_left", barriers: 2) }

  func testThreadsOfASenderCountOn() throws { try check("queue_lock", barriers: 4) }
}
