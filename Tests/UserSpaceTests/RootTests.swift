// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// chroot: the root directory has a use, and is where paths begin and end. What the calls answer is
/// in BootTests (roots.c), as Linux does.
final class RootTests: MachineTestCase {
  private var path: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    path = machine.memory(0x1000)
    machine.put([0], at: path)
    for name in ["/r", "/r/in", "/r/in/deep"] { XCTAssertEqual(call(.mkdir, name, 0o755), 0) }
  }

  private func call(_ number: ARMCallNumber, _ path: String, _ rest: UInt32...) -> Int32 {
    machine.call(number, machine.string(path, at: self.path), rest.first ?? 0)
  }

  private var directory: String {
    machine.call(.getcwd, path + 0x800, 0x400) > 0 ? machine.text(path + 0x800) : "none"
  }

  private func users(of node: FileNode) -> UInt32 {
    FileTree<Services>.inode(node).pointee.users
  }

  func testPathsOfDeepDirectoriesHaveAllNames() {
    var whole = ""
    for depth in 1...34 {
      XCTAssertEqual(call(.mkdir, "d\(depth)", 0o755), 0)
      XCTAssertEqual(call(.chdir, "d\(depth)"), 0)
      whole += "/d\(depth)"
      XCTAssertEqual(directory, whole)
    }
    for depth in (1...34).reversed() {
      XCTAssertEqual(call(.chdir, ".."), 0)
      XCTAssertEqual(call(.rmdir, "d\(depth)"), 0)
    }
  }

  func testRootIsCountedUntilTheNextOne() throws {
    XCTAssertEqual(call(.chroot, "/r/in"), 0)
    let root = try XCTUnwrap(Services.process.pointee.root)
    XCTAssertEqual(users(of: root), 1)
    XCTAssertEqual(call(.chroot, "/deep"), 0)
    XCTAssertEqual(users(of: root), 0)
    XCTAssertEqual(users(of: try XCTUnwrap(Services.process.pointee.root)), 1)
    XCTAssertEqual(call(.chroot, "."), 0, "the working directory is outside")
    XCTAssertEqual(Services.process.pointee.root, .root)
    XCTAssertEqual(directory, "/")
  }

  func testWalkKeepsTheRootAndReleasesIt() throws {
    XCTAssertEqual(call(.chroot, "/r/in"), 0)
    let root = try XCTUnwrap(Services.process.pointee.root)
    for name in ["/deep", "/deep/..", "/../..", "/none", "/deep/x/y"] {
      _ = call(.access, name)
      XCTAssertEqual(users(of: root), 1, name)
    }
    XCTAssertEqual(call(.chroot, "."), 0)
  }

  func testPathsBeginAtTheRoot() {
    XCTAssertEqual(call(.chdir, "/r/in"), 0)
    XCTAssertEqual(call(.chroot, "/r"), 0)
    XCTAssertEqual(directory, "/in")
    XCTAssertEqual(call(.chdir, "../../.."), 0)
    XCTAssertEqual(directory, "/")
    XCTAssertEqual(call(.access, "/r"), -2)
    XCTAssertEqual(call(.access, "/in/deep"), 0)
  }

  func testPathFromOutsideIsTheWholeOne() {
    XCTAssertEqual(call(.chdir, "/r"), 0)
    XCTAssertEqual(call(.chroot, "/r/in"), 0)
    XCTAssertEqual(directory, "(unreachable)/r")
    XCTAssertEqual(machine.call(.getcwd, path, 15), -34)
    XCTAssertEqual(call(.chdir, "in/deep"), 0)
    XCTAssertEqual(directory, "/deep")
    XCTAssertEqual(call(.chdir, "/"), 0)
    XCTAssertEqual(directory, "/")
  }

  func testRemovedDirectoryLeadsToTheRoot() {
    XCTAssertEqual(call(.chdir, "/r/in/deep"), 0)
    XCTAssertEqual(call(.chroot, "/r"), 0)
    XCTAssertEqual(call(.rmdir, "/in/deep"), 0)
    XCTAssertEqual(directory, "none")
    XCTAssertEqual(call(.chdir, ".."), 0)
    XCTAssertEqual(directory, "/")
  }

  func testOnlyADirectoryIsARoot() {
    for (name, error) in [("/r/none", -2), ("/dev/null", -20), ("", -2)] as [(String, Int32)] {
      XCTAssertEqual(call(.chroot, name), error, name)
    }
    XCTAssertEqual(machine.call(.chroot, 8), -14)
    XCTAssertNil(Services.process.pointee.root)
  }
}
