// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import UserSpace

/// A test on the mock's machine with one process; it checks that all frames are free at the end.
class MachineTestCase: XCTestCase {
  var machine: Machine!
  /// A page of the process's.
  var buffer: UInt32 = 0

  override func setUpWithError() throws {
    machine = try Machine(initrd: ElfBuilder().bytes)
    _ = try machine.start()
    buffer = machine.memory()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  /// Closes descriptors, which are open.
  func close(_ descriptors: UInt32...) {
    for descriptor in descriptors { XCTAssertEqual(machine.call(.close, descriptor), 0) }
  }

  /// What a call with a preemption point at number `number` answers, if `event` happens there.
  func at(point number: Int, _ event: @escaping () -> Void, _ call: () -> Int32) -> Int32 {
    var count = 0
    TestContext.atPreemptionPoint = {
      count += 1
      if count == number { event() }
    }
    defer { TestContext.atPreemptionPoint = nil }
    return call()
  }
}
