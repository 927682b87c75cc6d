// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

@testable import PortARMv7A

final class ProcessorTextTests: XCTestCase {
  private struct Text: TextSink {
    var bytes: [UInt8] = []
    mutating func put(_ byte: UInt8) { bytes.append(byte) }
  }

  func testCortexA7IsDescribedAsOnLinux() {
    var text = Text()
    ProcessorText.describe(3, mainIdentity: 0x410f_c075, to: &text)
    XCTAssertEqual(
      String(decoding: text.bytes, as: UTF8.self),
      """
      processor\t: 3
      model name\t: ARMv7 Processor rev 5
      Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt lpae
      CPU implementer\t: 0x41
      CPU architecture: 7
      CPU variant\t: 0x0
      CPU part\t: 0xc07
      CPU revision\t: 5


      """)
  }
}
