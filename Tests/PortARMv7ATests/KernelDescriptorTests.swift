// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import PortARMv7A

final class KernelDescriptorTests: XCTestCase {
  private let kinds: [(KernelDescriptor.Kind, mayWrite: Bool, mayExecute: Bool, isDevice: Bool)] = [
    (.text, false, true, false), (.constant, false, false, false), (.data, true, false, false),
    (.device, true, false, true),
  ]

  func testKernelDescriptorsPermitTheirKindAndUsersNothing() {
    for (kind, mayWrite, mayExecute, isDevice) in kinds {
      let page = walker.small(
        KernelDescriptor.page(0x4567_8000, kind), offset: 0, noKernelExecution: false, domain: 0)
      let section = walker.section(KernelDescriptor.section(0x4560_0000, kind), offset: 0)
      var expected = SoftwareWalker.Attributes(physical: 0x4567_8000)
      expected.kernelMayWrite = mayWrite
      expected.kernelMayExecute = mayExecute
      expected.isGlobal = true
      expected.isShareable = !isDevice
      expected.isNormalWriteBackAllocate = !isDevice
      expected.isDevice = isDevice
      XCTAssertEqual(page, .page(expected), "\(kind)")
      expected.physical = 0x4560_0000
      XCTAssertEqual(section, .section(expected), "\(kind)")
    }
  }

  func testHelpersAreReadAndExecutedByPrograms() {
    let page = walker.small(
      KernelDescriptor.page(0x4567_8000, .shared), offset: 0, noKernelExecution: false, domain: 0)
    var expected = SoftwareWalker.Attributes(physical: 0x4567_8000)
    expected.kernelMayExecute = true
    expected.programMayRead = true
    expected.programMayExecute = true
    expected.isGlobal = true
    expected.isShareable = true
    expected.isNormalWriteBackAllocate = true
    XCTAssertEqual(page, .page(expected))
  }

  func testTableDescriptorHasTheAddressOfItsTable() {
    XCTAssertEqual(KernelDescriptor.table(0x4000_0400), 0x4000_0401)
  }
}
