// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import XCTest

@testable import UserSpace

/// openat2 and pidfd_getfd: races with other threads, and what is freed. The answers of the calls
/// are compared with Linux's in BootTests.
final class PathRulesTests: MachineTestCase {
  private let (noProcess, badDescriptor, tryAgain): (Int32, Int32, Int32) = (-3, -9, -11)
  private let (beneath, inRoot): (UInt32, UInt32) = (8, 16)

  private func makeDirectory(_ path: String) {
    XCTAssertEqual(machine.call(.mkdir, machine.string(path, at: buffer), 0o755), 0, path)
  }

  private func removeDirectory(_ path: String) {
    XCTAssertEqual(machine.call(.rmdir, machine.string(path, at: buffer)), 0, path)
  }

  private func open(_ path: String, in directory: UInt32, _ rules: UInt32) -> Int32 {
    machine.put(words: [0o10000000, 0, 0, 0, rules, 0], at: buffer + 0x800)
    return machine.call(
      .openat2, directory, machine.string(path, at: buffer), buffer + 0x800, 24)
  }

  /// Moves the directory in which the walk is out of its scope, at the first preemption point.
  func testDirectoryThatIsMovedOutDoesNotOpenTheWay() {
    makeDirectory("/tmp/a")
    makeDirectory("/tmp/a/b")
    let directory = UInt32(machine.call(.open, machine.string("/tmp/a", at: buffer), 0, 0))
    let thread = machine.makeThread()
    let path = "b/" + String(repeating: "./", count: 80) + "../.."
    let (old, new) = (buffer + 0xa00, buffer + 0xb00)
    for (rules, expected) in [(beneath, Int32(-18)), (inRoot, 0)] {
      let answer = open(path, in: directory, rules)
      XCTAssertEqual(min(answer, 0), expected)
      if answer > 0 { machine.call(.close, UInt32(answer)) }
    }
    for rules in [beneath, inRoot] {
      var points = 0
      TestContext.atPreemptionPoint = { [self] in
        points += 1
        guard points == 3 else { return }
        machine.run(thread) {
          XCTAssertEqual(
            machine.call(
              .rename, machine.string("/tmp/a/b", at: old), machine.string("/tmp/b", at: new)), 0)
        }
      }
      XCTAssertEqual(open(path, in: directory, rules), tryAgain)
      TestContext.atPreemptionPoint = nil
      XCTAssertGreaterThanOrEqual(points, 3)
      XCTAssertEqual(machine.call(.rename, new, old), 0)
    }
    machine.run(thread) { machine.call(.exit, 0) }
    XCTAssertEqual(machine.call(.close, directory), 0)
    removeDirectory("/tmp/a/b")
    removeDirectory("/tmp/a")
  }

  func testScopeStaysWhenItsDescriptorIsClosed() {
    makeDirectory("/tmp/a")
    let directory = UInt32(machine.call(.open, machine.string("/tmp/a", at: buffer), 0, 0))
    let thread = machine.makeThread()
    var points = 0
    TestContext.atPreemptionPoint = { [self] in
      points += 1
      guard points == 2 else { return }
      machine.run(thread) {
        machine.call(.close, directory)
        machine.call(.rmdir, machine.string("/tmp/a", at: buffer + 0xa00))
      }
    }
    let path = String(repeating: "./", count: 80) + "nothing"
    XCTAssertEqual(open(path, in: directory, beneath), -2)
    TestContext.atPreemptionPoint = nil
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testFileOfAnotherProcessIsShared() {
    let child = machine.call(.fork)
    let handle = UInt32(machine.call(.pidfdOpen, UInt32(child), 0))
    machine.run(machine.task(of: child)) {
      let file = UInt32(
        machine.call(.open, machine.string("/tmp/file", at: buffer), 0o102, 0o600))
      XCTAssertEqual(machine.call(.dup2, file, 70), 70)
      XCTAssertEqual(machine.call(.lseek, file, 5, 0), 5)
    }
    let file = UInt32(bitPattern: machine.call(.pidfdGetfd, handle, 70, 0))
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), 5)
    XCTAssertEqual(machine.call(.fcntl64, file, 1), 1)
    machine.run(machine.task(of: child)) { machine.call(.exitGroup, 0) }
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), 5)
    XCTAssertEqual(machine.call(.pidfdGetfd, handle, 70, 0), badDescriptor)
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), child)
    XCTAssertEqual(machine.call(.pidfdGetfd, handle, 70, 0), noProcess)
    XCTAssertEqual(machine.call(.close, handle), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.call(.unlink, machine.string("/tmp/file", at: buffer)), 0)
  }
}
