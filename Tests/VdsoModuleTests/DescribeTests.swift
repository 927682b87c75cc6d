// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

@testable import VdsoModule

final class DescribeTests: XCTestCase {
  func testAcceptedImageIsDescribed() {
    let bytes = A32TestImage().bytes
    let vdso = Vdso(
      image: bytes.span.bytes, by: A32Rules.self, at: 0x4020_1000, pageAt: 0x4020_0000)
    var text = TextBuffer()
    vdso.describe(
      to: &text,
      VdsoStatistics(
        address: 0x77ff_0000, updates: 1234, age: 999_999, worstUpdate: 68, worstNewLine: 190,
        lastLoad: 900, counterFault: nil))
    XCTAssertEqual(
      text.text,
      """
      state: on
      build id: a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3
      page version: 3
      address: 0x77ff0000
      size: 4096
      updates: 1234
      age: 999999 ns
      worst update: 68
      worst new line: 190
      last load: 900
      counter: used

      """)
  }

  func testMissingImageHasItsReason() {
    var text = TextBuffer()
    Vdso(off: .image(.elfClass)).describe(
      to: &text,
      VdsoStatistics(
        address: nil, updates: 0, age: 0, worstUpdate: nil, worstNewLine: nil, lastLoad: nil,
        counterFault: .decreases))
    XCTAssertEqual(
      text.text,
      """
      state: off: image is of another ELF class
      build id: -
      page version: 3
      address: -
      size: -
      updates: 0
      age: 0 ns
      worst update: -
      worst new line: -
      last load: -
      counter: not used: it goes back

      """)
  }
}
