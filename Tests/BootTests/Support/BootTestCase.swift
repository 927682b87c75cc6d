// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Base of tests that boot machines. If no kernel has been built, a test fails at once with the
/// command that builds it.
class BootTestCase: XCTestCase {
  override func setUpWithError() throws {
    for product in ["kernel.bin", "kernel.elf", "init"] { _ = try Workspace.product(product) }
  }

  /// The program that ends with status 7, for tests that are about something else.
  func seven() throws -> URL { try Programs.build("exit7") }

  /// Asserts an exit status; where it is another, all that was written is shown.
  func assertStatus(
    _ outcome: Outcome, _ status: Int32, _ what: String = "", file: StaticString = #filePath,
    line: UInt = #line
  ) {
    XCTAssertEqual(
      outcome.status, status, "\(what)\n\(outcome.output)\(outcome.errors)", file: file,
      line: line)
  }

  /// Asserts that exactly one line contains `text`.
  func assertOneLine(
    _ outcome: Outcome, _ text: String, _ what: String = "", file: StaticString = #filePath,
    line: UInt = #line
  ) {
    XCTAssertEqual(
      outcome.lines(with: text).count, 1, "\(what): one line with '\(text)'\n\(outcome.output)",
      file: file, line: line)
  }
}
