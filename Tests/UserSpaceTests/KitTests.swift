// SPDX-License-Identifier: Apache-2.0
import KitTypes
import SystemMocks
import VdsoModule
import VdsoPage
import VmRegion
import VmRegionMocks
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// Kits on the mock's machine: at boot, in /dev/kits, and mapped.
final class KitTests: XCTestCase {
  private var machine: Machine!
  private var log: [String] = []
  /// The frames that the kits hold.
  private var held = 0
  private var buffer: UInt32 = 0

  /// A kit with private data, of which the second word is the address of the group's second page.
  private static let counter = KitFile(
    "counter", version: 3, privateData: [7, 0x1004], privateSize: 0x1800, relocated: [1])
  private static let box = KitFile("box", mode: 0o666, sharedPages: 2)
  private static let vstat = KitFile("vstat", layoutHash: vstat_layout_hash(), kernelPages: 1)
  private static let vsched = KitFile("vsched", layoutHash: vsched_layout_hash(), kernelPages: 1)

  override func setUpWithError() throws {
    try boot([
      ("box", Self.box), ("counter", Self.counter), ("vsched", Self.vsched), ("vstat", Self.vstat),
      ("plain", KitFile()),
    ])
  }

  /// Boots with these files in /lib/kits.
  private func boot(_ files: [(String, KitFile)], builtIn: [UInt8] = []) throws {
    var archive = CpioBuilder()
    archive.add("init", ElfBuilder().bytes, mode: 0o100755)
    archive.add("lib", mode: 0o40755)
    archive.add("lib/kits", mode: 0o40755)
    for (name, file) in files { archive.add("lib/kits/\(name).kit", file.bytes) }
    archive.add("lib/kits/README", [1])
    machine = try Machine(initrd: archive.finish())
    let free = machine.pool.freeCount
    log = CapturedLog.lines {
      KitStart<MockArchitecture>.run(
        Machine.immortal(builtIn), by: A32Rules.self, cpuCount: 4, board: "mock")
    }
    held = Int(free) - Int(machine.pool.freeCount)
    _ = try machine.start()
    buffer = machine.memory()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), held) }

  private func open(_ path: String, _ flags: UInt32 = 0) -> Int32 {
    machine.call(.open, machine.string(path, at: buffer), flags, 0)
  }

  /// The address of a kit's group.
  private func map(
    _ name: String, _ pages: UInt32, _ flags: UInt32 = 0, protection: UInt32 = 1
  ) -> Int32 {
    let file = open("/dev/kits/\(name)", flags)
    guard file >= 0 else { return file }
    defer { machine.call(.close, UInt32(file)) }
    return machine.call(.mmap2, 0, pages * 4096, protection, 1, UInt32(file), 0)
  }

  private func fault(_ address: UInt32, _ access: Access) -> FaultOutcome {
    Services.process.pointee.space.handleFault(at: UserAddress(address), access)
  }

  private var maps: [String] {
    machine.contents("/proc/self/maps").split(separator: "\n").map(String.init)
      .filter { $0.contains("[kit:") }
  }

  // MARK: Boot

  func testEachKitIsALineOfTheLog() {
    let identifier = (0xa0..<0xb4).map { String($0, radix: 16) }.joined()
    XCTAssertEqual(
      log,
      [
        "kit: box, version 1, \(identifier)", "kit: counter, version 3, \(identifier)",
        "kit: vsched, version 1, \(identifier)", "kit: vstat, version 1, \(identifier)",
        "kit: hello, version 1, \(identifier)",
      ])
  }

  func testBadKitsAreRefusedByNameAndTheBootGoesOn() throws {
    XCTAssertEqual(machine.release(), held)
    var broken = KitFile("broken")
    broken.put16(18, 3)
    var stale = Self.vstat
    stale.bytes[KitFile.kitNote + 8] ^= 1
    var builtIn: [UInt8] = []
    for file in [KitFile("first"), broken] {
      builtIn += withUnsafeBytes(of: UInt32(file.bytes.count).littleEndian) { Array($0) }
      builtIn += file.bytes
    }
    let many = (0..<9).map { ("k\($0)", KitFile("k\($0)")) }
    let others = [
      ("broken", broken), ("again", KitFile("first", version: 2)), ("vstat", stale),
      ("time", KitFile("vdso")),
    ]
    try boot(
      others + many,
      builtIn: builtIn + [0, 0, 0, 0])
    XCTAssertEqual(
      log.map {
        $0.replacingOccurrences(of: ", version 1, a0a1.*", with: "", options: .regularExpression)
      },
      [
        "kit: first", "kit: built in: refused: image is for another machine",
        "kit: broken.kit: refused: image is for another machine",
        "kit: first: refused: there is a kit of this name",
        "kit: vstat: refused: no writer for its layout",
        "kit: vdso: refused: there is a kit of this name",
      ] + (0..<7).map { "kit: k\($0)" }
        + (7..<9).map { "kit: k\($0): refused: there are 8 kits" })
  }

  func testTimeImageHasTheLineOfAKit() {
    let log = CapturedLog.lines {
      Log.line(MockImage.vdso().logLine)
      Log.line(Vdso(off: .noTime).logLine)
    }
    XCTAssertEqual(
      log,
      [
        "kit: vdso, version \(VDSO_PAGE_VERSION), \(String(repeating: "ab", count: 20))",
        "kit: vdso: refused: the clocks are not running",
      ])
  }

  func testKitThatDoesNotFitInMemoryLosesNothing() throws {
    XCTAssertEqual(machine.release(), held)
    var refused = 0
    for left: UInt32 in 0..<8 {
      machine = try Machine(initrd: [])
      let free = machine.pool.freeCount
      let tree = Services.tree.pointee.volumes[0].pages
      machine.withFrames(left) {
        let before = machine.pool.freeCount
        let bytes = Self.counter.bytes
        let built = withUnsafeBytes(of: UInt32(bytes.count).littleEndian) { Array($0) } + bytes
        let immortal = Machine.immortal(built + [0, 0, 0, 0])
        log = CapturedLog.lines {
          KitStart<MockArchitecture>.run(
            immortal, by: A32Rules.self, cpuCount: 1, board: "mock")
        }
        if log == ["kit: counter: refused: out of memory"] {
          refused += 1
          XCTAssertEqual(machine.pool.freeCount, before)
          XCTAssertEqual(Services.tree.pointee.volumes[0].pages, tree)
        }
      }
      XCTAssertLessThanOrEqual(machine.pool.freeCount, free)
    }
    XCTAssertGreaterThan(refused, 1)
    XCTAssertLessThan(refused, 8)
    try boot([])
  }

  // MARK: Files

  func testKitsAreFilesOfTheirModeAndSize() {
    XCTAssertEqual(
      Set(names("/dev/kits")), [".", "..", "box", "counter", "vsched", "vstat", "hello"])
    XCTAssertTrue(names("/dev").contains("kits"))
    let status = machine.memory()
    XCTAssertEqual(
      machine.call(.stat64, machine.string("/dev/kits/counter", at: buffer), status), 0)
    XCTAssertEqual(machine.word(status + 16), 0o100444)
    XCTAssertEqual(machine.word(status + 48), 3 * 4096)
    XCTAssertEqual(open("/dev/kits/none"), -2)
    XCTAssertEqual(open("/dev/kits/counter", 2), -13)
    let file = UInt32(open("/dev/kits/box", 2))
    XCTAssertEqual(machine.call(.read, file, buffer, 4), -22)
    XCTAssertEqual(machine.call(.write, file, buffer, 4), -22)
    XCTAssertEqual(machine.call(.ftruncate, file, 0), -22)
    XCTAssertEqual(machine.call(.close, file), 0)
    machine.call(.munmap, status, 4096)
  }

  private func names(_ path: String) -> [String] {
    let directory = UInt32(open(path))
    let list = machine.memory()
    var (names, place) = ([String](), UInt32(0))
    let count = UInt32(machine.call(.getdents64, directory, list, 4096))
    while place < count {
      names.append(machine.text(list + place + 19))
      place += machine.word(list + place + 16) & 0xffff
    }
    machine.call(.close, directory)
    machine.call(.munmap, list, 4096)
    return names
  }

  // MARK: Mapping

  func testMappingMustBeAskedForAsItIs() {
    let file = UInt32(open("/dev/kits/box", 2))
    func map(
      _ length: UInt32 = 3 * 4096, _ protection: UInt32 = 1, _ flags: UInt32 = 1,
      _ page: UInt32 = 0, at address: UInt32 = 0
    ) -> Int32 { machine.call(.mmap2, address, length, protection, flags, file, page) }
    XCTAssertEqual(map(4096), -22)
    XCTAssertEqual(map(4 * 4096), -22)
    XCTAssertEqual(map(3 * 4096 - 1), -22)
    XCTAssertEqual(map(0), -22)
    XCTAssertEqual(map(3 * 4096, 0), -22)
    XCTAssertEqual(map(3 * 4096, 1, 2), -22)
    XCTAssertEqual(map(2 * 4096, 1, 1, 1), -22)
    XCTAssertEqual(map(3 * 4096, 1, 0x11, at: 0x100_0000), -22)
    XCTAssertEqual(map(3 * 4096, 1, 0x10_0001, at: 0x100_0000), -22)
    XCTAssertEqual(maps, [])
    XCTAssertEqual(self.map("counter", 3, protection: 3), -13)
    XCTAssertNotEqual(map(3 * 4096, 7), -22)
    machine.call(.close, file)
  }

  func testPartsOfAGroupHaveTheirRights() {
    let base = UInt32(bitPattern: map("counter", 3, protection: 5))
    XCTAssertEqual(machine.bytes(base, 4), Array("\u{7f}ELF".utf8))
    XCTAssertEqual(fault(base, .write), .notAllowed)
    XCTAssertEqual(fault(base + 0x480, .execute), .resolved)
    XCTAssertEqual(fault(base + 0x1000, .execute), .notAllowed)
    XCTAssertEqual(fault(base + 0x1000, .write), .resolved)
    XCTAssertEqual(
      maps,
      [
        line(base, base + 0x1000, "r-xp", "counter"),
        line(base + 0x1000, base + 0x3000, "rw-p", "counter"),
      ])
  }

  private func line(_ base: UInt32, _ end: UInt32, _ rights: String, _ name: String) -> String {
    let range = [base, end].map { String($0, radix: 16) }.joined(separator: "-")
    return "\(range) \(rights) 00000000 00:00 0          [kit:\(name)]"
  }

  func testKitIsMappedOnce() {
    let base = map("counter", 3)
    XCTAssertEqual(map("counter", 3), base)
    XCTAssertEqual(maps.count, 2)
    let box = map("box", 3)
    XCTAssertEqual(map("box", 3), box)
    XCTAssertEqual(map("box", 3, 2), -17)
    XCTAssertEqual(maps.count, 4)
  }

  func testMappingIsSealed() {
    let base = UInt32(bitPattern: map("counter", 3))
    for (name, answer) in [
      ("munmap", machine.call(.munmap, base + 0x1000, 0x1000)),
      ("mprotect", machine.call(.mprotect, base + 0x1000, 0x1000, 7)),
      ("mremap", machine.call(.mremap, base, 0x1000, 0x2000, 1, 0)),
      ("mmap", machine.call(.mmap2, base, 0x1000, 3, 0x32, .max, 0)),
      ("madvise", machine.call(.madvise, base + 0x1000, 0x1000, 4)),
    ] { XCTAssertEqual(answer, -1, name) }
    XCTAssertEqual(maps.count, 2)
  }

  func testPrivateDataIsRelocatedAndPrivate() {
    let base = UInt32(bitPattern: map("counter", 3))
    XCTAssertEqual(machine.words(base + 0x1000, 3), [7, base + 0x1004, 0])
    machine.put(words: [8], at: base + 0x1000)
    machine.put(words: [9], at: base + 0x2000)
    let child = machine.task(of: machine.call(.fork))
    machine.put(words: [10], at: base + 0x1000)
    machine.run(child) {
      XCTAssertEqual(machine.words(base + 0x1000, 2), [8, base + 0x1004])
      XCTAssertEqual(machine.word(base + 0x2000), 9)
      machine.put(words: [11], at: base + 0x1000)
      XCTAssertEqual(UInt32(bitPattern: map("counter", 3)), base)
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.word(base + 0x1000), 10)
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
    // Another process, which begins with the file's bytes.
    let other = machine.task(of: machine.call(.fork))
    machine.run(other) {
      XCTAssertEqual(machine.word(base + 0x1000), 10)
      machine.call(.exitGroup, 0)
    }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
  }

  func testSharedPagesAreSharedByTheRightOfTheFile() {
    let base = UInt32(bitPattern: map("box", 3, 2))
    machine.put(words: [1], at: base + 0x1000)
    let child = machine.task(of: machine.call(.fork))
    machine.run(child) {
      machine.put(words: [2], at: base + 0x2000)
      machine.call(.exitGroup, 0)
    }
    XCTAssertEqual(machine.word(base + 0x2000), 2)
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
    XCTAssertEqual(maps[1], line(base + 0x1000, base + 0x3000, "rw-s", "box"))
  }

  func testReaderCannotStore() {
    let base = UInt32(bitPattern: map("box", 3))
    XCTAssertEqual(fault(base + 0x1000, .write), .notAllowed)
    XCTAssertEqual(machine.word(base + 0x1000), 0)
    XCTAssertEqual(maps[1], line(base + 0x1000, base + 0x3000, "r--s", "box"))
  }

  func testSharedPagesAreFreedWithTheirLastUser() {
    let free = machine.pool.freeCount
    for _ in 0..<2 {
      let child = machine.task(of: machine.call(.fork))
      machine.run(child) {
        let base = UInt32(bitPattern: map("box", 3, 2))
        XCTAssertEqual(machine.words(base + 0x1000, 1), [0])
        machine.put(words: [1], at: base + 0x1000)
        machine.call(.exitGroup, 0)
      }
      XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
      Services.reclaimTasks()
      XCTAssertEqual(machine.pool.freeCount, free)
    }
  }

  func testKitTellsTheMachineAndItsLimits() {
    let base = UInt32(bitPattern: map("vstat", 2)) + 0x1000
    XCTAssertEqual(fault(base, .write), .notAllowed)
    let hash = vstat_layout_hash()
    XCTAssertEqual(
      machine.words(base, 2), [UInt32(truncatingIfNeeded: hash), UInt32(hash >> 32)])
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_CPUS_POSSIBLE)), 4)
    XCTAssertEqual(
      machine.word(base + UInt32(VSTAT_CPUS_ONLINE)),
      UInt32(Services.processors.rawValue.nonzeroBitCount))
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_PAGE_SIZE)), 4096)
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_TICK_HZ)), 1000)
    XCTAssertEqual(
      machine.word(base + UInt32(VSTAT_MEMORY_BYTES)), machine.pool.totalCount * 4096)
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_MAX_PROCESSES)), 128)
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_MAX_OPEN_FILES)), 4096)
    XCTAssertEqual(machine.word(base + UInt32(VSTAT_MAX_REGIONS)), 65530)
    XCTAssertEqual(machine.text(base + UInt32(VSTAT_BOARD)), "mock")
    XCTAssertEqual(machine.text(base + UInt32(VSTAT_RELEASE)), "6.1.0-apus")
  }

  func testKitTellsWhatTheSchedulerKnowsWhileItIsMapped() {
    let child = machine.task(of: machine.call(.fork))
    var base: UInt32 = 0
    machine.run(child) {
      base = UInt32(bitPattern: map("vsched", 2)) + 0x1000
      XCTAssertEqual(fault(base, .write), .notAllowed)
      let hash = vsched_layout_hash()
      XCTAssertEqual(
        machine.words(base, 2), [UInt32(truncatingIfNeeded: hash), UInt32(hash >> 32)])
      let words = base + UInt32(VSCHED_WORDS)
      let first = machine.word(words + UInt32(VSCHED_TURN) * 4)
      XCTAssertEqual(first, CpuMask.limit << UInt32(VSCHED_TURN_SHIFT))
      XCTAssertEqual(machine.word(words + UInt32(VSCHED_RANK) * 4), UInt32(VSCHED_RANK_OTHER))
      XCTAssertTrue(isPublished)
      machine.call(.exitGroup, 0)
    }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
    Services.reclaimTasks()
    XCTAssertFalse(isPublished)
  }

  private var isPublished: Bool {
    MockArchitecture.system.scheduler.withState { $0.isPublished }
  }

  /// The words that the scheduler writes are those of the header.
  func testRecordOfTheSchedulerIsThatOfTheKit() {
    XCTAssertEqual(Int(VSCHED_WORDS), TurnRecord.size)
    XCTAssertEqual(VSCHED_CPU_WORDS * 4, TurnRecord.size)
    XCTAssertEqual(UInt32(VSCHED_CPUS), CpuMask.limit)
    for (field, word) in [
      (.turn, VSCHED_TURN), (.rank, VSCHED_RANK), (.firstReady, VSCHED_FIRST_READY),
      (.slice, VSCHED_SLICE), (.tick, VSCHED_TICK), (.deadline, VSCHED_DEADLINE),
      (.firstDeadline, VSCHED_FIRST_DEADLINE), (.ready, VSCHED_READY),
    ] as [(TurnRecord.Field, Int)] { XCTAssertEqual(field.rawValue, word, "\(field)") }
    XCTAssertEqual(Urgency.fair.rank, UInt32(VSCHED_RANK_OTHER))
    XCTAssertEqual(Urgency(.idle).rank, UInt32(VSCHED_RANK_IDLE))
  }

  func testMappingThatFindsNoMemoryLosesNothing() {
    let file = UInt32(open("/dev/kits/counter"))
    var failures = 0
    for left: UInt32 in 0..<20 {
      var answer: Int32 = 0
      machine.withFrames(left) {
        let free = machine.pool.freeCount
        answer = machine.call(.mmap2, 0, 3 * 4096, 1, 1, file, 0)
        if answer == -12 { XCTAssertEqual(machine.pool.freeCount, free, "\(left)") }
      }
      guard answer == -12 else { break }
      failures += 1
      XCTAssertEqual(maps, [], "\(left)")
    }
    XCTAssertGreaterThan(failures, 0)
    XCTAssertEqual(maps.count, 2)
    machine.call(.close, file)
  }

  func testMappingThatFindsNoRegionEndsThePublication() {
    let file = UInt32(open("/dev/kits/vsched"))
    machine.withFrames(0) {
      // Neighbours with other rights are regions of their own, until their table needs a frame.
      var count: UInt32 = 0
      while count < 10_000,
        machine.call(.mmap2, 0, 4096, 1 + 2 * (count & 1), 0x22, .max, 0) != -12
      {
        count += 1
      }
      XCTAssertLessThan(count, 10_000)
      XCTAssertEqual(machine.call(.mmap2, 0, 2 * 4096, 1, 1, file, 0), -12)
    }
    XCTAssertEqual(maps, [])
    XCTAssertFalse(isPublished)
    machine.call(.close, file)
  }

  func testLimitOfTheSpaceHolds() {
    machine.put(words: [0x8000, 0x8000], at: buffer + 0x800)
    XCTAssertEqual(machine.call(.setrlimit, 9, buffer + 0x800), 0)
    XCTAssertEqual(map("counter", 3), -12)
    machine.put(words: [.max, .max], at: buffer + 0x800)
    XCTAssertEqual(machine.call(.setrlimit, 9, buffer + 0x800), 0)
    XCTAssertEqual(maps, [])
  }
}
