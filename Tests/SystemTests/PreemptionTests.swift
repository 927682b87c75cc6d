// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

/// Where sections with preemption off begin and end.
final class PreemptionTests: SystemTestCase {
  private var memory: UnsafeMutablePointer<PreemptionRecord>!
  private static let machine = PreemptionWatch.Machine(
    processor: { TestProcessor.number }, clock: { UInt32(truncatingIfNeeded: TestClock.count) },
    place: { _ in 0 }, build: { 0 })

  override func setUpWithError() throws {
    try super.setUpWithError()
    memory = .allocate(capacity: Int(CpuMask.limit))
    PreemptionWatch.install(memory, Self.machine)
  }

  override func tearDown() {
    PreemptionWatch.install(nil, Self.machine)
    memory.deallocate()
    super.tearDown()
  }

  private var longest: PreemptionRecord.Section { memory[0].longestSection }

  func testSectionEndsAtAPreemptionPoint() {
    PreemptionWatch.begin(.call, call: 3)
    pass(400)
    Services.preemptionPoint()
    pass(300)
    PreemptionWatch.end(.call)
    XCTAssertEqual(longest.duration, 400)
    XCTAssertEqual(longest.call, 3)
    XCTAssertEqual(longest.edges.to, .point)
  }

  func testSectionEndsAtASwitch() throws {
    let user = try makeTask(isUser: true)
    PreemptionWatch.begin(.call)
    pass(400)
    run(user)
    XCTAssertEqual(longest.duration, 400)
    XCTAssertEqual(longest.edges.to, .taskSwitch)
  }

  func testInterruptDoesNotCount() throws {
    try A.system.interrupts.register(
      InterruptHandlerRecord { _, _ in TestClock.count += 1000 }, for: 40, priority: 0)
    PreemptionWatch.begin(.call)
    pass(400)
    Owner.serveInterrupt(40)
    XCTAssertGreaterThan(TestClock.count, 1000)
    PreemptionWatch.end(.call)
    XCTAssertEqual(longest.duration, 400)
  }

  func testFaultIsASectionToItsEnd() {
    XCTAssertFalse(KernelEntry<A>.enter(for: .undefinedInstruction))
    pass(400)
    KernelEntry<A>.leaveFault()
    pass(1000)
    PreemptionWatch.end(.work)
    XCTAssertEqual(longest.duration, 400)
    XCTAssertEqual(longest.edges.from, .fault)
    XCTAssertEqual(longest.edges.to, .fault)
  }
}
