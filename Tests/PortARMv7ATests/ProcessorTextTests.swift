// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

@testable import PortARMv7A

final class ProcessorTextTests: XCTestCase {
  func testCortexA7IsDescribedAsOnLinux() {
    var text = TextBuffer()
    ProcessorText.describe(3, mainIdentity: 0x410f_c075, to: &text)
    XCTAssertEqual(
      text.text,
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
