// SPDX-License-Identifier: Apache-2.0
import Foundation
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import VdsoModule

/// The check of the vDSO's image at boot, and what programs get afterwards.
final class VdsoStartTests: SystemTestCase {
  private static let imageAddress: PhysicalAddress = 0x4020_1000
  private static let pageAddress: PhysicalAddress = 0x4020_0000

  /// Starts with an image, which begins with a build ID of `identity` bytes.
  private func start(_ image: [UInt8], expecting identity: UInt8 = 0) -> UInt32 {
    VdsoStart<A>.run(
      image: image.span.bytes, by: A32Rules.self,
      expecting: BuildID(bytes: InlineArray(repeating: identity)), at: Self.imageAddress,
      pageAt: Self.pageAddress)
  }

  private func builtImage() throws -> ([UInt8], BuildID) {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: root.appendingPathComponent(".build/apus/vdso.so"))
    var bytes = [UInt8](data)
    bytes += [UInt8](repeating: 0, count: -bytes.count & 0xfff)
    return (bytes, try A32Rules.check(bytes.span.bytes, expecting: nil).buildID)
  }

  func testBuiltImageIsOnAndItsIdentityIsInThePage() throws {
    let (image, identity) = try builtImage()
    tick()
    let status = VdsoStart<A>.run(
      image: image.span.bytes, by: A32Rules.self, expecting: identity, at: Self.imageAddress,
      pageAt: Self.pageAddress)
    XCTAssertEqual(status, 0)
    guard case .on(let checked) = A.system.vdso.state else {
      return XCTFail("off: \(A.system.vdso.state)")
    }
    XCTAssertEqual(checked.buildID, identity)
    XCTAssertEqual(A.system.vdso.firstTextFrame.address, Self.imageAddress)
  }

  func testImageOfAnotherBuildIsOff() throws {
    tick()
    let status = start(try builtImage().0, expecting: 0xee)
    XCTAssertNotEqual(status, 0)
    guard case .off(.image) = A.system.vdso.state else {
      return XCTFail("\(A.system.vdso.state)")
    }
  }

  func testBadImageIsAStatusAndReason() {
    tick()
    XCTAssertNotEqual(start([UInt8](repeating: 0, count: 4096)), 0)
    guard case .off(.image) = A.system.vdso.state else {
      return XCTFail("\(A.system.vdso.state)")
    }
  }
}

/// The same with `vdso=off` on the command line.
final class ForbiddenVdsoTests: SystemTestCase {
  override var commandLine: String { "vdso=off" }

  func testForbiddenVdsoIsNotChecked() {
    tick()
    let status = VdsoStart<A>.run(
      image: [UInt8](repeating: 0, count: 4096).span.bytes, by: A32Rules.self,
      expecting: BuildID(bytes: InlineArray(repeating: 0)), at: 0, pageAt: 0)
    XCTAssertEqual(status, 0)
    XCTAssertEqual(A.system.vdso.state, .off(.commandLine))
  }
}
