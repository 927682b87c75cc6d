// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import XCTest

final class CInterfaceTests: XCTestCase {
  /// The calls that reached the implementation of the C functions, in order.
  nonisolated(unsafe) static var calls: [String] = []

  private static let okay: ModuleInit.Action = {
    CInterfaceTests.calls.append("init")
    return 0
  }
  private static let fails: ModuleInit.Action = { 0x0200_0105 }
  private static let name: ModuleInit.Name = { nameOf("entry") }

  private let entries = UnsafeMutableBufferPointer<ModuleInit.Entry>.allocate(capacity: 3)

  override func setUp() {
    Self.calls = []
    LogCapture.start()
    let table: [ModuleInit.Entry] = [
      (3, 0, Self.name, Self.okay), (4, 1, Self.name, Self.fails), (5, 0, Self.name, Self.fails),
    ]
    _ = entries.initialize(from: table)
  }

  override func tearDown() { CoreBinding.install(nil) }

  deinit { entries.deallocate() }

  private func bind() {
    CoreBinding.install(
      CoreBinding(
        yield: {
          CInterfaceTests.calls.append("yield")
          return 0
        },
        currentTask: { 12 },
        maskInterrupts: { 0x6000_0013 },
        restoreInterrupts: { CInterfaceTests.calls.append("restore \($0)") },
        entries: UnsafeBufferPointer(entries)))
  }

  func testUnboundFunctionsFail() {
    XCTAssertEqual(losTaskYield(), 1)
    XCTAssertEqual(losCurTaskIDGet(), 0x0200_0207)
    XCTAssertEqual(losIntLock(), 0)
    losIntRestore(0)
    XCTAssertEqual(osInitCall(3), 1)
    XCTAssertEqual(Self.calls, [])
  }

  func testBoundFunctionsReachTheirImplementation() {
    bind()
    XCTAssertEqual(losTaskYield(), 0)
    XCTAssertEqual(losCurTaskIDGet(), 12)
    losIntRestore(losIntLock())
    XCTAssertEqual(Self.calls, ["yield", "restore \(0x6000_0013)"])
  }

  func testInitCallRunsTheLevelAndReturnsItsStatus() {
    bind()
    XCTAssertEqual(osInitCall(3), 0)
    XCTAssertEqual(Self.calls, ["init"])
    XCTAssertEqual(osInitCall(4), 0, "an optional entry may fail")
    XCTAssertEqual(osInitCall(5), 0x0200_0105)
    XCTAssertEqual(osInitCall(10), 0, "a level may be empty")
    XCTAssertEqual(osInitCall(11), 1)
    XCTAssertEqual(osInitCall(.max), 1)
  }
}
