// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import RTOSCore
@testable import System
@testable import UserSpace

/// Pipes: atomic writes, waiting at either end, and the end of an end. Each test checks that all
/// frames and open files are free at its end.
final class PipeTests: MachineTestCase {
  private let (tryAgain, broken, noMemory): (Int32, Int32, Int32) = (-11, -32, -12)
  private let nonBlocking: UInt32 = 0o4000
  /// A long buffer of the program's.
  private var long: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    long = machine.memory(0x20000)
  }

  /// The ends of a new pipe: to read, to write.
  private func pipe(_ flags: UInt32 = 0) -> (UInt32, UInt32) {
    XCTAssertEqual(machine.call(.pipe2, buffer, flags), 0)
    return (machine.word(buffer), machine.word(buffer + 4))
  }

  private func write(_ end: UInt32, _ text: String) -> Int32 {
    machine.put(Array(text.utf8), at: buffer + 0x100)
    return machine.call(.write, end, buffer + 0x100, UInt32(text.utf8.count))
  }

  private func read(_ end: UInt32, _ count: UInt32 = 100) -> String {
    let answer = machine.call(.read, end, buffer + 0x200, count)
    guard answer >= 0 else { return String(answer) }
    return String(decoding: machine.bytes(buffer + 0x200, Int(answer)), as: UTF8.self)
  }

  func testBytesArriveInOrder() {
    let (end, other) = pipe()
    XCTAssertEqual(write(other, "one"), 3)
    XCTAssertEqual(write(other, "two"), 3)
    XCTAssertEqual(read(end, 2), "on")
    XCTAssertEqual(read(end), "etwo")
    close(other)
    XCTAssertEqual(read(end), "", "the end")
    close(end)
  }

  func testReaderWaitsForAWriter() {
    let (end, other) = pipe()
    let thread = machine.makeThread()
    machine.turns.script = [
      { [task = Services.task] in Services.wake(task) },
      { self.machine.run(thread) { XCTAssertEqual(self.write(other, "late"), 4) } },
    ]
    XCTAssertEqual(read(end), "late")
    XCTAssertTrue(machine.turns.script.isEmpty, "a wake-up without bytes ends no wait")
    close(end, other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testWriterWaitsForRoom() {
    let (end, other) = pipe()
    let thread = machine.makeThread()
    machine.turns.script = (0..<2).map { _ in
      { [machine, long] in
        machine?.run(thread) {
          XCTAssertEqual(machine?.call(.read, end, long, 0x9000), 0x9000)
        }
      }
    }
    XCTAssertEqual(machine.call(.write, other, long, 0x20000), 0x20000)
    XCTAssertEqual(machine.call(.read, end, long, 0x20000), 0xe000)
    close(end, other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testWriteOfAPageIsNotDivided() {
    let (end, other) = pipe()
    let thread = machine.makeThread()
    XCTAssertEqual(machine.call(.write, other, long, 0x10000 - 100), 0x10000 - 100)
    // 100 bytes of the last page are free; no part of 200 bytes gets there. The other thread writes
    // 50 bytes meanwhile, and then makes room.
    machine.turns.script = [
      { [machine, long] in
        machine?.run(thread) {
          machine?.put([UInt8](repeating: 1, count: 50), at: long)
          XCTAssertEqual(machine?.call(.write, other, long, 50), 50)
          XCTAssertEqual(machine?.call(.read, end, long + 0x1000, 0x10000 - 50), 0x10000 - 50)
        }
      }
    ]
    machine.put([UInt8](repeating: 2, count: 200), at: buffer + 0x100)
    XCTAssertEqual(machine.call(.write, other, buffer + 0x100, 200), 200)
    XCTAssertEqual(machine.bytes(long + 0x1000 + 0x10000 - 51, 1), [1])
    XCTAssertEqual(machine.call(.read, end, long, 1000), 200)
    XCTAssertEqual(machine.bytes(long, 200), [UInt8](repeating: 2, count: 200))
    close(end, other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testVectorOfAPageIsNotDivided() {
    let (end, other) = pipe(nonBlocking)
    XCTAssertEqual(machine.call(.write, other, long, 0x10000 - 100), 0x10000 - 100)
    // The first piece would fit into the last page, the second one would not.
    machine.put(words: [long, 60, long, 60], at: buffer)
    XCTAssertEqual(machine.call(.writev, other, buffer, 2), tryAgain)
    machine.put(words: [long, 60, long, 40], at: buffer)
    XCTAssertEqual(machine.call(.writev, other, buffer, 2), 100)
    XCTAssertEqual(machine.call(.read, end, long, 0x20000), 0x10000)
    close(end, other)
  }

  /// The odd bytes of all pieces would fit into the last page, those of the first piece do not.
  func testLongVectorWaitsForRoomForItsFirstPiece() {
    let (end, other) = pipe(nonBlocking)
    XCTAssertEqual(machine.call(.write, other, long, 0x10000 - 2700), 0x10000 - 2700)
    machine.put(words: [long, 7000, long, 12000], at: buffer)
    XCTAssertEqual(machine.call(.writev, other, buffer, 2), tryAgain)
    machine.put(words: [long, 2600, long, 12000], at: buffer)
    XCTAssertEqual(machine.call(.writev, other, buffer, 2), 2600)
    XCTAssertEqual(machine.call(.read, end, long, 0x20000), 0x10000 - 100)
    close(end, other)
  }

  func testReadVectorDoesNotWaitForMoreBytes() {
    let (end, other) = pipe()
    XCTAssertEqual(write(other, "ab"), 2)
    machine.put(words: [long, 2, long, 60], at: buffer)
    XCTAssertEqual(machine.call(.readv, end, buffer, 2), 2)
    close(end, other)
  }

  func testOnlyOneReaderIsWoken() {
    let (end, other) = pipe()
    let tasks = (0..<3).map { _ in machine.makeThread() }
    let writer = Services.task
    var woken: [Int] = []
    // Each reader blocks in turn, and the innermost one lets the writer run.
    func block(_ index: Int) {
      machine.run(tasks[index]) {
        machine.turns.script.insert(
          { [self] in
            if index + 1 < tasks.count { return block(index + 1) }
            machine.run(writer) {
              XCTAssertEqual(write(other, "a"), 1)
              woken = tasks.indices.filter { isReady(tasks[$0]) }
              XCTAssertEqual(write(other, "bc"), 2)
              XCTAssertEqual(tasks.indices.filter { isReady(tasks[$0]) }, woken, "it was not empty")
              for task in tasks { machine.turns.interrupt(task) }
            }
          }, at: 0)
        _ = read(end, 1)
      }
    }
    block(0)
    XCTAssertEqual(woken, [0], "the one that waits longest")
    close(end, other)
    for task in tasks { machine.run(task) { machine.call(.exit, 0) } }
  }

  private func isReady(_ task: TaskNumber) -> Bool {
    (try? MockArchitecture.system.scheduler.info(of: task))?.state == .ready
  }

  func testInterruptedReaderLeavesTheWakeUpToTheNext() {
    let (end, other) = pipe()
    let (first, second) = (machine.makeThread(), machine.makeThread())
    let me = Services.task
    machine.run(first) {
      machine.turns.script = [
        { [self] in
          machine.run(second) {
            machine.turns.script = [
              { [self] in
                // The first reader gets the wake-up and a signal, and finds nothing.
                machine.run(me) { XCTAssertEqual(write(other, "ab"), 2) }
                XCTAssertFalse(isReady(second))
                machine.turns.interrupt(first)
                machine.run(me) { XCTAssertEqual(read(end, 1), "a") }
                machine.turns.interrupt(second)
              }
            ]
            XCTAssertEqual(read(end, 1), "b")
            Services.thread.pointee.signals.isPending = false
          }
        }
      ]
      XCTAssertEqual(read(end, 1), "-512")
      Services.thread.pointee.signals.isPending = false
    }
    close(end, other)
    for task in [first, second] { machine.run(task) { machine.call(.exit, 0) } }
  }

  func testWriteWithoutReadersIsASignalAndEPIPE() {
    let (end, other) = pipe()
    close(end)
    machine.put(words: [1, 0, 0, 0, 0], at: buffer)  // SIG_IGN
    XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
    XCTAssertEqual(write(other, "a"), broken)
    XCTAssertEqual(write(other, ""), 0)
    machine.put(words: [0, 0, 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
    XCTAssertEqual(write(other, "a"), broken)
    XCTAssertTrue(Services.thread.pointee.signals.queue.pending & 1 << 12 != 0)
    machine.doUserReturnWork()
    close(other)
  }

  func testEndOfTheReaderEndsAWaitingWrite() {
    let (end, other) = pipe()
    machine.put(words: [1, 0, 0, 0, 0], at: buffer)
    XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
    let child = machine.task(of: machine.call(.fork))
    close(end)
    machine.turns.script = [{ [machine] in machine?.run(child) { machine?.call(.exitGroup, 0) } }]
    XCTAssertEqual(machine.call(.write, other, long, 0x20000), 0x10000)
    XCTAssertEqual(machine.call(.write, other, long, 1), broken)
    close(other)
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 1)
  }

  func testExecOfTheWriterIsTheEndForAWaitingRead() {
    let (end, other) = pipe(0o2000000)
    let child = machine.task(of: machine.call(.fork))
    close(other)
    machine.turns.script = [
      { [machine, buffer] in
        machine?.run(child) {
          XCTAssertEqual(machine?.execute(machine?.string("/init", at: buffer) ?? 0), 0)
        }
      }
    ]
    XCTAssertEqual(read(end), "")
    close(end)
    machine.run(child) { machine.call(.exitGroup, 0) }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 1)
  }

  func testLongTransfersHaveAPointAfterEachPage() {
    let (end, other) = pipe(nonBlocking)
    for (number, done) in [(1, Int32(0x1000)), (5, 0x5000)] {
      let isKilled = { Services.thread.pointee.isKilledByExec = true }
      let written = at(point: number, isKilled) { machine.call(.write, other, long, 0x8000) }
      XCTAssertEqual(written, done)
      Services.thread.pointee.isKilledByExec = false
      XCTAssertEqual(machine.call(.write, other, long, 0x8000 - UInt32(done)), 0x8000 - done)
      XCTAssertEqual(at(point: number, isKilled) { machine.call(.read, end, long, 0x8000) }, done)
      Services.thread.pointee.isKilledByExec = false
      XCTAssertEqual(machine.call(.read, end, long, 0x8000), 0x8000 - done)
    }
    close(end, other)
  }

  /// The other end is closed, or its process killed, at each point of a long transfer.
  func testEndOfTheOtherEndAtEachPoint() {
    for number in 1...8 {
      let (end, other) = pipe(nonBlocking)
      machine.put(words: [1, 0, 0, 0, 0], at: buffer)
      XCTAssertEqual(machine.call(.rtSigaction, 13, buffer, 0, 8), 0)
      let thread = machine.makeThread()
      let written = at(
        point: number, { self.machine.run(thread) { self.machine.call(.close, end) } }
      ) { machine.call(.write, other, long, 0x8000) }
      XCTAssertEqual(written, number < 8 ? Int32(number) << 12 : 0x8000)
      close(other)
      let (second, writer) = pipe(nonBlocking)
      XCTAssertEqual(machine.call(.write, writer, long, 0x8000), 0x8000)
      let taken = at(
        point: number, { self.machine.run(thread) { self.machine.call(.close, writer) } }
      ) { machine.call(.read, second, long, 0x10000) }
      XCTAssertEqual(taken, 0x8000)
      XCTAssertEqual(machine.call(.read, second, long, 1), number <= 8 ? 0 : tryAgain)
      close(second)
      machine.run(thread) { machine.call(.exit, 0) }
    }
  }

  func testDescriptorClosedDuringAWriteKeepsThePipe() {
    let (end, other) = pipe(nonBlocking)
    let thread = machine.makeThread()
    let before = Services.openFiles.count
    let result = at(
      point: 2,
      {
        self.machine.run(thread) {
          self.machine.call(.close, end)
          self.machine.call(.close, other)
          XCTAssertEqual(Services.openFiles.count, before - 1, "the write has a reference")
        }
      }
    ) { machine.call(.write, other, long, 0x8000) }
    XCTAssertEqual(result, 0x2000)
    machine.doUserReturnWork()
    XCTAssertEqual(Services.openFiles.count, before - 2)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testEachFailedAllocationChangesNothing() {
    machine.put([UInt8](repeating: 3, count: 0x8000), at: long)
    machine.put([0], at: buffer)
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    machine.withFrames(0) { XCTAssertEqual(machine.call(.pipe2, buffer, 0), -23) }
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
    let (end, other) = pipe(nonBlocking)
    machine.withFrames(0) {
      XCTAssertEqual(machine.call(.write, other, long, 0x8000), noMemory)
      XCTAssertEqual(machine.call(.fcntl64, end, 1031, 0x20000), noMemory)
    }
    machine.withFrames(3) { XCTAssertEqual(machine.call(.write, other, long, 0x8000), 0x3000) }
    XCTAssertEqual(machine.call(.read, end, long, 0x8000), 0x3000)
    machine.put(words: [end, 1], at: buffer)
    let before = machine.pool.freeCount
    machine.withFrames(0) { XCTAssertEqual(machine.call(.poll, buffer, 1, 10), noMemory) }
    XCTAssertEqual(machine.pool.freeCount, before)
    XCTAssertEqual(machine.call(.poll, buffer, 1, 0), 0, "a look needs no memory")
    close(end, other)
    XCTAssertEqual(machine.pool.freeCount, free)
  }

  func testPipeWithoutRoomForBothDescriptorsKeepsNone() {
    let files = Services.openFiles.count
    while machine.call(.dup, 0) < 1022 {}
    XCTAssertEqual(machine.call(.pipe2, buffer, 0), -24)
    XCTAssertEqual(Services.openFiles.count, files)
    close(1022, 1021)
    XCTAssertEqual(machine.call(.pipe2, 8, 0), -14)
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.call(.dup, 0), 1021)
    for descriptor in 3..<1022 { close(UInt32(descriptor)) }
  }

  func testResizingKeepsTheBytes() {
    let (end, other) = pipe(nonBlocking)
    let bytes = (0..<0x6000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    machine.put(bytes, at: long)
    XCTAssertEqual(machine.call(.write, other, long, 0x6000), 0x6000)
    for size: UInt32 in [0x8000, 0x20000, 0x40000, 0x8000] {
      XCTAssertEqual(machine.call(.fcntl64, end, 1031, size - 1), Int32(size))
      XCTAssertEqual(machine.call(.fcntl64, other, 1032), Int32(size))
    }
    XCTAssertEqual(machine.call(.fcntl64, end, 1031, 0x4000), -16)
    XCTAssertEqual(machine.call(.read, end, long, 0x20000), 0x6000)
    XCTAssertEqual(machine.bytes(long, 0x6000), bytes)
    close(end, other)
  }

  func testPollIsWokenByItsEventsOnly() {
    let (end, other) = pipe()
    machine.put(words: [end, 1, other, 0], at: buffer)
    let me = Services.task
    let thread = machine.makeThread()
    machine.turns.script = [
      { [self] in
        machine.run(thread) {
          machine.put(words: [end, 4, 0, 0], at: buffer + 0x300)
          XCTAssertEqual(machine.call(.poll, buffer + 0x300, 1, 0), 0)
        }
        XCTAssertFalse(isReady(me))
        machine.run(thread) { XCTAssertEqual(write(other, "x"), 1) }
        XCTAssertTrue(isReady(me))
      }
    ]
    XCTAssertEqual(machine.call(.poll, buffer, 2, .max), 1)
    XCTAssertEqual(machine.words(buffer, 4), [end, 0x1_0001, other, 0])
    close(end, other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testPollAnswersManyEntriesOfAllKinds() {
    let (end, other) = pipe()
    XCTAssertEqual(machine.call(.dup2, end, 70), 70)
    XCTAssertEqual(write(other, "x"), 1)
    let kinds: [(file: UInt32, wanted: UInt32, events: UInt32)] = [
      (end, 1, 1), (70, 5, 1), (other, 5, 4), (other, 1, 0), (99, 1, 0x20), (.max, 1, 0), (0, 4, 4),
    ]
    let entries = (0..<60).map { kinds[$0 % kinds.count] }
    machine.put(words: entries.flatMap { [$0.file, $0.wanted | 0xffff_0000] }, at: long)
    let ready = entries.filter { $0.events != 0 }.count
    XCTAssertEqual(machine.call(.poll, long, 60, 0), Int32(ready))
    XCTAssertEqual(
      machine.words(long, 120), entries.flatMap { [$0.file, $0.wanted | $0.events << 16] })
    close(end, other)
    close(70)
  }

  /// A close by another thread ends no poll, whose own reference keeps the file.
  func testPollKeepsAFileThatIsClosedMeanwhile() {
    let (end, other) = pipe()
    let thread = machine.makeThread()
    machine.put(words: [end, 1], at: buffer)
    let before = Services.openFiles.count
    machine.turns.script = [
      { [self] in
        machine.run(thread) {
          close(end)
          XCTAssertEqual(Services.openFiles.count, before)
          XCTAssertEqual(write(other, "x"), 1)
        }
      }
    ]
    XCTAssertEqual(machine.call(.poll, buffer, 1, .max), 1)
    XCTAssertEqual(machine.word(buffer + 4), 0x20_0001, "the descriptor is not open")
    XCTAssertEqual(Services.openFiles.count, before - 1)
    close(other)
    machine.run(thread) { machine.call(.exit, 0) }
  }

  func testManyFilesArePolledWithOneWaiterEach() {
    let (end, other) = pipe()
    let count: UInt32 = 64
    machine.put(words: (0..<count).flatMap { _ in [end, 1] }, at: long)
    let free = machine.pool.freeCount
    machine.turns.script = [
      { [self, task = Services.task] in
        XCTAssertLessThanOrEqual(free - machine.pool.freeCount, 2, "frames of waiters")
        machine.turns.interrupt(task)
      }
    ]
    XCTAssertEqual(machine.call(.poll, long, count, .max), -516)
    Services.thread.pointee.signals.isPending = false
    XCTAssertEqual(machine.pool.freeCount, free)
    close(end, other)
  }

  func testFifoWithoutMemoryOpensNothing() {
    _ = machine.string("/fifo", at: buffer)
    XCTAssertEqual(machine.call(.mknod, buffer, 0o10600, 0), 0)
    let (files, free) = (Services.openFiles.count, machine.pool.freeCount)
    machine.withFrames(0) { XCTAssertEqual(machine.call(.open, buffer, nonBlocking, 0), noMemory) }
    XCTAssertEqual(machine.call(.open, buffer, nonBlocking | 1, 0), -6)
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
    machine.interruptNextWait()
    XCTAssertEqual(machine.call(.open, buffer, 0, 0), -512, "restarted, unless a handler runs")
    Services.thread.pointee.signals.isPending = false
    XCTAssertEqual(Services.openFiles.count, files)
    XCTAssertEqual(machine.pool.freeCount, free)
    let reader = UInt32(bitPattern: machine.call(.open, buffer, nonBlocking, 0))
    let writer = UInt32(bitPattern: machine.call(.open, buffer, 1, 0))
    XCTAssertEqual(write(writer, "through"), 7)
    XCTAssertEqual(read(reader), "through")
    close(reader, writer)
    XCTAssertEqual(machine.pool.freeCount, free)
    _ = machine.string("/fifo", at: buffer)
    XCTAssertEqual(machine.call(.unlink, buffer), 0)
  }
}
