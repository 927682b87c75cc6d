// SPDX-License-Identifier: Apache-2.0
import VmRegion
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// A fork, a vfork, an exec and a clone leave nothing behind when each of their allocations fails
/// in turn: frames, tasks, entries of the process table and references to files are counted.
final class ProcessFailureTests: MachineTestCase {
  private static let (outOfMemory, tryAgain): (Int32, Int32) = (-12, -11)

  private struct Counts: Equatable {
    var frames: UInt32
    var tasks: Int
    var live: UInt32
    var places: Int
    var threads: Int
    var regions: UInt32
    /// References to the console, the only open file.
    var references: UInt32
  }

  private var counts: Counts {
    Services.reclaimTasks()
    let (frames, regions) = (
      machine.pool.freeCount, Services.process.pointee.space.regionCount
    )
    let references = Services.openFiles[0].references
    return Services.processes.withLock { table in
      Counts(
        frames: frames, tasks: TestSpace.mapped.count, live: table.liveCount,
        places: table.entryEnd, threads: table.threadEnd, regions: regions,
        references: references)
    }
  }

  /// Something of every kind that a fork has to look at.
  override func setUpWithError() throws {
    try super.setUpWithError()
    for index: UInt32 in 0..<4 {
      let shared = UInt32(bitPattern: machine.call(.mmap2, 0, 0x3000, 3, 0x21, .max, 0))
      machine.put([1, 2, 3], at: shared + 0x1000)
      machine.put([UInt8(index)], at: machine.memory(0x2000) + 0x1000)
    }
    _ = machine.string("/init", at: buffer)
    machine.put(words: [buffer, 0, 0], at: buffer + 64)
  }

  /// Lets `body` run with so few frames left.
  private func with<Result>(frames left: UInt32, _ body: () -> Result) throws -> Result {
    var hoard: [PhysicalFrame] = []
    while machine.pool.freeCount > left { hoard.append(try machine.pool.allocate(zeroed: false)) }
    defer { hoard.forEach { machine.pool.release($0) } }
    return body()
  }

  /// Tries a call with 0, 1, 2, … frames, and then with the first, second, … page that a new table
  /// does not take, until it succeeds; as long as it fails nothing may be missing.
  private func failing(
    _ name: String, allocations: Int, _ call: () -> Int32, whenDone: (Int32) -> Void
  ) throws {
    let before = counts
    var failures = 0
    for left: UInt32 in 0..<200 {
      let answer = try with(frames: left, call)
      guard answer < 0 else {
        whenDone(answer)
        break
      }
      failures += 1
      XCTAssertEqual(answer, Self.outOfMemory, "\(name) with \(left) frames")
      XCTAssertEqual(counts, before, "\(name) with \(left) frames")
    }
    XCTAssertGreaterThanOrEqual(failures, allocations, name)
  }

  /// The same for pages that a new table does not take.
  private func failingPages(
    _ name: String, pages: Int, _ call: () -> Int32, whenDone: (Int32) -> Void
  ) {
    let before = counts
    var failures = 0
    for page in 1..<200 {
      TestTable.failingMap = page
      let answer = call()
      TestTable.failingMap = nil
      guard answer < 0 else {
        whenDone(answer)
        break
      }
      failures += 1
      XCTAssertEqual(answer, Self.outOfMemory, "\(name), page \(page)")
      XCTAssertEqual(counts, before, "\(name), page \(page)")
    }
    XCTAssertGreaterThanOrEqual(failures, pages, name)
  }

  /// Ends the newest child and waits for it.
  private func bury(_ child: Int32) {
    machine.run(machine.task(of: child)) { machine.call(.exitGroup, 3) }
    XCTAssertEqual(machine.call(.wait4, UInt32(bitPattern: child), buffer + 128, 0, 0), child)
    XCTAssertEqual(machine.word(buffer + 128), 3 << 8)
  }

  func testFailedForkLeavesNothingBehind() throws {
    bury(machine.call(.fork))
    let before = counts
    try failing("fork", allocations: 3, { machine.call(.fork) }, whenDone: bury)
    failingPages("fork", pages: 12, { machine.call(.fork) }, whenDone: bury)
    for round in 0..<3 {
      machine.fillTasks()
      XCTAssertEqual(machine.call(.fork), Self.tryAgain)
      machine.emptyTasks()
      XCTAssertEqual(counts, before, "\(round)")
    }
  }

  func testFailedVforkLeavesNothingBehind() throws {
    let before = counts
    func vfork() -> Int32 {
      machine.turns.script = [
        { [machine] in
          machine.map { machine in
            machine.run(machine.newestTask) { machine.call(.exitGroup, 3) }
          }
        }
      ]
      defer { machine.turns.script = [] }
      return machine.call(.vfork)
    }
    try failing("vfork", allocations: 1, vfork) { child in
      XCTAssertEqual(machine.call(.wait4, UInt32(bitPattern: child), 0, 0, 0), child)
    }
    XCTAssertEqual(counts, before)
  }

  /// The table of tasks is full.
  func testFailedCloneLeavesNothingBehind() throws {
    bury(machine.call(.fork))  // The shared pages come with the first fork and stay.
    let before = counts
    machine.fillTasks(leaving: 2)
    let threads = [machine.makeThread(), machine.makeThread()]
    let full = counts
    for _ in 0..<3 {
      XCTAssertEqual(machine.call(.clone, 0x10f00, 0, 0, 0, 0), Self.tryAgain)
      XCTAssertEqual(machine.call(.fork), Self.tryAgain)
      XCTAssertEqual(counts, full)
    }
    for task in threads { machine.run(task) { machine.call(.exit, 0) } }
    XCTAssertEqual(counts, before)
  }

  /// execve of the path at `buffer`; if it succeeds, the result is 0.
  private func exec() -> Int32 { machine.execute(buffer, buffer + 64) }

  func testFailedExecLeavesTheProgramUnchanged() throws {
    func prepare(_: Int32) {
      buffer = machine.memory()
      _ = machine.string("/init", at: buffer)
      machine.put(words: [buffer, 0, 0], at: buffer + 64)
    }
    prepare(exec())  // The first mappings of /init have been unmapped.
    let before = counts
    try failing("exec", allocations: 4, exec, whenDone: prepare)
    XCTAssertEqual(counts, before)
    // Without a page for the vDSO a program goes without.
    failingPages("exec", pages: 2, exec, whenDone: prepare)
    prepare(exec())
    XCTAssertEqual(counts, before)
    XCTAssertEqual(machine.text(buffer), "/init")
  }

  /// The head of a file that was written is copied: that of the program, and of its interpreter.
  func testExecWithoutAFrameForItsInterpretersHeadIsENOMEM() throws {
    for (path, file) in [("/p", ElfBuilder.dynamic("/ld").bytes), ("/ld", ElfBuilder.pie().bytes)] {
      let memory = machine.memory(0x3000)
      machine.put(file, at: memory)
      let number = UInt32(machine.call(.open, machine.string(path, at: buffer), 0o101, 0o755))
      let count = UInt32(file.count)
      XCTAssertEqual(machine.call(.write, number, memory, count), Int32(count))
      XCTAssertEqual(machine.call(.close, number), 0)
    }
    _ = machine.string("/p", at: buffer)
    try failing("exec", allocations: 6, exec) { _ in }
    buffer = machine.memory()
    for path in ["/p", "/ld"] {
      XCTAssertEqual(machine.call(.unlink, machine.string(path, at: buffer)), 0)
    }
  }

  func testAThousandProcessesInTurnLeaveNothingBehind() {
    bury(machine.call(.fork))
    let before = counts
    for _ in 0..<1000 { bury(machine.call(.fork)) }
    XCTAssertEqual(counts, before)
  }

  func testZombieHoldsNoMemoryAndNoTask() {
    bury(machine.call(.fork))
    let before = counts
    machine.fillTasks(leaving: 2)
    let children = (0..<100).map { _ in machine.call(.fork) }
    // One task after the other: each is free again when its process has ended.
    XCTAssertEqual(children.filter { $0 > 0 }.count, 2)
    for child in children where child > 0 {
      machine.run(machine.task(of: child)) { machine.call(.exitGroup, 3) }
    }
    for _ in 0..<90 {
      machine.run(machine.task(of: machine.call(.fork))) { machine.call(.exitGroup, 3) }
    }
    XCTAssertEqual(counts.frames, before.frames)
    XCTAssertEqual(counts.tasks, before.tasks)
    XCTAssertEqual(counts.threads, before.threads)
    XCTAssertEqual(counts.live, before.live + 92)
    for _ in 0..<92 { XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0) }
    XCTAssertEqual(machine.call(.wait4, .max, 0, 0, 0), -10)
    XCTAssertEqual(counts, before)
  }

  func testProcessesBeyondTheTableAreRefused() {
    bury(machine.call(.fork))
    let before = counts
    var answer: Int32 = 0
    var count = 0
    while true {
      answer = machine.call(.fork)
      guard answer > 0 else { break }
      machine.run(machine.task(of: answer)) { machine.call(.exitGroup, 0) }
      count += 1
    }
    XCTAssertEqual(answer, Self.tryAgain)
    XCTAssertEqual(count, ProcessTable<Services>.capacity - 1)
    for _ in 0..<count { XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0) }
    XCTAssertEqual(counts, before)
  }
}
