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

  func testShortIdentitiesAreWidened() {
    let short: UInt32 = 0xffff
    for call: ARMCallNumber in [.setuid, .setgid] {
      XCTAssertEqual(machine.call(call, 0x1_0000), 0, "of 16 bits")
      XCTAssertEqual(machine.call(call, short), -22)
      XCTAssertEqual(machine.call(call, 1), -22)
    }
    for call: ARMCallNumber in [.setreuid, .setregid] {
      XCTAssertEqual(machine.call(call, short, 0), 0)
      XCTAssertEqual(machine.call(call, 0, 1), -22)
    }
    for call: ARMCallNumber in [.setresuid, .setresgid] {
      XCTAssertEqual(machine.call(call, 0, short, short), 0)
      XCTAssertEqual(machine.call(call, short, short, 1), -22)
    }
    machine.put(words: [1, 0x5_0005], at: buffer)
    for call: ARMCallNumber in [.getresuid, .getresgid] {
      XCTAssertEqual(machine.call(call, buffer, buffer + 2, buffer + 4), 0)
      XCTAssertEqual(machine.words(buffer, 2), [0, 0x5_0000])
    }
    XCTAssertEqual(machine.call(.getgroups, 0, 0), 0)
    machine.put(words: [0, short << 16], at: buffer)
    XCTAssertEqual(machine.call(.setgroups, 3, buffer), 0)
    XCTAssertEqual(machine.call(.setgroups, 4, buffer), -22)
    XCTAssertEqual(machine.call(.setfsuid, 1), 0)
    XCTAssertEqual(machine.call(.setfsgid, 1), 0)
  }

  func testEveryProgramHasAllCapabilities() {
    let all: [UInt32] = [.max, .max, 0, 0x1ff, 0x1ff, 0]
    let versions: [(UInt32, Int)] = [(0x2008_0522, 6), (0x2007_1026, 6), (0x1998_0330, 3)]
    for (version, count) in versions {
      machine.put(words: [version, 0], at: buffer)
      XCTAssertEqual(machine.call(.capget, buffer, buffer + 8), 0)
      XCTAssertEqual(machine.words(buffer + 8, count), Array(all[..<count]))
    }
    machine.put(words: [0x2008_0522, 0] + all, at: buffer)
    XCTAssertEqual(machine.call(.capset, buffer, buffer + 8), 0)
    for index in 0..<6 {
      machine.put(words: all, at: buffer + 8)
      machine.put(words: [1], at: buffer + 8 + UInt32(index * 4))
      XCTAssertEqual(machine.call(.capset, buffer, buffer + 8), -1, "\(index)")
    }
    machine.put(words: [7, 0], at: buffer)
    XCTAssertEqual(machine.call(.capset, buffer, buffer + 8), -22)
    XCTAssertEqual(machine.word(buffer), 0x2008_0522, "the version that is preferred")
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
