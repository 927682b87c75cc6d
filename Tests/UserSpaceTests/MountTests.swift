// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// mount and umount2: no frame, inode or user is lost by errors, other threads and missing frames.
/// What the calls answer is in BootTests (mounts.c), as Linux does.
final class MountTests: MachineTestCase {
  private typealias Tree = FileTree<Services>
  private let (lazily, remount, readOnly): (UInt32, UInt32, UInt32) = (2, 32, 1)
  private let create: UInt32 = 0o102
  private var (path, type, text): (UInt32, UInt32, UInt32) = (0, 0, 0)

  override func setUpWithError() throws {
    try super.setUpWithError()
    let area = machine.memory(0x4000)
    for page: UInt32 in 0..<4 { machine.put([0], at: area + page * 0x1000) }
    (path, type, text) = (area, area + 0x800, area + 0x1000)
    machine.put([UInt8](repeating: 1, count: 0x1000), at: area + 0x2000)
    mkdir("/m")
    mkdir("/m/a")
    // The slabs of names and inodes may keep a frame: what is counted begins with them.
    XCTAssertEqual(mount("/m/a"), 0)
    for name in 0..<3 { make("/m/a/\(name)") }
    XCTAssertEqual(unmount("/m/a"), 0)
    machine.doUserReturnWork()
  }

  override func tearDown() {
    XCTAssertEqual(call(.rmdir, "/m/a"), 0)
    XCTAssertEqual(call(.rmdir, "/m"), 0)
    super.tearDown()
  }

  @discardableResult
  private func call(_ number: ARMCallNumber, _ path: String, _ rest: UInt32...) -> Int32 {
    let rest = rest + [0, 0]
    return machine.call(number, machine.string(path, at: self.path), rest[0], rest[1])
  }

  private func mount(
    _ place: String, _ type: String = "tmpfs", _ flags: UInt32 = 0, _ options: String = ""
  ) -> Int32 {
    machine.call(
      .mount, machine.string("source", at: self.type + 0x100), machine.string(place, at: path),
      machine.string(type, at: self.type), flags, machine.string(options, at: text))
  }

  private func unmount(_ place: String, _ flags: UInt32 = 0) -> Int32 {
    call(.umount2, place, flags)
  }

  private func mkdir(_ path: String) { XCTAssertEqual(call(.mkdir, path, 0o755), 0, path) }

  private func open(_ path: String, _ flags: UInt32 = 0) -> UInt32 {
    UInt32(bitPattern: call(.open, path, flags, 0o644))
  }

  /// Makes a file of `pages` pages.
  private func make(_ path: String, pages: Int = 0) {
    let file = open(path, create)
    for _ in 0..<pages { XCTAssertEqual(machine.call(.write, file, text + 0x1000, 4096), 4096) }
    close(file)
  }

  /// The volumes that have inodes and are not mounted.
  private var leftover: Int {
    (0..<Tree.volumeCount).filter {
      Tree.volume($0).pointee.mount == 0 && Tree.volume($0).pointee.inodes > 0
    }.count
  }

  func testAllFramesAreFreeAfterTheUnmount() {
    let free = machine.pool.freeCount
    XCTAssertEqual(mount("/m/a"), 0)
    mkdir("/m/a/b")
    mkdir("/m/a/b/c")
    for name in ["/m/a/1", "/m/a/b/2", "/m/a/b/c/3"] { make(name, pages: 20) }
    XCTAssertEqual(
      machine.call(
        .link, machine.string("/m/a/1", at: path), machine.string("/m/a/b/4", at: text)), 0)
    XCTAssertEqual(
      machine.call(
        .symlink, machine.string("/m/a/1", at: path), machine.string("/m/a/b/5", at: text)), 0)
    XCTAssertLessThan(machine.pool.freeCount + 60, free)
    XCTAssertEqual(unmount("/m/a"), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(leftover, 0)
  }

  /// Another thread that returns to user mode meanwhile does not remove the files again.
  func testTwoThreadsRemoveTheFilesAtOnce() {
    let free = machine.pool.freeCount
    XCTAssertEqual(mount("/m/a"), 0)
    for name in 0..<8 { make("/m/a/\(name)", pages: 6) }
    XCTAssertEqual(unmount("/m/a"), 0)
    var points = 0
    TestContext.atPreemptionPoint = {
      points += 1
      if points % 2 == 0 {
        let own = TestContext.atPreemptionPoint
        TestContext.atPreemptionPoint = nil
        Tree.dropPages()
        TestContext.atPreemptionPoint = own
      }
    }
    defer { TestContext.atPreemptionPoint = nil }
    machine.doUserReturnWork()
    XCTAssertGreaterThanOrEqual(points, 8)
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(leftover, 0)
  }

  func testTheLastUseOfALazilyUnmountedVolumeRemovesItsFiles() {
    let free = machine.pool.freeCount
    XCTAssertEqual(mount("/m/a"), 0)
    mkdir("/m/a/b")
    XCTAssertEqual(mount("/m/a/b"), 0)
    make("/m/a/b/inner", pages: 8)
    make("/m/a/outer", pages: 8)
    let file = open("/m/a/b/inner")
    XCTAssertEqual(call(.chdir, "/m/a"), 0)
    XCTAssertEqual(unmount("/m/a"), -16)
    XCTAssertEqual(unmount("/m/a", lazily), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(leftover, 2)
    XCTAssertEqual(machine.call(.read, file, text, 1), 1)
    XCTAssertEqual(call(.access, "outer"), 0)
    XCTAssertEqual(mount("/m/a"), 0, "the place is free")
    XCTAssertEqual(unmount("/m/a"), 0)
    close(file)
    XCTAssertEqual(call(.chdir, "/"), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(leftover, 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testAFullTableIsENOSPC() {
    let free = machine.pool.freeCount
    XCTAssertEqual(mount("/m/a"), 0)
    var places: [String] = []
    while true {
      let place = "/m/a/\(places.count)"
      mkdir(place)
      let answer = mount(place)
      guard answer == 0 else {
        XCTAssertEqual(answer, -28)
        break
      }
      places.append(place)
    }
    XCTAssertGreaterThan(places.count, 10)
    XCTAssertEqual(unmount("/m/a"), -16)
    for place in places { XCTAssertEqual(unmount(place), 0) }
    XCTAssertEqual(unmount("/m/a"), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testTheDepthOfMountsIsBounded() {
    let free = machine.pool.freeCount
    XCTAssertEqual(call(.chdir, "/m/a"), 0)
    var depth = 0
    while mount(".") == 0 {
      depth += 1
      XCTAssertEqual(call(.chdir, "/m/a" + String(repeating: "/x", count: depth - 1)), 0)
      mkdir("x")
      XCTAssertEqual(call(.chdir, "x"), 0)
    }
    XCTAssertEqual(depth, Volume.greatestDepth)
    XCTAssertEqual(mount("."), -28)
    machine.call(.getcwd, text, 100)
    XCTAssertEqual(machine.text(text), "/m/a" + String(repeating: "/x", count: depth))
    XCTAssertEqual(call(.chdir, "/"), 0)
    XCTAssertEqual(unmount("/m/a", lazily), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(leftover, 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  /// A volume that another thread unmounts during the search for writers is not changed.
  func testARemountDuringAnUnmountIsBusy() {
    XCTAssertEqual(mount("/m/a"), 0)
    let volume = Tree.volume(Volume.firstFurther)
    XCTAssertNotEqual(volume.pointee.mount, 0)
    let files = (0..<80).map { _ in open("/m") }
    TestContext.atPreemptionPoint = {
      TestContext.atPreemptionPoint = nil
      try? Tree.unmount(volume, isLazy: true)
    }
    defer { TestContext.atPreemptionPoint = nil }
    XCTAssertNotEqual(mount("/m/a", "tmpfs", remount | readOnly), 0)
    XCTAssertFalse(volume.pointee.isReadOnly)
    files.forEach { close($0) }
    machine.doUserReturnWork()
  }

  /// What another thread writes during the search for writers counts for the new limits.
  func testARemountKeepsRoomForWhatWasWrittenMeanwhile() {
    XCTAssertEqual(mount("/m/a", "tmpfs", 0, "size=64k"), 0)
    let volume = Tree.volume(Volume.firstFurther)
    let bytes = type - 0x800 + 0x2000  // A page that is not zero.
    let files = (0..<80).map { _ in open("/m") }
    TestContext.atPreemptionPoint = {
      TestContext.atPreemptionPoint = nil
      let file = self.open("/m/a/file", self.create)
      for _ in 0..<3 { XCTAssertEqual(self.machine.call(.write, file, bytes, 0x1000), 0x1000) }
      self.close(file)
    }
    defer { TestContext.atPreemptionPoint = nil }
    XCTAssertEqual(mount("/m/a", "tmpfs", remount | readOnly, "size=8k"), -22)
    XCTAssertEqual(volume.pointee.limits.pages, 16)
    XCTAssertFalse(volume.pointee.isReadOnly)
    files.forEach { close($0) }
    XCTAssertEqual(unmount("/m/a"), 0)
    machine.doUserReturnWork()
  }

  func testGeneratedFileSystemsMove() {
    XCTAssertEqual(mount("/m/a", "proc"), -16)
    XCTAssertEqual(unmount("/proc"), 0)
    XCTAssertEqual(call(.access, "/proc/self"), -2)
    XCTAssertEqual(mount("/m/a", "proc"), 0)
    XCTAssertTrue(machine.contents("/m/a/self/mounts").contains("source /m/a proc rw,relatime 0 0"))
    XCTAssertEqual(call(.chdir, "/m/a/sys/vm"), 0)
    XCTAssertEqual(machine.call(.getcwd, text, 100), 12)
    XCTAssertEqual(machine.text(text), "/m/a/sys/vm")
    XCTAssertEqual(call(.chdir, "../../.."), 0)
    XCTAssertEqual(call(.access, "a/self"), 0)
    XCTAssertEqual(call(.chdir, "/"), 0)
    XCTAssertEqual(unmount("/m/a"), 0)
    XCTAssertEqual(mount("/proc", "proc"), 0)
    XCTAssertEqual(unmount("/dev/shm"), 0)
    XCTAssertEqual(call(.mkdir, "/dev/shm/x", 0o755), -30)
    XCTAssertEqual(mount("/dev/shm"), 0)
    make("/dev/shm/file")
    XCTAssertEqual(call(.unlink, "/dev/shm/file"), 0)
    XCTAssertEqual(mount("/dev/pts"), -30)
    XCTAssertEqual(mount("/proc/self"), -30)
    XCTAssertEqual(mount("/"), -16)
    XCTAssertEqual(unmount("/"), -16)
    XCTAssertEqual(unmount("/dev", lazily), 0)
    XCTAssertEqual(call(.access, "/dev/null"), -2)
    XCTAssertEqual(mount("/dev", "devtmpfs"), 0)
    XCTAssertEqual(call(.access, "/dev/null"), 0)
    machine.doUserReturnWork()
  }
}
