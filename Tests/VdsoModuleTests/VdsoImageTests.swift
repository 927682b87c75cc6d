// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import VdsoModule

final class VdsoImageTests: XCTestCase {
  private func flaw(_ bytes: [UInt8], expecting expected: BuildID? = nil) -> VdsoImage.Violation? {
    do {
      _ = try VdsoImage(checking: bytes.span.bytes, by: A32Rules.self, expecting: expected)
      return nil
    } catch {
      return error
    }
  }

  func testValidImageIsAccepted() throws {
    let image = try VdsoImage(checking: TestImage().bytes.span.bytes, by: A32Rules.self)
    XCTAssertEqual(image.size, 3072 + 120)
    XCTAssertEqual(image.buildID.bytes[0], 0xa0)
    XCTAssertEqual(image.buildID.bytes[19], 0xb3)
    let text = UInt32(TestImage.text)
    XCTAssertEqual(
      image.signalTrampolines, SignalTrampolines(plain: text + 14 * 4, realTime: text + 18 * 4))
  }

  func testBuiltImageIsAccepted() throws {
    let bytes = try BuiltImage.bytes()
    XCTAssertNil(flaw(bytes), "as it is")
    XCTAssertNil(flaw(bytes + [UInt8](repeating: 0, count: 4096 - bytes.count)), "padded")
  }

  func testEveryBrokenRuleIsTheReason() {
    for (rule, name, mutate) in Mutations.all {
      var image = TestImage()
      mutate(&image)
      XCTAssertEqual(flaw(image.bytes, expecting: TestImage.buildID), rule, name)
    }
  }

  func testEveryRuleHasAMutation() {
    let tested = Mutations.all.map(\.0)
    for rule in VdsoImage.Violation.allCases { XCTAssertTrue(tested.contains(rule), "\(rule)") }
  }

  func testEveryReasonHasATextOfItsOwn() {
    let texts = Set(VdsoImage.Violation.allCases.map { "\($0.text)" })
    XCTAssertEqual(texts.count, VdsoImage.Violation.allCases.count)
  }

  func testTruncatedImageNeitherTrapsNorPasses() throws {
    let bytes = try BuiltImage.bytes()
    for count in 0..<bytes.count { XCTAssertNotNil(flaw(Array(bytes.prefix(count))), "\(count)") }
  }

  func testNoSingleChangedByteOfTheHeadersTraps() throws {
    let bytes = try BuiltImage.bytes()
    for offset in 0..<min(bytes.count, 800) {
      for value in [0, 1, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = bytes
        changed[offset] = value
        _ = flaw(changed)
      }
    }
  }
}
