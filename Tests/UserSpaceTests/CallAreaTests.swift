import XCTest

@testable import UserSpace

/// What the entry code has at hand for each thread.
final class CallAreaTests: XCTestCase {
  private var machine: Machine!

  override func setUpWithError() throws {
    machine = try Machine(initrd: ElfBuilder().bytes)
    _ = try machine.start()
  }

  override func tearDown() { XCTAssertEqual(machine.release(), 0) }

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
