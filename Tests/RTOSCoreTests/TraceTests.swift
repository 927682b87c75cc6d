// SPDX-License-Identifier: Apache-2.0
import VmRegionMocks
import XCTest

@testable import RTOSCore

/// The ring of scheduling events, and the events that the scheduler writes to it.
final class TraceTests: XCTestCase {
  private final class Shared: @unchecked Sendable {
    let ring: TraceRing
    /// The events that a concurrent reader saw.
    var (seen, torn) = (0, 0)
    private let memory: UnsafeMutableRawPointer

    init(capacity: UInt32, first: UInt32 = 0) {
      memory = .allocate(byteCount: TraceRing.size(capacity), alignment: 16)
      ring = TraceRing(memory, capacity: capacity, first: first)
    }

    deinit { memory.deallocate() }

    /// Events whose words all contain `number`.
    func write(_ numbers: Range<UInt32>) {
      for number in numbers {
        ring.write(
          TraceEvent(
            .wake, task: TaskNumber(rawValue: number & 0xffff), value: number,
            count: UInt64(number) << 32 | UInt64(number)))
      }
    }

    /// The events that can be read, and the number of lost ones.
    func read() -> (values: [UInt32], lost: UInt32) {
      let extent = ring.extent
      let values = (0..<extent.count).compactMap { ring.read(extent.first &+ $0)?.value }
      return (values, extent.lost)
    }
  }

  func testEventsAreReadInOrderAndWhole() {
    let shared = Shared(capacity: 8)
    XCTAssertEqual(shared.read().values, [])
    let events = TraceEvent.Kind.allCases.map {
      TraceEvent($0, task: 0xfffe, value: 0xdead_beef, count: 0x0123_4567_89ab_cdef)
    }
    events.forEach { shared.ring.write($0) }
    XCTAssertEqual((0..<UInt32(events.count)).map { shared.ring.read($0) }, events)
    XCTAssertNil(shared.ring.read(UInt32(events.count)), "it has not been written")
  }

  func testOldestEventsAreOverwrittenAndCounted() {
    for first in [0, UInt32.max - 9] {
      let shared = Shared(capacity: 8, first: first)
      shared.write(0..<7)
      XCTAssertEqual(shared.read().values, Array(0..<7))
      XCTAssertEqual(shared.read().lost, 0)
      shared.write(7..<20)
      XCTAssertEqual(shared.read().values, Array(13..<20))
      XCTAssertEqual(shared.read().lost, 13)
      XCTAssertNil(shared.ring.read(first &+ 12), "the slot that may be written at this moment")
    }
  }

  func testRestartClearsTheEvents() {
    let shared = Shared(capacity: 8)
    shared.write(0..<20)
    shared.ring.restart()
    XCTAssertEqual(shared.read().values, [])
    XCTAssertEqual(shared.read().lost, 0)
    shared.write(20..<23)
    XCTAssertEqual(shared.read().values, [20, 21, 22])
  }

  func testConcurrentReaderSeesWholeEventsOnly() {
    let shared = Shared(capacity: 16)
    onEachOf(2) { number in
      if number == 0 { return shared.write(0..<20_000) }
      repeat {
        let extent = shared.ring.extent
        for index in 0..<extent.count {
          guard let event = shared.ring.read(extent.first + index) else { continue }
          shared.seen += 1
          let word = extent.first + index
          if event.value != word || event.count != UInt64(word) << 32 | UInt64(word)
            || event.task.rawValue != word & 0xffff
          {
            shared.torn += 1
          }
        }
      } while shared.ring.extent.first < 19_000 || shared.seen == 0
    }
    XCTAssertEqual(shared.torn, 0)
    XCTAssertGreaterThan(shared.seen, 0)
  }

  #if DEBUG
    nonisolated(unsafe) private static var isInstalled = false
    nonisolated(unsafe) private static var time: UInt64 = 0

    /// Records from now on, with one ring of 64 for each of two CPUs.
    private func record() {
      addTeardownBlock { Trace.setOn(false) }
      if !Self.isInstalled {
        Self.isInstalled = true
        let rings = UnsafeMutablePointer<TraceRing>.allocate(capacity: 2)
        for cpu in 0..<2 {
          (rings + cpu).initialize(
            to: TraceRing(.allocate(byteCount: TraceRing.size(64), alignment: 16), capacity: 64))
        }
        Trace.install(
          .allocate(capacity: 1), rings: rings, cpuCount: 2, places: .allocate(capacity: 16),
          taskCount: 16, processor: { ThreadProcessor.silicon.number },
          clock: {
            TraceTests.time += 1
            return TraceTests.time
          }, runningTask: { RecordingContext.runningTask.rawValue })
      }
      Self.time = 0
      Trace.setOn(true)
    }

    func testSchedulerRecordsItsEvents() throws {
      RecordingContext.reset()
      let bench = try TestBench<RecordingContext>()
      addTeardownBlock { bench.free() }
      let scheduler = bench.scheduler
      let one = try bench.create(1, priority: 5)
      let two = try bench.create(2, priority: 6)
      record()
      scheduler.wake(one)
      scheduler.wake(two)
      scheduler.yield()
      try scheduler.delay(ticks: 3)
      scheduler.tick(to: 3)
      ThreadProcessor.silicon.number = 1
      defer { ThreadProcessor.silicon.number = 0 }
      Trace.switched(from: 2, TraceReason.of(TaskRecord()), to: 1)
      Trace.named(9, [97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 0, 0])
      Trace.setOn(false)
      Trace.ticked(4)
      var text = TextBuffer()
      TraceText.head(
        to: &text, hertz: 1000, reasons: TraceReason.range, reasonName: TraceReason.name,
        cpuCount: 2
      ) { TaskNumber(rawValue: $0 + 7) }
      let head = "# trace 1, counter 1000 Hz\n# reason 0 event\n"
      XCTAssertTrue(text.text.hasPrefix(head), text.text)
      XCTAssertTrue(text.text.contains("\n# reason 34 over\n"), text.text)
      let counts = "# cpu 0: 6 events, 0 lost, task 7\n# cpu 1: 3 events, 0 lost, task 8\n"
      XCTAssertTrue(text.text.hasSuffix(counts), text.text)
      text = TextBuffer()
      TraceText.events(to: &text, cpuCount: 2)
      XCTAssertEqual(
        text.text,
        """
        0 0000000000000001 wake    0001 00000000
        0 0000000000000002 wake    0002 00000000
        0 0000000000000003 away    0000 00200001
        0 0000000000000004 away    0001 00010002
        0 0000000000000005 wake    0001 00000002
        0 0000000000000006 tick    0000 00000003
        1 0000000000000007 away    0002 00220001
        1 0000000000000008 migrate 0001 00000000
        1 6867666564636261 name    0009 6c6b6a69\n
        """)
    }

    func testNothingIsRecordedWhileTheTraceIsOff() throws {
      record()
      Trace.setOn(false)
      Trace.interrupt(.interrupt, line: 27)
      Trace.named(1, InlineArray(repeating: 65))
      Trace.withRing(0) { XCTAssertEqual($0.extent.count, 0) }
      Trace.withRing(1) { XCTAssertEqual($0.extent.count, 0) }
      Trace.withRing(2) { _ in XCTFail("there is none") }
    }

    func testLinesHaveTheLengthByWhichReadersSkipThem() {
      var text = TextBuffer()
      for kind in TraceEvent.Kind.allCases {
        TraceText.line(7, TraceEvent(kind, task: 0xffff, value: .max, count: .max), to: &text)
      }
      for line in text.text.split(separator: "\n") {
        XCTAssertEqual(line.count + 1, TraceText.lineLength, String(line))
      }
    }
  #endif
}
