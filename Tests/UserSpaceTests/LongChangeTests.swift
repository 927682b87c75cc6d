// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import VmRegion
import XCTest

@testable import System
@testable import UserSpace

/// Long changes of memory: other threads run at their preemption points.
final class LongChangeTests: MachineTestCase {
  private let length: UInt32 = 64 << 12
  private var memory: UInt32 = 0

  override func setUpWithError() throws {
    try super.setUpWithError()
    memory = touched()
  }

  /// 64 pages with a frame each.
  private func touched() -> UInt32 {
    let memory = machine.memory(length)
    for page in stride(from: memory, to: memory + length, by: 4096) { machine.put([1], at: page) }
    return memory
  }

  /// The number of points in `body`. At the third one `event` happens.
  private func points(_ event: @escaping () -> Void = {}, _ body: () -> Void) -> Int {
    var count = 0
    TestContext.atPreemptionPoint = {
      count += 1
      guard count == 3 else { return }
      let outer = TestContext.atPreemptionPoint
      TestContext.atPreemptionPoint = nil
      event()
      TestContext.atPreemptionPoint = outer
    }
    defer { TestContext.atPreemptionPoint = nil }
    body()
    return count
  }

  private func fault(_ address: UInt32) -> FaultOutcome {
    Services.process.pointee.space.handleFault(at: UserAddress(address), .write)
  }

  func testUnmappingHasPoints() {
    let count = points {
      XCTAssertEqual(machine.call(.munmap, memory, length), 0)
    }
    XCTAssertGreaterThanOrEqual(count, 7)
    XCTAssertEqual(fault(memory), .notMapped)
  }

  func testFaultsAreResolvedMeanwhile() {
    let last = memory + length - 4096
    _ = points({
      XCTAssertEqual(self.fault(last), .resolved)
      XCTAssertEqual(self.fault(self.memory), .notMapped)
    }) { XCTAssertEqual(machine.call(.munmap, memory, length), 0) }
    XCTAssertEqual(fault(last), .notMapped)
  }

  /// A second thread's calls wait for the end, or until the thread is dying.
  func testOtherThreadsChangesWait() {
    let other = machine.makeThread()
    var results: [Int32] = []
    let calls: [() -> Int32] = [
      { self.machine.call(.mmap2, 0, 0x1000, 3, 0x22, .max, 0) },
      { self.machine.call(.munmap, self.buffer, 0x1000) },
      { self.machine.call(.mprotect, self.buffer, 0x1000, 1) },
      { self.machine.call(.mremap, self.buffer, 0x1000, 0x2000, 1) },
      { self.machine.call(.madvise, self.buffer, 0x1000, 4) },
      { self.machine.call(.brk, 0) },
      { self.machine.call(.mlock, self.buffer, 0x1000) },
      { self.machine.call(.fork) },
    ]
    _ = points({
      self.machine.run(other) {
        for call in calls {
          self.machine.turns.script = [
            {
              Services.processes.thread(of: other).pointee.isKilledByExec = true
              Services.requestUserReturnWork(other)
            }
          ]
          results.append(call())
          XCTAssertTrue(self.machine.turns.script.isEmpty, "the call did not wait")
          Services.processes.thread(of: other).pointee.isKilledByExec = false
        }
      }
      // As if the last call still waited.
      Services.processes.thread(of: other).pointee.wait = .change
    }) { XCTAssertEqual(machine.call(.munmap, memory, length), 0) }
    XCTAssertEqual(results, [Int32](repeating: -4, count: calls.count))
    XCTAssertTrue(machine.isWoken(other), "the end of the change wakes the waiters")
    machine.run(other) { machine.call(.exit, 0) }
  }

  func testForkEndsWithItsThread() {
    let live = Services.processes.withLock { $0.liveCount }
    _ = points({ Services.thread.pointee.isKilledByExec = true }) {
      XCTAssertEqual(machine.call(.fork), -4)
    }
    Services.thread.pointee.isKilledByExec = false
    XCTAssertEqual(Services.processes.withLock { $0.liveCount }, live)
    XCTAssertEqual(machine.call(.munmap, memory, length), 0, "the change has ended")
  }

  func testProtectionEndsWithItsThread() {
    let count = points({ Services.thread.pointee.isKilledByExec = true }) {
      XCTAssertEqual(machine.call(.mprotect, memory, length, 1), -4)
    }
    Services.thread.pointee.isKilledByExec = false
    XCTAssertEqual(count, 3)
    XCTAssertEqual(machine.call(.mprotect, memory, length, 1), 0, "the change has ended")
  }

  func testForkWaitsForAChangeThatBeginsAtItsFirstPoint() {
    let memory = Services.process.pointee.memory
    var isFirst = true
    TestContext.atPreemptionPoint = {
      guard isFirst else { return }
      isFirst = false
      memory.beginSteps()
      self.machine.turns.script = [{ memory.endSteps() }]
    }
    defer { TestContext.atPreemptionPoint = nil }
    let child = machine.task(of: machine.call(.fork))
    XCTAssertTrue(machine.turns.script.isEmpty, "the fork did not wait")
    machine.run(child) { machine.call(.exitGroup, 0) }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
  }

  func testForkIsSeenOnlyWhenItIsComplete() {
    let live = Services.processes.withLock { $0.liveCount }
    _ = points({
      XCTAssertEqual(Services.processes.withLock { $0.liveCount }, live)
      XCTAssertEqual(self.machine.call(.wait4, .max, 0, 1, 0), -10, "no child yet")
    }) {
      let child = machine.task(of: machine.call(.fork))
      machine.run(child) { machine.call(.exitGroup, 0) }
    }
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
  }

  func testEndOfAProcessHasPoints() {
    let child = machine.task(of: machine.call(.fork))
    let count = points {
      machine.run(child) { machine.call(.exitGroup, 0) }
    }
    XCTAssertGreaterThanOrEqual(count, 7)
    XCTAssertGreaterThan(machine.call(.wait4, .max, 0, 0, 0), 0)
  }
}
