// SPDX-License-Identifier: Apache-2.0
import VdsoPage
import VdsoReader
import VmRegionMocks
import XCTest

@testable import TickHandler
@testable import VdsoModule

/// A counter that does not advance.
private enum StillCounter: Counter {
  static var frequency: UInt32 { 62_500_000 }
  static func read() -> UInt64 { 0 }
  static func setDeadline(_ count: UInt64) {}
  static func stopDeadline() {}
}

/// The per-process page: CPU clocks and getcpu return what the kernel wrote at the last switch.
final class ProcessPageTests: XCTestCase {
  private typealias Functions = Clocks<ScriptedPage, RecordingKernel>
  private let scale = ClockScale(frequency: 62_500_000)!

  override func setUp() { RecordingKernel.reset() }

  /// A task that has run for `nanoseconds` and was given its CPU at `counter`.
  private func run(_ nanoseconds: UInt64, switchedInAt counter: UInt64) -> CPUTime {
    var run = CPUTime()
    run.advance(to: nanoseconds / 16, on: StillCounter.self, scale)
    run.counter = counter
    return run
  }

  private func call(_ body: (UnsafeMutableRawPointer?) -> Int32) -> (Int32, [UInt32]) {
    var words = [UInt32](repeating: .max, count: 4)
    let result = words.withUnsafeMutableBytes { body($0.baseAddress) }
    return (result, words)
  }

  private func pages(_ store: RecordingStore, counter: UInt64) -> ScriptedPage {
    let page = ScriptedPage()
    let own = ScriptedPage()
    own.memory = store.memory
    own.counter = counter
    page.own = own
    return page
  }

  func testBothCPUClocksNeedNoSystemCall() {
    let store = RecordingStore()
    ClockRecords(store).openProcessLines(run(7_000_000_032, switchedInAt: 5000), CPUTime(), scale)
    let page = pages(store, counter: 5002)
    for clock in [2, 3] as [Int32] {
      XCTAssertEqual(call { Functions.clockGettime64(clock, $0, page) }.1, [7, 0, 64, 0])
      XCTAssertEqual(call { Functions.clockGettime(clock, $0, page) }.1, [7, 64, .max, .max])
      XCTAssertEqual(call { Functions.liteosClockGettime(clock, $0, page) }.1, [7, 0, 64, 0])
    }
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testSwitchMovesThePointAndKeepsTheLine() {
    let store = RecordingStore()
    ClockRecords(store).openProcessLines(run(160, switchedInAt: 100), CPUTime(), scale)
    ClockRecords(store).write(run(320, switchedInAt: 9000), CPUTime(), scale)
    let page = pages(store, counter: 9001)
    XCTAssertEqual(call { Functions.clockGettime64(3, $0, page) }.1, [0, 0, 336, 0])
    page.own?.memory[UInt32(VDSO_OFFSET_LOCK_COUNT)] += 1
    XCTAssertEqual(call { Functions.clockGettime64(3, $0, page) }.1, [0, 0, 336, 0], "bank 1")
  }

  func testSecondThreadOrOldPageNeedsASystemCall() {
    let store = RecordingStore()
    ClockRecords(store).openProcessLines(run(0, switchedInAt: 100), CPUTime(), scale)
    let old = pages(store, counter: 100 + UInt64(scale.limit))
    XCTAssertEqual(call { Functions.clockGettime64(3, $0, old) }.0, RecordingKernel.answer)
    ClockRecords(store).closeProcessLines()
    let page = pages(store, counter: 101)
    for clock in [2, 3] as [Int32] {
      XCTAssertEqual(call { Functions.clockGettime64(clock, $0, page) }.0, RecordingKernel.answer)
      XCTAssertEqual(call { Functions.clockGettime(clock, $0, page) }.0, RecordingKernel.answer)
      XCTAssertEqual(call { Functions.liteosClockGettime(clock, $0, page) }.0, -1)
    }
  }

  /// A thread that is switched out before any step of a read, and has run longer when it continues.
  func testReadInterruptedByASwitchIsNeverAMixture() {
    let store = RecordingStore()
    ClockRecords(store).openProcessLines(run(1_000_000_000, switchedInAt: 1000), CPUTime(), scale)
    let before = store.memory
    ClockRecords(store).write(run(3_999_999_984, switchedInAt: 70_000), CPUTime(), scale)
    for step in 0..<ScriptedPage.stepsPerFinePass {
      let page = pages(store, counter: 1001)
      page.own?.memory = before
      page.own?.beforeLoad = { load in
        guard load == step else { return }
        page.own?.memory = store.memory
        page.own?.counter = 70_000
      }
      let words = call { Functions.clockGettime64(3, $0, page) }.1
      let isOld = words == [1, 0, 16, 0] && step > 9
      XCTAssertTrue(isOld || words == [3, 0, 999_999_984, 0], "step \(step): \(words)")
    }
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testGetcpuStoresOnlyToItsBuffers() {
    var processor: Int32 = -7
    var node: Int32 = -7
    XCTAssertEqual(Functions.getcpu(&processor, &node, 3), 0)
    XCTAssertEqual([processor, node], [3, 0])
    XCTAssertEqual(Functions.getcpu(&processor, nil, 5), 0)
    XCTAssertEqual(Functions.getcpu(nil, &node, 5), 0)
    XCTAssertEqual(Functions.getcpu(nil, nil, 5), 0)
    XCTAssertEqual([processor, node], [5, 0])
    XCTAssertEqual(RecordingKernel.calls, [])
    XCTAssertEqual(
      Functions.getcpu(&processor, &node, Int32(VDSO_NO_PROCESSOR)), RecordingKernel.answer)
    XCTAssertEqual([processor, node], [5, 0])
  }

  func testPageNamesItsProcessAndIsClosedUntilOpened() throws {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    let writer = ProcessPageWriter<MockProcessor>(
      page: memory, ProcessPageIdentity(process: 7, thread: 8, user: 9))
    let own = memory.assumingMemoryBound(to: vdso_process_page.self)
    XCTAssertEqual(own.pointee.magic, UInt32(VDSO_PAGE_MAGIC))
    XCTAssertEqual(own.pointee.layout_hash, vdso_page_layout_hash())
    XCTAssertEqual([own.pointee.process, own.pointee.thread, own.pointee.user], [7, 8, 9])
    XCTAssertEqual(Int32(bitPattern: own.pointee.processor), -1)
    writer.open(run(160, switchedInAt: 5), ended: CPUTime(), scale, processor: 2)
    XCTAssertEqual(own.pointee.processor, 2)
    XCTAssertNotEqual(own.pointee.bank.0.clock.3.limit, 0)
    XCTAssertEqual(own.pointee.bank.1.clock.2.nanoseconds, 160)
    writer.resume(from: 1 << 32 | 7, processor: 1)
    XCTAssertEqual(own.pointee.processor, 1)
    for bank in [own.pointee.bank.0, own.pointee.bank.1] {
      for clock in [bank.clock.2, bank.clock.3] {
        XCTAssertEqual([clock.counter_low, clock.counter_high, clock.nanoseconds], [7, 1, 160])
      }
    }
    writer.publish(run(320, switchedInAt: 5), ended: CPUTime(), scale)
    XCTAssertEqual(own.pointee.bank.0.clock.3.nanoseconds, 320)
    // The time of ended threads belongs to the process only, and carries into its seconds.
    let ended = run(1_999_999_840, switchedInAt: 3)
    writer.publish(run(320, switchedInAt: 6), ended: ended, scale)
    for bank in [own.pointee.bank.0, own.pointee.bank.1] {
      XCTAssertEqual([bank.clock.3.seconds_low, bank.clock.3.nanoseconds], [0, 320])
      XCTAssertEqual([bank.clock.2.seconds_low, bank.clock.2.nanoseconds], [2, 160])
      XCTAssertEqual([bank.clock.2.counter_low, bank.clock.3.counter_low], [6, 6])
    }
    writer.close()
    XCTAssertEqual(Int32(bitPattern: own.pointee.processor), -1)
    XCTAssertEqual(own.pointee.bank.0.clock.3.limit, 0)
    XCTAssertEqual(own.pointee.bank.1.clock.2.limit, 0)
  }
}
