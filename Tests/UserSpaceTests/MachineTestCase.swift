// SPDX-License-Identifier: Apache-2.0
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
}
