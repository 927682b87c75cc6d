// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// The writable file tree, by the calls that programs make.
final class FileTreeTests: XCTestCase {
  private typealias Tree = FileTree<Services>
  private static let (create, exclusive, truncate, append): (UInt32, UInt32, UInt32, UInt32) = (
    0o100, 0o200, 0o1000, 0o2000
  )
  private var machine: Machine!
  private var buffer: UInt32 = 0
  private var second: UInt32 = 0

  override func setUpWithError() throws {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder().bytes, mode: 0o100755)
    builder.add("etc", mode: 0o040755)
    builder.add("etc/motd", Array("hello\n".utf8))
    builder.add("hard1", [], links: 2, inode: 900)
    builder.add("hard2", Array("linked".utf8), links: 2, inode: 900)
    machine = try Machine(initrd: builder.finish())
    _ = try machine.start()
    buffer = machine.memory(0x4000)
    second = buffer + 0x1000
    for page: UInt32 in 0..<4 { machine.put([0], at: buffer + page * 0x1000) }
    // The slabs of names and inodes may keep a frame: what is counted begins with them.
    for index in 0..<3 { XCTAssertEqual(call(.mkdir, "/tmp/warm\(index)", 0o755), 0) }
    for index in 0..<3 { XCTAssertEqual(call(.rmdir, "/tmp/warm\(index)"), 0) }
  }

  override func tearDown() {
    // Frames of names that are left.
    _ = machine.release()
  }

  /// A call with a path as its first argument.
  @discardableResult
  private func call(_ number: ARMCallNumber, _ path: String, _ rest: UInt32...) -> Int32 {
    let arguments = rest + [0, 0, 0]
    return machine.call(
      number, machine.string(path, at: buffer), arguments[0], arguments[1], arguments[2])
  }

  /// A call with two paths as its first arguments.
  @discardableResult
  private func call(_ number: ARMCallNumber, _ path: String, to other: String) -> Int32 {
    machine.call(
      number, machine.string(path, at: buffer), machine.string(other, at: second))
  }

  private func open(_ path: String, _ flags: UInt32 = 0, _ mode: UInt32 = 0o644) -> Int32 {
    call(.open, path, flags, mode)
  }

  private func write(_ path: String, _ text: String, _ flags: UInt32 = 0o1101) {
    let file = open(path, flags)
    XCTAssertGreaterThanOrEqual(file, 0, path)
    machine.put(Array(text.utf8), at: second)
    XCTAssertEqual(
      machine.call(.write, UInt32(file), second, UInt32(text.utf8.count)), Int32(text.utf8.count))
    XCTAssertEqual(machine.call(.close, UInt32(file)), 0)
  }

  /// Size, links and mode of a file; nil if there is none.
  private func status(_ path: String) -> (size: UInt32, links: UInt32, mode: UInt32)? {
    guard machine.call(.lstat64, machine.string(path, at: buffer), second) == 0 else { return nil }
    return (machine.word(second + 48), machine.word(second + 20), machine.word(second + 16))
  }

  /// The names in a directory.
  private func names(_ path: String, room: UInt32 = 256) -> [String] {
    let directory = UInt32(open(path, 0o40000))
    var found: [String] = []
    while true {
      let count = machine.call(.getdents64, directory, second, room)
      guard count > 0 else { break }
      var place: UInt32 = 0
      while place < UInt32(count) {
        found.append(machine.text(second + place + 19))
        place += machine.word(second + place + 16) & 0xffff
      }
    }
    machine.call(.close, directory)
    return found
  }

  func testAFileIsWrittenReadRenamedAndRemoved() {
    let free = machine.pool.freeCount
    write("/tmp/a", "one two")
    XCTAssertEqual(machine.contents("/tmp/a"), "one two")
    write("/tmp/a", " three", 0o2001)
    XCTAssertEqual(machine.contents("/tmp/a"), "one two three")
    XCTAssertEqual(call(.rename, "/tmp/a", to: "/tmp/b"), 0)
    XCTAssertEqual(open("/tmp/a"), -2)
    XCTAssertEqual(machine.contents("/tmp/b"), "one two three")
    XCTAssertEqual(status("/tmp/b")?.size, 13)
    XCTAssertEqual(call(.unlink, "/tmp/b"), 0)
    XCTAssertEqual(names("/tmp"), [".", ".."])
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testAFileOfTheArchiveIsCopiedByTheFirstWrite() {
    let file = UInt32(open("/etc/motd", 2))
    machine.put(Array("J".utf8), at: second)
    XCTAssertEqual(machine.call(.pwrite64, file, second, 1, 0, 0, 0), 1)
    XCTAssertEqual(machine.contents("/etc/motd"), "Jello\n")
    XCTAssertEqual(machine.call(.ftruncate, file, 3), 0)
    XCTAssertEqual(machine.call(.ftruncate, file, 6), 0)
    XCTAssertEqual(machine.contents("/etc/motd"), "Jel\0\0\0")
    XCTAssertEqual(machine.contents("/hard1"), "linked")
    write("/hard1", "both")
    XCTAssertEqual(machine.contents("/hard2"), "both")
    XCTAssertEqual(status("/hard2")?.links, 2)
    XCTAssertEqual(call(.unlink, "/etc/motd"), 0)
    XCTAssertEqual(machine.call(.pread64, file, second, 9, 0, 0, 0), 6, "still open")
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(call(.rmdir, "/etc"), 0)
  }

  func testPagesOfTheInitrdAreGivenBackAfterTheLastMapping() {
    let file = UInt32(open("/etc/motd"))
    let free = machine.pool.freeCount
    let place = UInt32(bitPattern: machine.call(.mmap2, 0, 4096, 1, 1, file, 0))
    XCTAssertEqual(machine.bytes(place, 6), Array("hello\n".utf8))
    XCTAssertEqual(Services.tree.pointee.volumes[0].pages, 1)
    XCTAssertEqual(machine.call(.munmap, place, 4096), 0)
    XCTAssertEqual(Services.tree.pointee.volumes[0].pages, 0)
    XCTAssertEqual(machine.pool.freeCount, free)
    machine.call(.close, file)
  }

  func testErrorsComeInLinuxOrder() {
    XCTAssertEqual(open("/init", 1), -26, "a program that runs")
    XCTAssertEqual(call(.truncate, "/init", 0), -26)
    XCTAssertEqual(call(.mkdir, "/tmp/d", 0o777), 0)
    XCTAssertEqual(status("/tmp/d")?.mode, 0o040755, "the mask applies")
    XCTAssertEqual(call(.mkdir, "/tmp/d", 0o777), -17)
    XCTAssertEqual(call(.mkdir, "/tmp/d/.", 0o777), -17)
    XCTAssertEqual(call(.mkdir, "/", 0o777), -17)
    XCTAssertEqual(call(.mkdir, "/tmp/x/y", 0o777), -2)
    XCTAssertEqual(call(.mkdir, "/proc/x", 0o777), -30)
    XCTAssertEqual(call(.mkdir, "/dev/x", 0o777), -30)
    write("/tmp/f", "f")
    XCTAssertEqual(call(.mkdir, "/tmp/f/y", 0o777), -20)
    XCTAssertEqual(call(.rmdir, "/tmp/f"), -20)
    XCTAssertEqual(call(.rmdir, "/tmp"), -16, "a mount point")
    XCTAssertEqual(call(.rmdir, "/tmp/d/."), -22)
    XCTAssertEqual(call(.rmdir, "/tmp/d/.."), -39)
    XCTAssertEqual(call(.rmdir, "/"), -16)
    XCTAssertEqual(call(.unlink, "/tmp/d"), -21)
    XCTAssertEqual(call(.unlink, "/tmp/d/.."), -21)
    XCTAssertEqual(call(.unlink, "/tmp/f/"), -20)
    XCTAssertEqual(call(.unlink, "/tmp/none"), -2)
    XCTAssertEqual(call(.unlink, "/proc/uptime"), -30)
    XCTAssertEqual(call(.rename, "/tmp/d", to: "/tmp/d/in"), -22)
    XCTAssertEqual(call(.rename, "/tmp/f", to: "/tmp/d"), -21)
    XCTAssertEqual(call(.rename, "/tmp/d", to: "/tmp/f"), -20)
    XCTAssertEqual(call(.rename, "/tmp/f", to: "/tmp/g/"), -20)
    XCTAssertEqual(call(.rename, "/tmp/f", to: "/etc/f"), -18)
    XCTAssertEqual(call(.rename, "/tmp/none", to: "/tmp/g"), -2)
    XCTAssertEqual(call(.rename, "/tmp/.", to: "/tmp/g"), -16)
    XCTAssertEqual(call(.link, "/tmp/d", to: "/tmp/e"), -1)
    XCTAssertEqual(call(.link, "/tmp/f", to: "/etc/e"), -18)
    XCTAssertEqual(call(.link, "/tmp/f", to: "/tmp/d"), -17)
    XCTAssertEqual(call(.link, "/tmp/f", to: "/tmp/e/"), -2)
    XCTAssertEqual(open("/tmp/new/", 0o101), -21)
    XCTAssertEqual(open("/tmp/f", 0o301), -17)
    XCTAssertEqual(open("/tmp/d", 0o102), -21)
    XCTAssertEqual(open("/tmp/f/", 0o101), -21)
    write("/tmp/d/in", "x")
    XCTAssertEqual(call(.rmdir, "/tmp/d"), -39)
    XCTAssertEqual(call(.mkdir, "/tmp/empty", 0o777), 0)
    XCTAssertEqual(call(.rename, "/tmp/empty", to: "/tmp/d"), -39)
    XCTAssertEqual(
      call(.mkdir, "/tmp/" + String(repeating: "n", count: 256), 0o777), -36)
    XCTAssertEqual(call(.truncate, "/tmp/d", 0), -21)
    XCTAssertEqual(call(.truncate, "/tmp/f", UInt32(bitPattern: -1)), -22)
    for path in ["/tmp/d/in", "/tmp/f"] { XCTAssertEqual(call(.unlink, path), 0) }
    for path in ["/tmp/d", "/tmp/empty"] { XCTAssertEqual(call(.rmdir, path), 0) }
  }

  func testManySlashesAreAsGoodAsOne() {
    let slashes = String(repeating: "/", count: 200)
    XCTAssertEqual(call(.mkdir, "/tmp\(slashes)many\(slashes)", 0o755), 0)
    XCTAssertEqual(call(.mkdir, "\(slashes)tmp/many", 0o755), -17)
    XCTAssertEqual(call(.mkdir, slashes, 0o755), -17)
    XCTAssertEqual(call(.chdir, "\(slashes)tmp\(slashes)many\(slashes)"), 0)
    XCTAssertEqual(call(.chdir, slashes), 0)
    XCTAssertEqual(open("/etc/motd\(slashes)"), -20)
    XCTAssertEqual(open("/etc/motd\(slashes)x"), -20)
    XCTAssertEqual(call(.rmdir, "/tmp\(slashes)many\(slashes)"), 0)
  }

  func testLinksOfBothKinds() {
    write("/tmp/f", "text")
    XCTAssertEqual(call(.link, "/tmp/f", to: "/tmp/g"), 0)
    XCTAssertEqual(status("/tmp/g")?.links, 2)
    XCTAssertEqual(call(.rename, "/tmp/f", to: "/tmp/g"), 0, "the same file: nothing happens")
    XCTAssertEqual(status("/tmp/f")?.links, 2)
    XCTAssertEqual(call(.unlink, "/tmp/f"), 0)
    XCTAssertEqual(machine.contents("/tmp/g"), "text")
    XCTAssertEqual(call(.symlink, "g", to: "/tmp/s"), 0)
    XCTAssertEqual(machine.contents("/tmp/s"), "text")
    XCTAssertEqual(call(.symlink, "/tmp/made", to: "/tmp/dangling"), 0)
    write("/tmp/dangling", "through")
    XCTAssertEqual(machine.contents("/tmp/made"), "through")
    XCTAssertEqual(open("/tmp/s", 0o100101), -40)
    XCTAssertEqual(call(.readlink, "/tmp/s", second, 9), 1)
    for name in ["g", "s", "made", "dangling"] { XCTAssertEqual(call(.unlink, "/tmp/" + name), 0) }
  }

  func testExchangeAndNoReplace() {
    write("/tmp/a", "A")
    XCTAssertEqual(call(.mkdir, "/tmp/d", 0o755), 0)
    XCTAssertEqual(call(.mkdir, "/tmp/d/sub", 0o755), 0)
    func rename(_ from: String, _ to: String, _ flags: UInt32) -> Int32 {
      machine.call(
        .renameat2, UInt32(bitPattern: -100), machine.string(from, at: buffer),
        UInt32(bitPattern: -100), machine.string(to, at: second), flags)
    }
    XCTAssertEqual(rename("/tmp/a", "/tmp/d", 1), -17)
    XCTAssertEqual(rename("/tmp/a", "/tmp/d", 3), -22)
    XCTAssertEqual(rename("/tmp/a", "/tmp/none", 2), -2)
    XCTAssertEqual(rename("/tmp/a", "/tmp/d/sub", 2), 0)
    XCTAssertEqual(machine.contents("/tmp/d/sub"), "A")
    XCTAssertEqual(status("/tmp/d")?.links, 2)
    XCTAssertEqual(status("/tmp")?.links, 4)
    XCTAssertEqual(call(.rmdir, "/tmp/a"), 0)
    XCTAssertEqual(call(.unlink, "/tmp/d/sub"), 0)
    XCTAssertEqual(call(.rmdir, "/tmp/d"), 0)
  }

  /// At each preemption point of a rename into a deep directory another thread moves that directory
  /// into the renamed one, or removes the latter: one of both calls fails.
  func testRenameLooksAgainAfterItsPreemptionPoints() {
    let levels = (0...140).map { "/tmp/p" + String(repeating: "/d", count: $0) }
    for path in levels + ["/tmp/n"] { XCTAssertEqual(call(.mkdir, path, 0o755), 0) }
    let (renamed, inside) = (levels[140] + "/n", "/tmp/n/p")
    let other = machine.makeThread()
    for moves in [true, false] {
      var (point, isReached) = (0, true)
      while isReached {
        point += 1
        isReached = false
        var (count, result) = (0, Int32(0))
        TestContext.atPreemptionPoint = { [machine = machine!, buffer] in
          count += 1
          guard count == point else { return }
          isReached = true
          TestContext.atPreemptionPoint = nil
          let path = machine.string(moves ? "/tmp/p" : "/tmp/n", at: buffer + 0x2000)
          let target = machine.string(inside, at: buffer + 0x3000)
          machine.run(other) {
            result = moves ? machine.call(.rename, path, target) : machine.call(.rmdir, path)
          }
        }
        let own = call(.rename, "/tmp/n", to: renamed)
        TestContext.atPreemptionPoint = nil
        XCTAssertNotEqual(own == 0, isReached && result == 0, "point \(point)")
        if own == 0 {
          XCTAssertEqual(call(.rename, renamed, to: "/tmp/n"), 0)
        } else if moves {
          XCTAssertEqual(call(.rename, inside, to: "/tmp/p"), 0)
        } else {
          XCTAssertEqual(call(.mkdir, "/tmp/n", 0o755), 0)
        }
      }
      XCTAssertGreaterThan(point, 140 / 64)
    }
    machine.run(other) { machine.call(.exit, 0) }
    for path in levels.reversed() + ["/tmp/n"] { XCTAssertEqual(call(.rmdir, path), 0) }
  }

  func testAnOpenFileWithoutANameLivesUntilItIsClosed() {
    let free = machine.pool.freeCount
    let file = UInt32(open("/tmp/gone", 0o102))
    XCTAssertEqual(call(.unlink, "/tmp/gone"), 0)
    machine.put(Array("kept".utf8), at: second)
    XCTAssertEqual(machine.call(.write, file, second, 4), 4)
    XCTAssertLessThan(machine.pool.freeCount, free)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
    let unnamed = UInt32(open("/tmp", 0o20040002))
    XCTAssertEqual(machine.call(.write, unnamed, second, 4), 4)
    XCTAssertEqual(machine.call(.close, unnamed), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(call(.mkdir, "/tmp/d", 0o755), 0)
    XCTAssertEqual(call(.chdir, "/tmp/d"), 0)
    XCTAssertEqual(call(.rmdir, "/tmp/d"), 0)
    XCTAssertEqual(open("new", 0o101), -2, "in a directory that was removed")
    XCTAssertEqual(machine.call(.getcwd, second, 100), -2)
    XCTAssertEqual(call(.chdir, "/"), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testListingsKeepTheirPositionsWhileTheDirectoryChanges() {
    for index in 0..<20 { write("/tmp/f\(index)", "") }
    let all = names("/tmp")
    XCTAssertEqual(all, [".", ".."] + (0..<20).map { "f\($0)" })
    XCTAssertEqual(names("/tmp", room: 24), all, "one entry at a time")
    let directory = UInt32(open("/tmp", 0o40000))
    XCTAssertGreaterThan(machine.call(.getdents64, directory, second, 100), 0)
    for index in 0..<10 { XCTAssertEqual(call(.unlink, "/tmp/f\(index)"), 0) }
    write("/tmp/late", "")
    var rest: [String] = []
    while case let count = machine.call(.getdents64, directory, second, 32), count > 0 {
      rest.append(machine.text(second + 19))
    }
    XCTAssertEqual(rest, (10..<20).map { "f\($0)" } + ["late"])
    machine.call(.close, directory)
    for index in 10..<20 { XCTAssertEqual(call(.unlink, "/tmp/f\(index)"), 0) }
    XCTAssertEqual(call(.unlink, "/tmp/late"), 0)
  }

  func testHolesAreSparseAndFound() {
    let free = machine.pool.freeCount
    let file = UInt32(open("/tmp/sparse", 0o102))
    machine.put([7], at: second)
    // Byte 0, and one at 5 GiB.
    XCTAssertEqual(machine.call(.write, file, second, 1), 1)
    XCTAssertEqual(machine.call(.pwrite64, file, second, 1, 0, 0x4000_0000, 1), 1)
    XCTAssertLessThan(free - machine.pool.freeCount, 9)
    func seek(_ high: UInt32, _ low: UInt32, _ whence: UInt32) -> [UInt32] {
      let answer = machine.call(.llseek, file, high, low, second, whence)
      return answer == 0 ? machine.words(second, 2) : [UInt32(bitPattern: answer)]
    }
    XCTAssertEqual(seek(0, 0, 3), [0, 0])
    XCTAssertEqual(seek(0, 0, 4), [4096, 0])
    XCTAssertEqual(seek(0, 4096, 3), [0x4000_0000, 1])
    XCTAssertEqual(seek(1, 0x4000_0001, 3), [UInt32(bitPattern: -6)])
    XCTAssertEqual(machine.call(.pread64, file, second, 8, 0, 4090, 0), 8)
    XCTAssertEqual(machine.bytes(second, 8), [UInt8](repeating: 0, count: 8))
    XCTAssertEqual(machine.call(.fallocate, file, 3, 0, 0, 4096, 0), 0)
    XCTAssertEqual(machine.call(.pread64, file, second, 1, 0, 0, 0), 1)
    XCTAssertEqual(machine.bytes(second, 1), [0])
    XCTAssertEqual(machine.call(.ftruncate, file, 0), 0)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(call(.unlink, "/tmp/sparse"), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testAFullVolumeIsENOSPCAndKeepsWhatIsThere() {
    let limit = Services.tree.pointee.volumes[1].limits.pages
    write("/tmp/kept", "kept")
    let file = UInt32(open("/tmp/big", 0o102))
    machine.put([UInt8](repeating: 1, count: 4096), at: second)
    var pages: UInt32 = 1
    var answer: Int32 = 0
    while true {
      answer = machine.call(.write, file, second, 4096)
      guard answer == 4096 else { break }
      pages += 1
    }
    XCTAssertEqual(answer, -28)
    XCTAssertEqual(pages, limit)
    XCTAssertEqual(machine.contents("/tmp/kept"), "kept")
    XCTAssertEqual(machine.call(.fallocate, file, 0, 0, 0, 0x7f_f000, 0), -28)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(call(.unlink, "/tmp/big"), 0)
    XCTAssertEqual(call(.unlink, "/tmp/kept"), 0)
    machine.doUserReturnWork()
    XCTAssertEqual(Services.tree.pointee.volumes[1].pages, 0)
  }

  func testPagesOfAnUnlinkedFileAreDroppedInSteps() {
    let free = machine.pool.freeCount
    let file = UInt32(open("/tmp/big", 0o102))
    for _ in 0..<100 { XCTAssertEqual(machine.call(.write, file, second, 4096), 4096) }
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(call(.unlink, "/tmp/big"), 0)
    XCTAssertEqual(Services.tree.pointee.volumes[1].pages, 100)
    var points = 0
    TestContext.atPreemptionPoint = { points += 1 }
    defer { TestContext.atPreemptionPoint = nil }
    machine.doUserReturnWork()
    XCTAssertEqual(points, 6)
    XCTAssertEqual(Services.tree.pointee.volumes[1].pages, 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  /// Another thread that returns to user mode meanwhile finishes the work.
  func testTwoThreadsDropPagesAtOnce() {
    let free = machine.pool.freeCount
    for name in ["/tmp/a", "/tmp/b"] {
      let file = UInt32(open(name, 0o102))
      for _ in 0..<50 { XCTAssertEqual(machine.call(.write, file, second, 4096), 4096) }
      XCTAssertEqual(machine.call(.close, file), 0)
      XCTAssertEqual(call(.unlink, name), 0)
    }
    TestContext.atPreemptionPoint = {
      TestContext.atPreemptionPoint = nil
      Tree.dropPages()
    }
    machine.doUserReturnWork()
    XCTAssertEqual(Services.tree.pointee.volumes[1].pages, 0)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testMappingsShareThePagesOfAnArchivedFile() {
    let free = machine.pool.freeCount
    let file = UInt32(open("/etc/motd"))
    let maps = (0..<3).map { _ in UInt32(bitPattern: machine.call(.mmap2, 0, 4096, 1, 2, file, 0)) }
    XCTAssertEqual(machine.text(maps[0]), "hello\n")
    let withOne = machine.pool.freeCount
    XCTAssertEqual(machine.text(maps[1]), "hello\n")
    XCTAssertEqual(machine.pool.freeCount, withOne)
    // A store to one of them is seen by it alone.
    XCTAssertEqual(machine.call(.mprotect, maps[1], 4096, 3), 0)
    machine.put(Array("H".utf8), at: maps[1])
    XCTAssertEqual(machine.text(maps[1]), "Hello\n")
    XCTAssertEqual(machine.text(maps[0]), "hello\n")
    XCTAssertEqual(machine.text(maps[2]), "hello\n")
    for map in maps { XCTAssertEqual(machine.call(.munmap, map, 4096), 0) }
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.pool.freeCount, free)
    XCTAssertEqual(machine.contents("/etc/motd"), "hello\n")
  }

  func testAttributesChange() {
    write("/tmp/f", "x")
    XCTAssertEqual(call(.chmod, "/tmp/f", 0o6755), 0)
    XCTAssertEqual(status("/tmp/f")?.mode, 0o106755)
    XCTAssertEqual(call(.chown32, "/tmp/f", 5, 6), 0)
    XCTAssertEqual(status("/tmp/f")?.mode, 0o100755)
    XCTAssertEqual(machine.words(second + 24, 2), [5, 6])
    machine.put(words: [11, 22, 33, 44], at: second)
    XCTAssertEqual(
      machine.call(
        .utimensat, UInt32(bitPattern: -100), machine.string("/tmp/f", at: buffer), second, 0), 0)
    XCTAssertNotNil(status("/tmp/f"))
    XCTAssertEqual(machine.words(second + 72, 4), [11, 22, 33, 44])
    machine.put(words: [0, 0x3fff_fffe, 0, 1_000_000_000], at: second)
    XCTAssertEqual(
      machine.call(
        .utimensat, UInt32(bitPattern: -100), machine.string("/tmp/f", at: buffer), second, 0), -22)
    XCTAssertEqual(call(.chmod, "/proc/uptime", 0), -30)
    XCTAssertEqual(call(.unlink, "/tmp/f"), 0)
  }

  /// Each call with 0, 1, 2, … frames until it succeeds; as long as it fails, nothing has changed.
  func testEachFailedAllocationLosesNothing() throws {
    write("/tmp/f", "f")
    let file = UInt32(open("/tmp/f", 2))
    machine.put([UInt8](repeating: 9, count: 64), at: second + 0x800)
    let long = "/tmp/" + String(repeating: "l", count: 200)
    // Their memory is present, so that only the tree allocates.
    let calls: [(String, () -> Int32, () -> Int32)] = [
      ("mkdir", { self.call(.mkdir, long, 0o755) }, { self.call(.rmdir, long) }),
      ("symlink", { self.call(.symlink, "x", to: "/tmp/s") }, { self.call(.unlink, "/tmp/s") }),
      ("link", { self.call(.link, "/tmp/f", to: long) }, { self.call(.unlink, long) }),
      (
        "rename", { self.call(.rename, "/tmp/f", to: long) },
        { self.call(.rename, long, to: "/tmp/f") }
      ),
      (
        "write at 5 GiB", { self.machine.call(.pwrite64, file, self.second, 64, 0, 0, 1) },
        { self.machine.call(.ftruncate, file, 1) }
      ),
    ]
    for (name, make, undo) in calls {
      let (names, pages) = (self.names("/tmp"), Services.tree.pointee.volumes[1].pages)
      let free = machine.pool.freeCount
      for left: UInt32 in 0..<20 {
        var hoard: [PhysicalFrame] = []
        while machine.pool.freeCount > left {
          hoard.append(try machine.pool.allocate(zeroed: false))
        }
        let answer = make()
        hoard.forEach { machine.pool.release($0) }
        guard answer < 0 else {
          XCTAssertGreaterThanOrEqual(undo(), 0, name)
          break
        }
        XCTAssertEqual(answer, -12, "\(name) with \(left) frames")
        XCTAssertEqual(self.names("/tmp"), names)
        XCTAssertEqual(Services.tree.pointee.volumes[1].pages, pages, name)
        XCTAssertEqual(machine.pool.freeCount, free, "\(name) with \(left) frames")
      }
    }
    machine.call(.close, file)
    XCTAssertEqual(call(.unlink, "/tmp/f"), 0)
  }
}
