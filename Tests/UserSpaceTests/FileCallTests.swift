// SPDX-License-Identifier: Apache-2.0
import VmRegion
import SystemMocks
import XCTest

@testable import UserSpace

final class FileCallTests: XCTestCase {
  private let eno = (
    ent: Int32(-2), big: Int32(-7), badf: Int32(-9), fault: Int32(-14), exist: Int32(-17),
    notdir: Int32(-20), isdir: Int32(-21), inval: Int32(-22), mfile: Int32(-24), notty: Int32(-25),
    spipe: Int32(-29), rofs: Int32(-30), range: Int32(-34), nametoolong: Int32(-36),
    loop: Int32(-40), nodev: Int32(-19)
  )
  private var machine: Machine!
  private var buffer: UInt32 = 0

  private let text = (0..<3000).map { UInt8(truncatingIfNeeded: $0 % 251) }

  override func setUpWithError() throws {
    var builder = CpioBuilder()
    builder.add("init", ElfBuilder().bytes, mode: 0o100755)
    builder.add("etc", mode: 0o040755)
    builder.add("etc/motd", Array("hello\n".utf8))
    builder.add("etc/deep", mode: 0o040700)
    builder.add("etc/deep/file", text)
    builder.add("etc/up", Array("../etc/motd".utf8), mode: 0o120777)
    builder.add("etc/abs", Array("/etc".utf8), mode: 0o120777)
    builder.add("etc/self", Array("self".utf8), mode: 0o120777)
    builder.add("etc/dangling", Array("nowhere".utf8), mode: 0o120777)
    builder.add("hard1", [], links: 2, inode: 900)
    builder.add("hard2", Array("linked".utf8), links: 2, inode: 900)
    machine = try Machine(initrd: builder.finish(), commandLine: "quiet foo=1 -- x")
    _ = try machine.start()
    buffer = machine.memory(0x4000)
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

  private func open(_ path: String, _ flags: UInt32 = 0) -> Int32 {
    machine.call(.open, machine.string(path, at: buffer), flags, 0)
  }

  func testPathsResolveAsOnLinux() {
    for path in [
      "/etc/motd", "etc/motd", "./etc/motd", "/etc/../etc/./motd", "//etc///motd", "/etc/up",
      "/etc/abs/motd", "/etc/abs/up", "/../etc/motd", "/proc/../etc/motd", "/dev/../etc/motd",
      "/etc/deep/../motd",
    ] { XCTAssertEqual(machine.contents(path), "hello\n", path) }
    XCTAssertEqual(machine.contents("/hard1"), "linked")
  }

  func testUnresolvablePathsHaveTheirErrors() {
    XCTAssertEqual(open(""), eno.ent)
    XCTAssertEqual(open("/nothing"), eno.ent)
    XCTAssertEqual(open("/etc/motd/x"), eno.notdir)
    XCTAssertEqual(open("/etc/motd/"), eno.notdir)
    XCTAssertEqual(open("/etc/dangling"), eno.ent)
    XCTAssertEqual(open("/etc/self"), eno.loop)
    XCTAssertEqual(open("/etc/up", 0o100000), eno.loop)
    XCTAssertEqual(open("/" + String(repeating: "n", count: 256)), eno.nametoolong)
    XCTAssertEqual(open("/" + String(repeating: "n", count: 255)), eno.ent)
    XCTAssertEqual(open(String(repeating: "/", count: 4096)), eno.nametoolong)
    XCTAssertEqual(open("/etc/up" + String(repeating: "/", count: 4084)), eno.notdir)
    XCTAssertEqual(open("/etc/up" + String(repeating: "/", count: 4085)), eno.nametoolong)
    XCTAssertEqual(machine.call(.open, 0, 0, 0), eno.fault)
    XCTAssertEqual(machine.call(.open, 0x8000_0000, 0, 0), eno.fault)
    XCTAssertEqual(open("/proc/2/maps"), eno.ent)
    XCTAssertEqual(open("/proc/01/maps"), eno.ent)
  }

  func testStringThatEndsJustBeforeAHoleIsRead() {
    let page = machine.memory(0x2000)
    machine.call(.munmap, page + 0x1000, 0x1000)
    let path = machine.string("/etc/motd", at: page + 0x1000 - 10)
    XCTAssertGreaterThan(machine.call(.open, path, 0, 0), 0)
    machine.put([0x2f], at: page + 0xfff)
    XCTAssertEqual(machine.call(.open, page + 0xfff, 0, 0), eno.fault)
  }

  func testOpenAndAccessCheckWhatIsThere() {
    XCTAssertEqual(open("/proc/new", 0o101), eno.rofs)
    XCTAssertEqual(open("/proc/meminfo", 1), eno.rofs)
    XCTAssertEqual(open("/etc/motd", 0o302), eno.exist)
    XCTAssertEqual(open("/etc", 1), eno.isdir)
    XCTAssertEqual(open("/etc/motd", 0o40000), eno.notdir)
    XCTAssertEqual(machine.call(.access, machine.string("/etc/motd", at: buffer), 2), 0)
    XCTAssertEqual(machine.call(.access, machine.string("/proc/uptime", at: buffer), 2), eno.rofs)
    XCTAssertEqual(machine.call(.access, machine.string("/etc/motd", at: buffer), 1), -13)
    XCTAssertEqual(machine.call(.access, machine.string("/init", at: buffer), 5), 0)
    XCTAssertEqual(machine.call(.access, machine.string("/init", at: buffer), 8), eno.inval)
  }

  func testReadSeekAndEndOfFile() {
    let file = UInt32(open("/etc/deep/file"))
    XCTAssertEqual(file, 3)
    XCTAssertEqual(machine.call(.read, file, buffer, 1000), 1000)
    XCTAssertEqual(machine.bytes(buffer, 1000), Array(text[0..<1000]))
    XCTAssertEqual(machine.call(.read, file, buffer, 5000), 2000)
    XCTAssertEqual(machine.bytes(buffer, 2000), Array(text[1000..<3000]))
    XCTAssertEqual(machine.call(.read, file, buffer, 10), 0)
    XCTAssertEqual(machine.call(.lseek, file, UInt32(bitPattern: -10), 2), 2990)
    XCTAssertEqual(machine.call(.read, file, buffer, 100), 10)
    XCTAssertEqual(machine.call(.llseek, file, 0, 5, buffer, 0), 0)
    XCTAssertEqual(machine.words(buffer, 2), [5, 0])
    XCTAssertEqual(machine.call(.llseek, file, 1, 0, buffer, 0), 0)
    XCTAssertEqual(machine.call(.read, file, buffer, 10), 0)
    XCTAssertEqual(machine.call(.lseek, file, UInt32(bitPattern: -1), 0), eno.inval)
    XCTAssertEqual(machine.call(.lseek, file, 0, 9), eno.inval)
    XCTAssertEqual(machine.call(.llseek, file, 0, 0, 4, 0), eno.fault)
    XCTAssertEqual(machine.call(.pread64, file, buffer, 4, 0, 7, 0), 4)
    XCTAssertEqual(machine.bytes(buffer, 4), Array(text[7..<11]))
    XCTAssertEqual(machine.call(.read, file, 0x10, 10), eno.fault)
    XCTAssertEqual(machine.call(.read, 99, buffer, 10), eno.badf)
    XCTAssertEqual(machine.call(.write, file, buffer, 10), eno.badf)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.call(.close, file), eno.badf)
    XCTAssertEqual(machine.call(.read, UInt32(open("/etc")), buffer, 10), eno.isdir)
  }

  func testReadIntoMemoryThatEndsIsShort() {
    let page = machine.memory(0x2000)
    machine.call(.munmap, page + 0x1000, 0x1000)
    let file = UInt32(open("/etc/deep/file"))
    XCTAssertEqual(machine.call(.read, file, page + 0xf00, 1000), 0x100)
    XCTAssertEqual(machine.call(.read, file, page + 0x1000, 1000), eno.fault)
    XCTAssertEqual(machine.call(.lseek, file, 0, 1), 0x100)
  }

  func testConsoleAcceptsWritesOfAnyLengthInOrder() {
    machine.put(text, at: buffer)
    XCTAssertEqual(machine.call(.write, 1, buffer, 3000), 3000)
    XCTAssertEqual(TestConsole.output, text)
    TestConsole.output = []
    machine.put(words: [buffer, 3, 0, 0, buffer + 10, 5], at: buffer + 0x1000)
    XCTAssertEqual(machine.call(.writev, 2, buffer + 0x1000, 3), 8)
    XCTAssertEqual(TestConsole.output, Array(text[0..<3] + text[10..<15]))
    XCTAssertEqual(machine.call(.writev, 2, buffer + 0x1000, 1025), eno.inval)
    XCTAssertEqual(machine.call(.writev, 2, 0x20, 1), eno.fault)
    XCTAssertEqual(machine.call(.write, 1, 0xffff_f000, 10), eno.fault)
    XCTAssertEqual(machine.call(.write, 1, 0, 0), 0)
    machine.put(words: [buffer, 0x8000_0000], at: buffer + 0x1000)
    XCTAssertEqual(machine.call(.writev, 2, buffer + 0x1000, 1), eno.inval)
    XCTAssertEqual(machine.call(.lseek, 1, 0, 0), eno.spipe)
  }

  func testCountsHaveLinuxLimitsAndVectorsAreCutAtThem() {
    let most: Int32 = 0x7fff_f000
    let null = UInt32(open("/dev/null", 2))
    for (lengths, answer): ([UInt32], Int32) in [
      ([0x6000_0000, 0x6000_0000, 0x6000_0000], most), ([0x7fff_ffff, 1, 1], most),
      ([0x7fff_efff, 1, 0], most), ([1, 0x8000_0000, 1], eno.inval), ([0, 0, 0], 0),
    ] {
      machine.put(words: lengths.flatMap { [0x10_0000, $0] }, at: buffer)
      XCTAssertEqual(machine.call(.writev, null, buffer, 3), answer, "\(lengths)")
    }
    // Every piece is looked at before the first one moves.
    machine.put(words: [buffer + 64, 4, 0x8000_1000, 4], at: buffer)
    XCTAssertEqual(machine.call(.writev, 1, buffer, 2), eno.fault)
    XCTAssertEqual(TestConsole.output, [])
    let file = UInt32(open("/etc/motd"))
    for call: ARMCallNumber in [.read, .write] {
      XCTAssertEqual(machine.call(call, null, 8, 5), call == .read ? 0 : 5, "not looked at")
      XCTAssertEqual(machine.call(call, null, 0x8000_0000 + 8, 5), eno.fault)
      XCTAssertEqual(machine.call(call, null, 8, 0x8000_0000), eno.inval)
      XCTAssertEqual(machine.call(call, null, 8, .max), eno.fault)
    }
    XCTAssertEqual(
      machine.call(.read, file, buffer, 0x8000_0000), eno.fault, "beyond all addresses")
    for command: UInt32 in [5, 6, 7, 12, 13, 14] {
      XCTAssertEqual(machine.call(.fcntl64, file, command, 8), eno.fault)
    }
  }

  func testDevicesAnswerByTheirNames() {
    let null = UInt32(open("/dev/null", 2))
    XCTAssertEqual(machine.call(.read, null, buffer, 10), 0)
    XCTAssertEqual(machine.call(.write, null, buffer, 10), 10)
    let zero = UInt32(open("/dev/zero"))
    machine.put([1, 1, 1], at: buffer)
    XCTAssertEqual(machine.call(.read, zero, buffer, 1500), 1500)
    XCTAssertEqual(machine.bytes(buffer, 3), [0, 0, 0])
    let random = UInt32(open("/dev/urandom"))
    XCTAssertEqual(machine.call(.read, random, buffer, 1500), 1500)
    XCTAssertGreaterThan(Set(machine.bytes(buffer, 1500)).count, 200)
    XCTAssertEqual(machine.call(.read, random, 0x100, 15), eno.fault)
    XCTAssertEqual(machine.call(.ioctl, null, 0x5413, buffer), eno.notty)
    XCTAssertEqual(machine.call(.ioctl, 1, 0x5413, buffer), 0)
    XCTAssertEqual(machine.call(.ioctl, 1, 0x5401, buffer), 0)
    XCTAssertEqual(machine.call(.ioctl, 1, 0x9999, buffer), eno.notty)
    XCTAssertEqual(machine.call(.ioctl, 77, 0x5413, buffer), eno.badf)
    XCTAssertEqual(machine.call(.ioctl, 1, 0x5401, 0x40), eno.fault)
  }

  func testStatusHasLinuxLayout() {
    XCTAssertEqual(machine.call(.stat64, machine.string("/etc/motd", at: buffer), buffer + 256), 0)
    let words = machine.words(buffer + 256, 26)
    XCTAssertEqual(words[4], 0o100644)
    XCTAssertEqual(words[5], 1)
    XCTAssertEqual(words[12], 6)
    XCTAssertEqual(words[14], 4096)
    XCTAssertEqual(words[16], 8)
    XCTAssertEqual(words[20], 1_700_000_000)
    XCTAssertEqual(words[3], words[24])
    XCTAssertEqual(machine.call(.lstat64, machine.string("/etc/up", at: buffer), buffer + 256), 0)
    XCTAssertEqual(machine.word(buffer + 256 + 16), 0o120777)
    XCTAssertEqual(machine.call(.fstat64, 1, buffer + 256), 0)
    XCTAssertEqual(machine.word(buffer + 256 + 16), 0o020600)
    XCTAssertEqual(machine.word(buffer + 256 + 32), 0x501)
    let here = UInt32(bitPattern: -100)
    XCTAssertEqual(
      machine.call(.fstatat64, here, machine.string("etc", at: buffer), buffer + 256, 0), 0)
    XCTAssertEqual(machine.word(buffer + 256 + 16), 0o040755)
    XCTAssertEqual(
      machine.call(.fstatat64, here, machine.string("etc", at: buffer), buffer + 256, 1), eno.inval)
    XCTAssertEqual(
      machine.call(.statx, 1, machine.string("", at: buffer), 0x1000, 0x7ff, buffer + 256), 0)
    XCTAssertEqual(machine.word(buffer + 256 + 28), 0o020600)
    XCTAssertEqual(machine.call(.fstat64, 1, 0x100), eno.fault)
    XCTAssertEqual(machine.call(.fstat64, 50, buffer), eno.badf)
  }

  func testLinksAreRead() {
    let target = buffer + 256
    XCTAssertEqual(machine.call(.readlink, machine.string("/etc/up", at: buffer), target, 100), 11)
    XCTAssertEqual(machine.bytes(target, 11), Array("../etc/motd".utf8))
    XCTAssertEqual(machine.call(.readlink, machine.string("/etc/up", at: buffer), target, 4), 4)
    XCTAssertEqual(
      machine.call(.readlink, machine.string("/etc/up", at: buffer), target, 0), eno.inval)
    XCTAssertEqual(
      machine.call(.readlink, machine.string("/etc", at: buffer), target, 4), eno.inval)
    XCTAssertEqual(
      machine.call(.readlink, machine.string("/proc/self/exe", at: buffer), target, 100), 5)
    XCTAssertEqual(machine.bytes(target, 5), Array("/init".utf8))
    XCTAssertEqual(
      machine.call(.readlink, machine.string("/proc/self", at: buffer), target, 100), 1)
    XCTAssertEqual(machine.contents("/proc/self/exe", piece: 4096).utf8.count > 0, true)
  }

  func testWorkingDirectoryChanges() {
    XCTAssertEqual(machine.call(.getcwd, buffer, 100), 2)
    XCTAssertEqual(machine.text(buffer), "/")
    XCTAssertEqual(machine.call(.chdir, machine.string("etc/deep", at: buffer)), 0)
    XCTAssertEqual(machine.call(.getcwd, buffer, 100), 10)
    XCTAssertEqual(machine.text(buffer), "/etc/deep")
    XCTAssertEqual(machine.call(.getcwd, buffer, 9), eno.range)
    XCTAssertEqual(machine.call(.getcwd, 0, 100), eno.fault)
    XCTAssertEqual(machine.contents("../motd"), "hello\n")
    XCTAssertEqual(machine.call(.chdir, machine.string("file", at: buffer)), eno.notdir)
    let etc = UInt32(open("/etc"))
    XCTAssertEqual(machine.call(.fchdir, etc), 0)
    XCTAssertEqual(machine.contents("motd"), "hello\n")
    XCTAssertEqual(machine.call(.openat, etc, machine.string("deep/file", at: buffer), 0, 0), 4)
    XCTAssertEqual(
      machine.call(.openat, 4, machine.string("deep/file", at: buffer), 0, 0), eno.notdir)
    XCTAssertEqual(machine.call(.openat, 44, machine.string("/etc/motd", at: buffer), 0, 0), 5)
    XCTAssertEqual(
      machine.call(.openat, 44, machine.string("etc/motd", at: buffer), 0, 0), eno.badf)
  }

  private func names(_ path: String, room: UInt32) -> [String] {
    let directory = UInt32(open(path, 0o40000))
    var names: [String] = []
    while true {
      let count = machine.call(.getdents64, directory, buffer + 0x1000, room)
      XCTAssertGreaterThanOrEqual(count, 0)
      if count <= 0 { break }
      var place = buffer + 0x1000
      while place < buffer + 0x1000 + UInt32(count) {
        names.append(machine.text(place + 19))
        place += machine.word(place + 16) & 0xffff
      }
      XCTAssertEqual(place, buffer + 0x1000 + UInt32(count))
    }
    return names
  }

  func testDirectoriesAreListedWithAnyBufferSize() {
    for room: UInt32 in [32, 40, 100, 4096] {
      XCTAssertEqual(
        names("/", room: room),
        [".", "..", "init", "etc", "hard1", "hard2", "dev", "proc", "tmp", "run", "sys"])
      XCTAssertEqual(
        names("/etc", room: room),
        [".", "..", "motd", "deep", "up", "abs", "self", "dangling"])
      XCTAssertEqual(
        names("/proc", room: room),
        [
          ".", "..", "self", "cmdline", "meminfo", "uptime", "vdso", "vdso.so", "buddyinfo",
          "tasks", "cpuinfo", "interrupts", "cpu", "locks", "mounts", "filesystems", "version",
          "sys", "stat", "loadavg", "vmstat", "swaps", "thread-self", "latency", "trace", "1",
        ])
      XCTAssertEqual(names("/proc/cpu", room: room), [".", "..", "alignment"])
    }
    for room: UInt32 in [40, 100, 4096] {
      XCTAssertEqual(
        names("/proc/1", room: room),
        [
          ".", "..", "task", "fd", "environ", "auxv", "status", "limits", "comm", "cmdline",
          "stat", "statm", "maps", "cwd", "root", "exe", "smaps", "oom_score_adj", "counters",
          "mounts", "fdinfo", "io", "mountinfo",
        ])
      XCTAssertEqual(
        names("/proc/1/task/1", room: room), [".", "..", "status", "comm", "stat", "cmdline"])
    }
    let directory = UInt32(open("/etc"))
    XCTAssertEqual(machine.call(.getdents64, directory, buffer, 8), eno.inval)
    XCTAssertEqual(machine.call(.getdents64, directory, 0x100, 100), eno.fault)
    XCTAssertEqual(machine.call(.getdents64, 1, buffer, 100), eno.notdir)
  }

  /// What getdents says of a member is what lstat says of its path, and no two nodes of a file
  /// system have the same number.
  func testStatAgreesWithDirectoryEntriesAndInodesAreUnique() {
    var seen: Set<[UInt32]> = []
    for path in [
      "/", "/etc", "/dev", "/proc", "/proc/cpu", "/proc/1", "/proc/1/task/1", "/proc/sys/kernel",
    ] {
      let directory = UInt32(open(path, 0o40000))
      let count = UInt32(machine.call(.getdents64, directory, buffer + 0x1000, 4096))
      machine.call(.close, directory)
      var place = buffer + 0x1000
      while place < buffer + 0x1000 + count {
        let (inode, name) = (machine.word(place), machine.text(place + 19))
        let (length, type) = (machine.word(place + 16) & 0xffff, machine.bytes(place + 18, 1)[0])
        place += length
        let member = machine.string(path + "/" + name, at: buffer)
        XCTAssertEqual(machine.call(.lstat64, member, buffer + 256), 0, name)
        let status = machine.words(buffer + 256, 26)
        XCTAssertEqual(UInt32(type), status[4] >> 12, name)
        guard name != ".", name != ".." else { continue }
        // A mount point has the number that its own file system gives it.
        XCTAssertEqual(inode, status[3], name)
        if !name.hasPrefix("hard") {
          XCTAssertTrue(seen.insert([status[0], status[3]]).inserted, path + "/" + name)
        }
        guard type == 4 else { continue }
        XCTAssertEqual(machine.call(.chdir, member), 0)
        XCTAssertGreaterThan(machine.call(.getcwd, buffer + 512, 100), 0)
        XCTAssertEqual(machine.text(buffer + 512), path == "/" ? path + name : path + "/" + name)
        machine.call(.chdir, machine.string("..", at: buffer))
        machine.call(.getcwd, buffer + 512, 100)
        XCTAssertEqual(machine.text(buffer + 512), path)
      }
    }
    XCTAssertGreaterThan(seen.count, 30)
  }

  func testDescriptorsAreSharedAndCounted() {
    let file = UInt32(open("/etc/motd", 0o2000000))
    XCTAssertEqual(machine.call(.fcntl64, file, 1, 0), 1)
    XCTAssertEqual(machine.call(.fcntl64, file, 2, 0), 0)
    XCTAssertEqual(machine.call(.fcntl64, file, 1, 0), 0)
    let other = UInt32(machine.call(.dup, file))
    XCTAssertEqual(machine.call(.read, file, buffer, 2), 2)
    XCTAssertEqual(machine.call(.lseek, other, 0, 1), 2)
    XCTAssertEqual(machine.call(.close, file), 0)
    XCTAssertEqual(machine.call(.read, other, buffer, 2), 2)
    XCTAssertEqual(machine.call(.dup2, other, 20), 20)
    XCTAssertEqual(machine.call(.dup2, other, other), Int32(other))
    XCTAssertEqual(machine.call(.dup2, 50, 50), eno.badf)
    XCTAssertEqual(machine.call(.dup2, other, 1024), eno.badf)
    XCTAssertEqual(machine.call(.dup3, other, other, 0), eno.inval)
    XCTAssertEqual(machine.call(.dup3, other, 21, 0o2000000), 21)
    XCTAssertEqual(machine.call(.fcntl64, 21, 1, 0), 1)
    XCTAssertEqual(machine.call(.fcntl64, other, 0, 30), 30)
    XCTAssertEqual(machine.call(.fcntl64, other, 0, 1024), eno.inval)
    XCTAssertEqual(machine.call(.fcntl64, other, 1030, 0), Int32(file))
    XCTAssertEqual(machine.call(.fcntl64, other, 77, 0), eno.inval)
    XCTAssertEqual(machine.call(.fcntl64, 60, 1, 0), eno.badf)
    XCTAssertEqual(machine.call(.fcntl64, 1, 3, 0), 2)
  }

  func testFileStaysOpenUntilItsLastDescriptor() {
    let file = UInt32(open("/etc/motd"))
    let other = UInt32(machine.call(.dup, file))
    machine.call(.close, file)
    XCTAssertEqual(open("/etc/deep/file"), Int32(file))
    XCTAssertEqual(machine.call(.read, other, buffer, 100), 6)
    XCTAssertEqual(machine.bytes(buffer, 6), Array("hello\n".utf8))
  }

  func testLongProcTextIsReadInWholeLinesWithoutAGap() {
    let base = machine.memory(0x10_0000)
    for page in stride(from: UInt32(0), to: 256, by: 2) {
      machine.call(.mprotect, base + page << 12, 4096, 1)
    }
    let file = UInt32(open("/proc/self/maps"))
    var whole: [UInt8] = []
    var counts: [Int32] = []
    while let count = Optional(machine.call(.read, file, buffer, 0x4000)), count > 0 {
      counts.append(count)
      whole += machine.bytes(buffer, Int(count))
      XCTAssertEqual(whole.last, UInt8(ascii: "\n"))
    }
    XCTAssertEqual(counts.count, 3)
    for count in counts.dropLast() { XCTAssertTrue(count > 4000 && count <= 4064) }
    let lines = String(decoding: whole, as: UTF8.self).split(separator: "\n")
    XCTAssertGreaterThan(lines.count, 256)
    for line in lines { XCTAssertTrue(line.dropFirst(8).hasPrefix("-") && line.count >= 40) }
  }

  func testDescriptorsEndAtTheSoftLimit() {
    for number in 3..<1024 { XCTAssertEqual(open("/etc/motd"), Int32(number)) }
    XCTAssertEqual(open("/etc/motd"), eno.mfile)
    XCTAssertEqual(machine.call(.dup, 0), eno.mfile)
    XCTAssertEqual(machine.call(.close, 10), 0)
    XCTAssertEqual(open("/etc/motd"), 10)
  }

  func testPollReportsOpenDescriptors() {
    machine.put(words: [0, 1, UInt32(bitPattern: -1), 1, 40, 1, 1, 4], at: buffer)
    TestConsole.input = [65]
    XCTAssertEqual(machine.call(.poll, buffer, 4, 0), 3)
    XCTAssertEqual(
      machine.words(buffer, 8),
      [0, 0x1_0001, UInt32(bitPattern: -1), 1, 40, 0x20_0001, 1, 0x4_0004])
    XCTAssertEqual(machine.call(.poll, 0, 0, 20), 0)
    XCTAssertEqual(machine.now, 5_020_000_000)
    XCTAssertEqual(machine.call(.poll, buffer, 1025, 0), eno.inval)
    XCTAssertEqual(machine.call(.poll, 0x100, 1, 0), eno.fault)
  }

  func testFilesAreMapped() {
    let file = UInt32(open("/etc/deep/file"))
    let place = UInt32(bitPattern: machine.call(.mmap2, 0, 3000, 3, 2, file, 0))
    XCTAssertEqual(machine.bytes(place, 3000), text)
    XCTAssertEqual(machine.bytes(place + 3000, 1096), [UInt8](repeating: 0, count: 1096))
    machine.put([9], at: place)
    XCTAssertEqual(machine.call(.mmap2, 0, 3000, 3, 1, file, 0), -13)
    let shared = UInt32(bitPattern: machine.call(.mmap2, 0, 3000, 1, 1, file, 0))
    XCTAssertEqual(machine.call(.mprotect, shared, 4096, 3), -13)
    XCTAssertEqual(machine.call(.mmap2, 0, 3000, 3, 2, 55, 0), eno.badf)
    XCTAssertEqual(machine.call(.mmap2, 0, 3000, 3, 2, 1, 0), eno.nodev)
    XCTAssertEqual(machine.call(.mmap2, 0, 0, 3, 2, file, 0), eno.inval)
    XCTAssertEqual(machine.call(.mmap2, 0, 3000, 3, 0x20, file, 0), eno.inval)
    XCTAssertEqual(machine.call(.mmap2, 0, 0x2000, 3, 2, file, 0xffff_ffff), -75)
    let far = UInt32(bitPattern: machine.call(.mmap2, 0, 4096, 3, 2, file, 1))
    XCTAssertEqual(machine.call(.write, 1, far, 1), eno.fault, "behind the end of the file")
    XCTAssertEqual(
      Services.process.pointee.space.handleFault(at: UserAddress(far), .read), .behindEnd)
  }

  func testMapsHaveLinuxFormat() {
    let lines = machine.contents("/proc/self/maps").split(separator: "\n").map(String.init)
    XCTAssertEqual(
      lines[0], "00010000-00011000 r-xp 00000000 00:02 5          /init")
    XCTAssertEqual(
      lines[1], "00012000-00013000 rw-p 00001000 00:02 5          /init")
    XCTAssertEqual(lines[2], "00013000-00015000 rw-p 00000000 00:00 0 ")
    XCTAssertTrue(lines.contains { $0.hasSuffix("00000000 00:00 0          [vdso]") })
    XCTAssertTrue(lines.contains { $0.hasSuffix(" r--p 00000000 00:00 0          [vvar]") })
    XCTAssertTrue(lines.last?.hasSuffix(" rw-p 00000000 00:00 0          [stack]") == true)
    machine.call(.brk, 0x15_010)
    XCTAssertTrue(
      machine.contents("/proc/1/maps").contains(
        "00015000-00016000 rw-p 00000000 00:00 0          [heap]\n"))
  }

  func testProcTextsHaveTheirContent() {
    XCTAssertEqual(machine.contents("/proc/cmdline"), "norandomize quiet foo=1 -- x\n")
    XCTAssertTrue(machine.contents("/proc/vdso").hasPrefix("state: on\nbuild id: abab"))
    let image = machine.contents("/proc/vdso.so")
    XCTAssertTrue(image.hasPrefix("\u{7f}ELF"))
    XCTAssertEqual(image.utf8.count, Int(Page.size))
    XCTAssertEqual(machine.contents("/proc/uptime"), "5.00 5.00\n")
    let first = machine.contents("/proc/self/counters").split(separator: "\n").map {
      $0.split(separator: " ")
    }
    XCTAssertEqual(
      first.map { $0[0] },
      [
        "system_calls", "page_faults", "context_switches", "vdso_fallbacks", "ticks",
        "ticks_missed",
        "ticks_skipped", "tick_interrupts", "idle_waits", "owned_futexes", "slept_nanoseconds",
      ])
    XCTAssertEqual(first[2][1], "\(Services.contextSwitches)")
  }

  /// Every read of a text, at any offset and of any size, returns that part of the whole text.
  func testWindowsOfProcTextsFitAtEveryOffset() {
    let file = UInt32(open("/proc/self/maps"))
    let place = buffer + 0x1000
    let whole = machine.bytes(place, Int(machine.call(.read, file, place, 4096)))
    XCTAssertGreaterThan(whole.count, 300)
    for offset in 0...whole.count {
      for size in [1, 7, 63, 4096] as [UInt32] {
        let count = Int(machine.call(.pread64, file, place, size, 0, UInt32(offset), 0))
        XCTAssertEqual(count, min(Int(size), whole.count - offset))
        XCTAssertTrue(machine.bytes(place, count) == Array(whole[offset..<offset + count]))
      }
    }
  }
}
