// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System

/// A CPU asks others for memory barriers, and returns when all have executed theirs.
final class ProcessorBarriersTests: XCTestCase {
  private final class Shared: @unchecked Sendable {
    let barriers = ProcessorBarriers<TestProcessor>()
    var executed: [UInt32] = []
  }

  override func tearDown() {
    TestProcessor.number = 0
    super.tearDown()
  }

  func testRequestEndsWhenAllHaveExecuted() {
    let shared = Shared()
    var asked = CpuMask.none
    shared.barriers.request(of: CpuMask(rawValue: 0b1010)) { cpus in
      asked = cpus
      for cpu: UInt32 in 0..<4 {
        TestProcessor.number = cpu
        shared.barriers.execute()
      }
    }
    XCTAssertEqual(asked.rawValue, 0b1010)
  }

  func testRequestWaitsForTheLastCPU() {
    let shared = Shared()
    TestProcessor.number = 2
    let late = Thread {
      Thread.sleep(forTimeInterval: 0.05)
      shared.executed.append(2)
      shared.barriers.execute()
    }
    shared.barriers.request(of: CpuMask(cpu: 2)) { _ in late.start() }
    XCTAssertEqual(shared.executed, [2])
  }

  func testInterruptOfAnotherCPUAnswersForNone() {
    let shared = Shared()
    TestProcessor.number = 1
    shared.barriers.execute()
    shared.barriers.request(of: CpuMask(cpu: 1)) { _ in
      for cpu: UInt32 in [0, 2, 1] {
        TestProcessor.number = cpu
        shared.barriers.execute()
      }
    }
    XCTAssertEqual(TestProcessor.number, 1, "the last one that executed")
  }
}
