// SPDX-License-Identifier: Apache-2.0
import XCTest

@testable import UserSpace

/// The identities of users and groups, and reboot.
final class IdentityTests: MachineTestCase {
  private let none = UInt32.max

  func testEveryIdentityIsRoot() {
    for call: ARMCallNumber in [.getuid32, .getgid32, .geteuid32, .getegid32] {
      XCTAssertEqual(machine.call(call), 0)
    }
    machine.put(words: [1, 2, 3, 4], at: buffer)
    for call: ARMCallNumber in [.getresuid32, .getresgid32] {
      XCTAssertEqual(machine.call(call, buffer, buffer + 4, buffer + 8), 0)
      XCTAssertEqual(machine.words(buffer, 4), [0, 0, 0, 4])
      XCTAssertEqual(machine.call(call, buffer, 0x100, buffer), -14)
    }
  }

  func testOnlyRootCanBeSet() {
    for call: ARMCallNumber in [.setuid32, .setgid32] {
      XCTAssertEqual(machine.call(call, 0), 0)
      XCTAssertEqual(machine.call(call, 1000), -22)
      XCTAssertEqual(machine.call(call, none), -22)
    }
    for call: ARMCallNumber in [.setreuid32, .setregid32] {
      XCTAssertEqual(machine.call(call, none, 0), 0)
      XCTAssertEqual(machine.call(call, 0, 1), -22)
    }
    for call: ARMCallNumber in [.setresuid32, .setresgid32] {
      XCTAssertEqual(machine.call(call, 0, none, none), 0)
      XCTAssertEqual(machine.call(call, none, none, 1), -22)
    }
    XCTAssertEqual(machine.call(.setfsuid32, 1000), 0, "the former identity")
    XCTAssertEqual(machine.call(.setfsgid32, 1000), 0)
  }

  func testSupplementaryGroupsAreRootsOnly() {
    XCTAssertEqual(machine.call(.getgroups32, 0, 0), 0)
    XCTAssertEqual(machine.call(.getgroups32, none, 0), -22)
    machine.put(words: [0, 0, 5], at: buffer)
    XCTAssertEqual(machine.call(.setgroups32, 0, 0), 0)
    XCTAssertEqual(machine.call(.setgroups32, 2, buffer), 0)
    XCTAssertEqual(machine.call(.setgroups32, 3, buffer), -22)
    XCTAssertEqual(machine.call(.setgroups32, 33, buffer), -22)
    XCTAssertEqual(machine.call(.setgroups32, 1, 0x100), -14)
    XCTAssertEqual(machine.call(.setgroups32, 2, 0xffff_fffc), -14)
  }

  func testRebootPowersOff() {
    let (first, second): (UInt32, UInt32) = (0xfee1_dead, 672_274_793)
    XCTAssertEqual(machine.call(.reboot, 1, second, 0x4321_fedc), -22)
    XCTAssertEqual(machine.call(.reboot, first, 1, 0x4321_fedc), -22)
    XCTAssertEqual(machine.call(.reboot, first, second, 1), -22)
    XCTAssertEqual(machine.call(.reboot, first, second, 0), 0)
    XCTAssertEqual(machine.call(.reboot, first, second, 0x89ab_cdef), 0)
    XCTAssertTrue(machine.ends.isEmpty)
    for (count, command) in ([0x0123_4567, 0xcdef_0123, 0x4321_fedc] as [UInt32]).enumerated() {
      XCTAssertEqual(machine.call(.reboot, first, second, command), 0)
      XCTAssertEqual(machine.ends, Array(repeating: 0, count: count + 1))
    }
  }
}
