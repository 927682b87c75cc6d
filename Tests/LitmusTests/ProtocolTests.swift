// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The parts of the latch and of the queue that need barriers (Tests/Models/*.litmus), on the memory
/// of ARMv7: none ends in the wrong state that it names, and each would without any of its barriers.
final class ProtocolTests: XCTestCase {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models")

  /// The test of a file, without barrier `index` if there is one.
  private func read(_ name: String, without index: Int? = nil) throws -> LitmusTest {
    var text = try String(
      contentsOf: Self.folder.appending(path: "\(name).litmus"), encoding: .utf8)
    if let index {
      let place = text.ranges(of: "DMB")[index]
      let end =
        text[place.upperBound...].hasPrefix(" ST")
        ? text.index(place.upperBound, offsetBy: 3) : place.upperBound
      text.replaceSubrange(place.lowerBound..<end, with: "MOV R12,#0")
    }
    return try LitmusTest(text)
  }

  private func check(_ name: String, barriers: Int, line: UInt = #line) throws {
    XCTAssertFalse(try Execution.isPossible(read(name)), name, line: line)
    let text = try String(
      contentsOf: Self.folder.appending(path: "\(name).litmus"), encoding: .utf8)
    XCTAssertEqual(text.ranges(of: "DMB").count, barriers, line: line)
    for index in 0..<barriers {
      XCTAssertTrue(
        try Execution.isPossible(read(name, without: index)), "\(name) without barrier \(index)",
        line: line)
    }
  }

  func testLatchIsNeverTorn() throws { try check("latch", barriers: 5) }

  func testLatchIsCompleteWhenTheNextUpdateBegins() throws {
    try check("latch_next", barriers: 2)
  }

  func testReceiverFindsTheMessage() throws { try check("queue_message", barriers: 2) }

  func testMessageIsCopiedBeforeTheNext() throws { try check("queue_room", barriers: 1) }

  func testSleepingReceiverIsWoken() throws { try check("queue_sleep", barriers: 2) }

  func testLaneForANewReceiverBeginsWhereItSays() throws {
    try check("queue_receiver", barriers: 4)
  }

  func testMessageOfClearedPagesIsRefused() throws { try check("queue_left", barriers: 2) }

  func testThreadsOfASenderCountOn() throws { try check("queue_lock", barriers: 4) }
}
