// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

final class TextTests: SystemTestCase {
  private func text(_ body: (inout TextBuffer) -> Void) -> TextBuffer {
    var sink = TextBuffer()
    body(&sink)
    return sink
  }

  func testColumnKeepsItsWidthForEveryNumber() {
    for (value, wanted): (UInt64?, String) in [
      (0, "     0"), (7, "     7"), (12345, " 12345"), (nil, "     -"), (1_000_000, "1000000"),
    ] {
      XCTAssertEqual(text { $0.column(value, width: 5) }.text, wanted)
    }
    XCTAssertEqual(text { $0.column("abc", width: 5) }.text, "abc   ")
    XCTAssertEqual(text { $0.line(27) }.text, "  27: ")
    XCTAssertEqual(text { $0.rightAligned(7, width: 3) }.text, "  7")
    XCTAssertEqual(text { $0.blanks(0) }.text, "")
  }

  func testInterruptsAreListedByLineForEachCPU() throws {
    let handler: InterruptHandler = { _, _ in }
    let name: StaticString = "C code"
    try A.system.interrupts.register(
      InterruptHandlerRecord(
        handler, name: UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)),
      for: 33, priority: 0)
    try A.system.interrupts.register(InterruptHandlerRecord(handler), for: 3, priority: 0)
    for line: UInt32 in [27, 4, 5, 5, 33, 33, 33] { Owner.serveInterrupt(line) }
    XCTAssertEqual(
      text { Services.describeInterrupts(to: &$0) }.text,
      """
                   CPU0
        27:           1  arch_timer
      IPI0:           1  Rescheduling interrupts
      IPI1:           2  CPU stop interrupts
      IPI2:           0  Timekeeping IPIs
       ERR:         500  No handler
       SPU:         600  Spurious interrupts
         3:           0  -
        33:           3  C code
        35:           0  console

      """)
  }

  func testCPUInfoDescribesEachCPUAndTheAlignmentFaults() {
    XCTAssertEqual(text { Services.describeProcessors(to: &$0) }.text, "cpu 0\n")
    XCTAssertEqual(text { Services.describeAlignment(to: &$0) }.text, "User:\n")
  }

  func testLocksAreListedFromTheOutsideIn() {
    KernelEntry<MockArchitecture>.begin()
    Services.enterKernel()
    defer { Services.leaveKernel() }
    let lines = text { Services.describeLocks(to: &$0) }.lines
    XCTAssertEqual(lines.count, 14)
    XCTAssertEqual(
      lines.dropFirst().map { $0.split(separator: " ").first.map(String.init) },
      [
        "memory", "kernel", "processes", "ticks", "timeouts", "timekeeper", "counter", "frames",
        "interrupts", "random", "waiters", "scheduler", "console",
      ])
    XCTAssertEqual(lines[2].split(separator: " ").prefix(3), ["kernel", "2", "0"])
    XCTAssertEqual(lines[3].split(separator: " ").prefix(3), ["processes", "3", "-"])
    XCTAssertTrue(lines.allSatisfy { $0.count == lines[0].count }, "the columns are fixed")
  }

  func testTasksAreListedWithTheirStacksAndTheLoadOfTheCPU() throws {
    let kernel = try makeTask(9)
    let user = try makeTask(isUser: true)
    let name = Array("a b\u{7f}c".utf8)
    for (index, byte) in name.enumerated() {
      Services.processes.thread(of: user).pointee.name[index] = byte
    }
    run(kernel)
    pass(1_000_000_000)
    let lines = text { Services.describeTasks(to: &$0) }.lines
    XCTAssertEqual(lines.count, 5)
    let rows = lines.dropFirst().map { $0.split(separator: " ").map(String.init) }
    XCTAssertEqual(rows[0].prefix(3), ["0", "idle", "ready"])
    XCTAssertEqual(rows[1].prefix(5), ["1", "kernel", "running", "-", "0"])
    XCTAssertEqual(rows[1].suffix(3), ["1", "1000", "99.9"], "switches, milliseconds, load")
    XCTAssertEqual(
      rows[2].prefix(3), ["2", "a?b?c", "waiting"], "a name cannot look like columns")
    XCTAssertEqual(rows[3], ["cpu0:", "busy", "100.0"])
    XCTAssertTrue(lines.prefix(4).dropFirst().allSatisfy { $0.count == lines[1].count })
  }

  func testTasksAndObjectsOfCCodeAreListed() throws {
    let ours = try makeTask()
    let theirs = try makeTask()
    TestCode.rows[KernelHookText.taskNames.rawValue] = [9: "mine", theirs.rawValue: "worker"]
    TestCode.rows[KernelHookText.objects.rawValue] = [3: "semaphore 3\n", 7: "timer 7\n"]
    let lines = text { Services.describeTasks(to: &$0) }.lines
    let names = lines.dropFirst().prefix(3).map { $0.split(separator: " ")[1] }
    XCTAssertEqual(names, ["idle", "kernel", "worker"])
    XCTAssertEqual(lines[Int(ours.rawValue) + 1].count, lines[Int(theirs.rawValue) + 1].count)
    XCTAssertEqual(lines.suffix(2), ["semaphore 3", "timer 7"])
  }

  func testMissingCCodeAddsNothing() throws {
    let task = try makeTask()
    TestCode.rows[KernelHookText.taskNames.rawValue] = [task.rawValue: "worker"]
    Owner.setHooks(KernelHooks())
    tick()
    XCTAssertEqual(TestCode.ticks, [])
    let lines = text { Services.describeTasks(to: &$0) }.lines
    XCTAssertEqual(lines[2].split(separator: " ")[1], "kernel")
  }

  func testUnnamedThreadIsAQuestionMark() throws {
    let user = try makeTask(isUser: true)
    let info = try scheduler.info(of: user)
    var sink = TextBuffer()
    XCTAssertEqual(Services.name(of: user, info, to: &sink), 1)
    XCTAssertEqual(sink.text, "?")
  }

  func testStatesHaveWords() throws {
    let task = try makeTask()
    try scheduler.suspend(task)
    let row = text { Services.describeTasks(to: &$0) }.lines[2]
    XCTAssertTrue(row.contains("suspended"), row)
  }

  func testTraceNamesItsTasks() throws {
    let user = try makeTask(isUser: true)
    for (index, byte) in "shell".utf8.enumerated() {
      Services.processes.thread(of: user).pointee.name[index] = byte
    }
    Services.controlTrace(true)
    Services.traceName(InlineArray(repeating: 65), of: user)
    let lines = text { Services.describeTrace(to: &$0) }.lines
    XCTAssertEqual(lines.first, "# trace 1, counter 1000000000 Hz")
    XCTAssertEqual(
      lines.filter { $0.hasPrefix("# task") }, ["# task 0 idle", "# task 1 shell"])
    XCTAssertFalse(Trace.isOn)
  }

  func testVdsoHasItsFileAndItsStatistics() {
    Owner.setVdso(MockImage.vdso())
    let file = text { Services.writeVdsoImage(to: &$0) }
    XCTAssertEqual(Array(file.bytes.prefix(5)), [0x7f, 0x45, 0x4c, 0x46, 0])
    XCTAssertEqual(file.bytes.count, 4096)
    tick(3)
    pass(500)
    let lines = text { Services.describeVdso(to: &$0, at: 0x7_0000) }.lines
    for line in ["state: on", "address: 0x00070000", "size: 4096", "age: 500 ns", "counter: used"] {
      XCTAssertTrue(lines.contains(line), "\(line): \(lines)")
    }
    Owner.setCounterFault(.stopped)
    let faulty = text { Services.describeVdso(to: &$0, at: nil) }.lines
    XCTAssertTrue(faulty.contains("address: -"))
    XCTAssertTrue(faulty.last?.hasPrefix("counter: not used") == true, "\(faulty)")
  }

  func testMissingVdsoHasAnEmptyFileAndAReason() {
    XCTAssertEqual(text { Services.writeVdsoImage(to: &$0) }.text, "")
    let lines = text { Services.describeVdso(to: &$0, at: nil) }.lines
    XCTAssertTrue(lines.contains { $0.contains("not checked yet") }, "\(lines)")
  }
}
