// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Each call is made with 0, 1, 2, … free frames until it succeeds. One that fails reports it, and
/// leaves frames, open files, regions and the names in the tree as they were. Fork, exec and clone
/// are in ProcessFailureTests.
final class MissingFrameTests: MachineTestCase {
  /// What a call that failed must not change.
  private struct Counts: Equatable {
    let frames: UInt32
    let files: UInt32
    let regions: UInt32
    /// Bytes of the names in the folder.
    let names: Int32
  }

  /// ENOMEM, ENFILE and ENOSPC: what a lack of memory may be reported as.
  private let expected: Set<Int32> = [-12, -23, -28]
  private let (folder, create): (UInt32, UInt32) = (0o200000, 0o102)

  private var (path, other, area): (UInt32, UInt32, UInt32) = (0, 0, 0)

  /// A folder /tmp/f with a file `a` of two pages.
  override func setUpWithError() throws {
    try super.setUpWithError()
    area = machine.memory(0x20000)
    for page: UInt32 in 0..<32 { machine.put([1], at: area + page * 0x1000) }
    (path, other) = (area, area + 0x800)
    name("/tmp/f")
    XCTAssertEqual(machine.call(.mkdir, path, 0o700), 0)
    XCTAssertEqual(machine.call(.chdir, path), 0)
    let file = open("a")
    XCTAssertEqual(machine.call(.write, file, area + 0x4000, 0x2000), 0x2000)
    close(file)
    // The tables that the first file of a kind makes stay.
    warmUp()
  }

  override func tearDown() {
    XCTAssertEqual(machine.call(.unlink, name("/tmp/f/a")), 0)
    XCTAssertEqual(machine.call(.chdir, name("/")), 0)
    XCTAssertEqual(machine.call(.rmdir, name("/tmp/f")), 0)
    super.tearDown()
  }

  @discardableResult
  private func name(_ text: String) -> UInt32 {
    machine.put(Array(text.utf8) + [0], at: path)
    return path
  }

  private func otherName(_ text: String) -> UInt32 {
    machine.put(Array(text.utf8) + [0], at: other)
    return other
  }

  private func open(_ text: String, _ flags: UInt32 = 0o102) -> UInt32 {
    UInt32(bitPattern: machine.call(.open, name(text), flags, 0o600))
  }

  private func close(_ descriptor: UInt32) {
    XCTAssertEqual(machine.call(.close, descriptor), 0)
  }

  private func close(_ descriptor: Int32) { close(UInt32(bitPattern: descriptor)) }

  private func warmUp() {
    let descriptors = [
      machine.call(.eventfd2, 0, 0), machine.call(.epollCreate1, 0),
      machine.call(.timerfdCreate, 1, 0),
    ]
    descriptors.forEach(close)
  }

  private var counts: Counts {
    let directory = open(".", folder)
    let names = machine.call(.getdents64, directory, area + 0x6000, 0x1000)
    close(directory)
    return Counts(
      frames: machine.pool.freeCount, files: Services.openFiles.count,
      regions: Services.process.pointee.space.regionCount, names: names)
  }

  /// Makes `call` with ever more frames until it succeeds; `undo` gets its result then. The tree's
  /// bytes for a path are away, as while another thread's call uses them.
  private func missFrames(
    _ what: String, atLeast failures: UInt32 = 1, _ call: () -> Int32, undo: (Int32) -> Void,
    line: UInt = #line
  ) {
    let before = counts
    for frames: UInt32 in 0..<64 {
      var result: Int32 = 0
      let pathBytes = Services.tree.pointee.pathBytes.take()
      machine.withFrames(frames) { result = call() }
      Services.tree.pointee.pathBytes = pathBytes
      guard result < 0 && result > -4096 else {
        XCTAssertGreaterThanOrEqual(frames, failures, "\(what) needs no frame", line: line)
        undo(result)
        XCTAssertEqual(counts, before, "\(what) was not undone", line: line)
        return
      }
      XCTAssertTrue(expected.contains(result), "\(what): \(result)", line: line)
      XCTAssertEqual(counts, before, "\(what) with \(frames) frames", line: line)
    }
    XCTFail("\(what) never succeeds", line: line)
  }

  func testOpeningObjects() {
    missFrames(
      "eventfd", { machine.call(.eventfd2, 0, 0) }, undo: close)
    missFrames("epoll_create", { machine.call(.epollCreate1, 0) }, undo: close)
    missFrames("timerfd", { machine.call(.timerfdCreate, 1, 0) }, undo: close)
    missFrames("inotify_init", { machine.call(.inotifyInit) }, undo: close)
    missFrames("pidfd", { machine.call(.pidfdOpen, 1, 0) }, undo: close)
    missFrames("memfd", { machine.call(.memfdCreate, name("m"), 0) }, undo: close)
    missFrames("ptmx", { machine.call(.open, name("/dev/ptmx"), 2, 0) }, undo: close)
    missFrames(
      "pipe", { machine.call(.pipe2, area + 0x5000, 0) },
      undo: { _ in
        close(machine.word(area + 0x5000))
        close(machine.word(area + 0x5004))
      })
  }

  func testWaitingForFiles() {
    let (poll, counter) = (machine.call(.epollCreate1, 0), machine.call(.eventfd2, 0, 0))
    let (instance, file) = (UInt32(poll), UInt32(counter))
    machine.put(words: [1, 0, 0, 0], at: area + 0x5000)
    missFrames(
      "epoll_ctl", { machine.call(.epollCtl, instance, 1, file, area + 0x5000) },
      undo: { _ in XCTAssertEqual(machine.call(.epollCtl, instance, 2, file, 0), 0) })
    machine.put(words: [file, 1], at: area + 0x5000)
    machine.turns.script = [{ self.machine.pass(1_000_000) }]
    missFrames("poll", { machine.call(.poll, area + 0x5000, 1, 1) }, undo: { _ in })
    close(poll)
    close(counter)
  }

  func testMakingNames() {
    func unlink(_: Int32) { XCTAssertEqual(machine.call(.unlink, name("b")), 0) }
    missFrames(
      "open", { machine.call(.open, name("b"), create, 0o600) },
      undo: {
        close($0)
        unlink(0)
      })
    missFrames(
      "mkdir", { machine.call(.mkdir, name("b"), 0o700) },
      undo: { _ in XCTAssertEqual(machine.call(.rmdir, name("b")), 0) })
    missFrames(
      "symlink", { machine.call(.symlink, otherName("target"), name("b")) }, undo: unlink)
    missFrames("link", { machine.call(.link, otherName("a"), name("b")) }, undo: unlink)
    missFrames("mknod", { machine.call(.mknod, name("b"), 0o010600, 0) }, undo: unlink)
    missFrames(
      "mount",
      {
        machine.call(.mount, 0, name("/tmp/f"), otherName("tmpfs"), 0, 0)
      }, undo: { _ in XCTAssertEqual(machine.call(.umount2, name("/tmp/f"), 0), 0) })
    missFrames(
      "rename", { machine.call(.rename, otherName("a"), name("b")) },
      undo: { _ in XCTAssertEqual(machine.call(.rename, otherName("b"), name("a")), 0) })
  }

  func testLookingAtNames() {
    let buffer = area + 0x7000
    missFrames("stat", { machine.call(.stat64, name("a"), buffer) }, undo: { _ in })
    missFrames("access", { machine.call(.access, name("a"), 0) }, undo: { _ in })
    missFrames(
      "readlink", { machine.call(.readlink, name("/proc/self"), buffer, 16) }, undo: { _ in })
    missFrames("chdir", { machine.call(.chdir, name("/tmp/f")) }, undo: { _ in })
    missFrames(
      "chmod", { machine.call(.chmod, name("a"), 0o600) }, undo: { _ in })
    missFrames("statfs", { machine.call(.statfs64, name("a"), 88, buffer) }, undo: { _ in })
  }

  func testWritingFiles() {
    let file = open("a")
    func shrink(_: Int32) { XCTAssertEqual(machine.call(.ftruncate, file, 0x2000), 0) }
    missFrames(
      "pwrite", { machine.call(.pwrite64, file, area + 0x4000, 0x1000, 0, 0x8000, 0) }, undo: shrink
    )
    missFrames(
      "fallocate", { machine.call(.fallocate, file, 0, 0x10000, 0, 0x3000, 0) }, undo: shrink)
    close(file)
  }

  func testReadingTexts() {
    let buffer = area + 0x7000
    for text in ["maps", "status", "stat", "mounts", "limits", "smaps"] {
      missFrames(
        text,
        {
          let file = open("/proc/self/\(text)", 0)
          guard Int32(bitPattern: file) >= 0 else { return Int32(bitPattern: file) }
          defer { close(file) }
          return machine.call(.read, file, buffer, 64)
        }, undo: { _ in })
    }
  }

  func testMappings() {
    func unmap(_ address: Int32) {
      XCTAssertEqual(machine.call(.munmap, UInt32(bitPattern: address), 0x4000), 0)
    }
    let file = open("a")
    missFrames(
      "mmap", atLeast: 0, { machine.call(.mmap2, 0x4000_0000, 0x4000, 3, 0x32, .max, 0) },
      undo: unmap)
    missFrames(
      "mmap, populated", atLeast: 0,
      { machine.call(.mmap2, 0x4000_0000, 0x4000, 3, 0x8032, .max, 0) },
      undo: unmap)
    missFrames(
      "mmap, shared", atLeast: 0, { machine.call(.mmap2, 0x4000_0000, 0x4000, 3, 0x31, .max, 0) },
      undo: unmap)
    missFrames(
      "mmap of a file", atLeast: 0, { machine.call(.mmap2, 0x4000_0000, 0x4000, 3, 0x11, file, 0) },
      undo: unmap)
    close(file)
    XCTAssertEqual(machine.call(.mmap2, 0x4000_0000, 0x4000, 3, 0x32, .max, 0), 0x4000_0000)
    machine.put([1], at: 0x4000_1000)
    missFrames(
      "mremap", atLeast: 0, { machine.call(.mremap, 0x4000_0000, 0x4000, 0x8000, 3, 0x5000_0000) },
      undo: { _ in
        XCTAssertEqual(
          machine.call(.mremap, 0x5000_0000, 0x8000, 0x4000, 3, 0x4000_0000), 0x4000_0000)
      })
    unmap(0x4000_0000)
  }
}
