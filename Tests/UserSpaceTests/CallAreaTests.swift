import TickHandler
import XCTest

@testable import UserSpace

/// What the entry code has at hand for each thread.
final class CallAreaTests: MachineTestCase {
  func testTheCallsOfAllThreadsAreCountedAlsoOfThoseThatHaveEnded() {
    let process = MockPlatform.process
    let before = process.pointee.systemCalls
    let task = machine.makeThread()
    machine.call(20)
    machine.run(task) {
      XCTAssertEqual(MockPlatform.process, process)
      for _ in 0..<5 { machine.call(64) }
      XCTAssertEqual(process.pointee.systemCalls, before + 7)
      machine.call(1, 0)
    }
    XCTAssertEqual(MockPlatform.state.taskEnds, [task])
    XCTAssertEqual(process.pointee.systemCalls, before + 8)
    MockPlatform.callArea(of: 0).pointee.calls = 0xffff_ffff
    machine.call(20)
    XCTAssertGreaterThan(process.pointee.systemCalls, 1 << 32, "the count has 64 bits")
  }

  func testAProcessHasUsedWhatItsThreadsHaveAlsoThoseThatHaveEnded() {
    func ran(_ nanoseconds: UInt64) -> RunTime { MockPlatform.ran(nanoseconds) }
    func clock(_ number: UInt32) -> UInt32 {
      XCTAssertEqual(machine.call(403, number, buffer), 0)
      return machine.word(buffer + 8)
    }
    let task = machine.makeThread()
    MockPlatform.state.runTimes = [0: ran(5000), task: ran(300)]
    XCTAssertEqual(clock(2), 5300)
    machine.run(task) { machine.call(1, 0) }
    MockPlatform.state.runTimes = [0: ran(6000)]
    XCTAssertEqual(clock(2), 6300)
    XCTAssertEqual(MockPlatform.state.attended, [0], "the last one is told that it is alone")
    MockPlatform.state.ownPages = []
    machine.attend()
    machine.attend()
    XCTAssertEqual(MockPlatform.state.ownPages, [0], "and opens the page once")
    // A child's use is known when it was waited for.
    XCTAssertEqual(machine.call(77, .max, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [0, 0])
    MockPlatform.process.pointee.addChild(ProcessorUse(own: 1_500_000_000, children: 2000))
    XCTAssertEqual(machine.call(77, .max, buffer), 0)
    XCTAssertEqual(machine.words(buffer, 2), [1, 500_002])
  }

  func testGetppidAnswersForAThreadAsForItsProcess() {
    let task = machine.makeThread()
    machine.run(task) {
      XCTAssertEqual(machine.call(64), 0)
      MockPlatform.processes.withLock { _ in
        MockPlatform.callArea(of: task).pointee.parent = 7
      }
      XCTAssertEqual(machine.call(64), 7)
      machine.call(1, 0)
    }
    XCTAssertEqual(machine.call(64), 0)
  }
}
