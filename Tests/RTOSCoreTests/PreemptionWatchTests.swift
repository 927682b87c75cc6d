// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegionMocks
import XCTest

/// The longest section with preemption off of each CPU, with a counter that the test advances.
final class PreemptionWatchTests: XCTestCase {
  nonisolated(unsafe) private static var count: UInt32 = 0
  nonisolated(unsafe) private static var cpu: UInt32 = 0
  /// How long an interrupt takes that comes just before the next look at the counter.
  nonisolated(unsafe) private static var interrupt: UInt32 = 0
  private var memory: UnsafeMutablePointer<PreemptionRecord>!

  private static let machine = PreemptionWatch.Machine(
    processor: { PreemptionWatchTests.cpu },
    clock: {
      let length = PreemptionWatchTests.interrupt
      PreemptionWatchTests.interrupt = 0
      if length > 0 { PreemptionWatchTests.serve(length) }
      return PreemptionWatchTests.count
    },
    place: { $0 < 2 ? 0x8000_1000 + $0 : 0 }, build: { 0x0123_4567_89ab_cdef })

  private static func serve(_ length: UInt32) {
    PreemptionWatch.enterInterrupt()
    count &+= length
    PreemptionWatch.leaveInterrupt()
  }

  override func setUp() {
    // The counter wraps in the first section.
    (Self.count, Self.cpu, Self.interrupt) = (.max - 9, 0, 0)
    memory = .allocate(capacity: Int(CpuMask.limit))
    PreemptionWatch.install(memory, Self.machine)
  }

  override func tearDown() {
    PreemptionWatch.install(nil, Self.machine)
    memory.deallocate()
  }

  private func pass(_ count: UInt32) { Self.count &+= count }

  private var lines: [String] {
    var sink = TextBuffer()
    PreemptionWatch.describe(to: &sink)
    return Array(sink.lines.drop { $0.hasPrefix("#") })
  }

  func testLongestSectionHasItsCallItsEdgesAndItsPlaces() {
    PreemptionWatch.begin(.call, call: 162)
    pass(100)
    PreemptionWatch.cut(.point)
    pass(300)
    PreemptionWatch.cut(.point)
    pass(200)
    PreemptionWatch.end(.call)
    XCTAssertEqual(lines, ["latency: cpu 0 300 162 point point 0x80001000 0x80001001"])
  }

  func testInterruptsDoNotCount() {
    PreemptionWatch.begin(.fault)
    pass(50)
    PreemptionWatch.enterInterrupt()
    pass(10)
    Self.serve(1000)  // A nested one.
    pass(10)
    PreemptionWatch.leaveInterrupt()
    pass(50)
    PreemptionWatch.end(.taskSwitch)
    XCTAssertEqual(memory[0].longestSection.duration, 100)
    XCTAssertEqual(memory[0].longestSection.call, .max)
  }

  func testInterruptBesideALookAtTheCounterDoesNotCount() {
    Self.interrupt = 700
    PreemptionWatch.begin(.call)
    pass(100)
    Self.interrupt = 900
    PreemptionWatch.end(.call)
    XCTAssertEqual(memory[0].longestSection.duration, 100)
  }

  func testTimeOutsideOfSectionsDoesNotCount() {
    PreemptionWatch.begin(.call)
    pass(100)
    PreemptionWatch.end(.call)
    pass(5000)
    PreemptionWatch.end(.work)
    PreemptionWatch.cut(.point)
    pass(5000)
    PreemptionWatch.end(.work)
    XCTAssertEqual(memory[0].longestSection.duration, 100)
  }

  func testEachCPUHasItsLongestUntilItIsForgotten() {
    for cpu: UInt32 in [3, 1] {
      Self.cpu = cpu
      PreemptionWatch.begin(.work)
      pass(100 + cpu)
      PreemptionWatch.end(.work)
    }
    Self.cpu = CpuMask.limit  // There is none with this number.
    PreemptionWatch.begin(.work)
    PreemptionWatch.end(.work)
    XCTAssertEqual(
      lines,
      [1, 3].map { "latency: cpu \($0) \(100 + $0) - work work 0x80001000 0x80001001" })
    PreemptionWatch.restart()
    XCTAssertEqual(lines, [])
  }

  func testHeadNamesTheBuild() {
    var sink = TextBuffer()
    PreemptionWatch.describe(to: &sink)
    XCTAssertEqual(sink.lines.first, "# latency 1, build id 0123456789abcdef")
  }
}
