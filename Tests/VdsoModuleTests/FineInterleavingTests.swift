// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VdsoPage
import VdsoReader
import VmRegionMocks
import XCTest

@testable import VdsoModule

/// Fine readers among a writer's stores while time advances: the counter advances with every store,
/// so a reader that extrapolates on an old line is found.
final class FineInterleavingTests: XCTestCase {
  /// A store, or the moment at which the writer takes its sample.
  private enum Event {
    case store(UInt32, UInt32)
    case sample
  }

  /// Counts that pass with every event.
  private let pace: UInt64 = 1 << 12

  /// A line of MONOTONIC through a point, at shift 24.
  private struct Line {
    var counter: UInt64
    var shifted: UInt64
    var mult: UInt32

    func shifted(at count: UInt64) -> UInt64 { shifted + (count - counter) * UInt64(mult) }

    func snapshot(at count: UInt64, isDiscontinuous: Bool) -> TimeSnapshot {
      let total = shifted(at: count)
      let second: UInt64 = 1_000_000_000 << 24
      var snapshot = TimeSnapshot.numbered(0, isDiscontinuous: isDiscontinuous)
      snapshot.monotonicSeconds = Int64(total / second)
      snapshot.monotonicShifted = total % second
      snapshot.monotonicNanoseconds = UInt32((total % second) >> 24)
      snapshot.counter = count
      snapshot.counterLimit = 0x00ff_ffff
      snapshot.mult = mult
      return snapshot
    }

    func time(at count: UInt64) -> ClockTime {
      let nanoseconds = shifted(at: count) >> 24
      return ClockTime(
        seconds: nanoseconds / 1_000_000_000, nanoseconds: UInt32(nanoseconds % 1_000_000_000))
    }
  }

  /// Near the end of a second, so that sums carry.
  private let first = Line(counter: 0, shifted: 999_990_000 << 24, mult: 0x8000_0001)

  /// The events of one update at event number `start`, and the line afterwards. `newMult` makes it
  /// a change of rate; `isMarked` sets the mark that ends the extrapolation on the old line.
  private func update(
    _ store: RecordingStore, _ line: Line, from start: Int, newMult: UInt32?, isMarked: Bool = true
  ) -> (events: [Event], line: Line) {
    var events: [Event] = []
    let collect = {
      for case .store(let offset, let value) in store.steps where offset >= 0x100 {
        // The time of MONOTONIC for a reader.
        let inBank = Int((offset - 0x100) % 0x200) - 32
        if offset == 0x100 || (offset > 0x100 && inBank >= 32 && inBank < 64) {
          events.append(.store(offset, value))
        }
      }
      store.steps = []
    }
    if newMult != nil, isMarked {
      ClockRecords(store).forbidExtrapolation()
      collect()
    }
    events.append(.sample)
    let count = UInt64(start + events.count) * pace
    var next = line
    if let newMult {
      next = Line(counter: count, shifted: line.shifted(at: count), mult: newMult)
    }
    ClockRecords(store).write(next.snapshot(at: count, isDiscontinuous: newMult != nil))
    collect()
    return (events, next)
  }

  private struct Outcome {
    var times = 0
    var refused = 0
    var torn = 0
    var wrong: [String] = []
  }

  /// Runs a reader whose eleven steps are cut in three, with the writer going on in between, for
  /// every choice of cuts and of writer positions.
  private func run(newMult: UInt32?, isMarked: Bool = true) -> Outcome {
    let store = RecordingStore()
    ClockRecords(store).write(first.snapshot(at: 0, isDiscontinuous: true))
    store.steps = []
    let initial = store.memory
    let (events, next) = update(store, first, from: 0, newMult: newMult, isMarked: isMarked)
    let sampled = events.firstIndex { if case .sample = $0 { true } else { false } }!
    var outcome = Outcome()
    let page = ScriptedPage()
    let steps = ScriptedPage.stepsPerFinePass
    for one in 0..<steps {
      for two in one..<steps {
        for begin in 0...events.count {
          for middle in begin...events.count {
            for end in middle...events.count {
              page.memory = initial
              page.loads = 0
              var done = 0
              var readAt: UInt64 = 0
              page.beforeLoad = { step in
                let target = step < one ? begin : step < two ? middle : end
                while done < target {
                  if case .store(let offset, let value) = events[done] {
                    page.memory[offset] = value
                  }
                  done += 1
                }
                page.counter = UInt64(done) * self.pace
                if step == steps - 2 { readAt = page.counter }
              }
              switch LatchReader(page).fine(1, clampsPast: true) {
              case .torn: outcome.torn += 1
              case .refused: outcome.refused += 1
              case .time(let time):
                outcome.times += 1
                // A reader that came to the counter by the time of the sample is on the old line.
                let right = readAt <= UInt64(sampled + 1) * pace ? first : next
                if time != right.time(at: readAt), time != next.time(at: max(readAt, next.counter))
                {
                  outcome.wrong.append("\(time) at \(readAt / pace): \(begin) \(middle) \(end)")
                }
              }
            }
          }
        }
      }
    }
    return outcome
  }

  func testTickGivesTheSameTimeFromEitherBankWithoutRefusal() {
    let outcome = run(newMult: nil)
    XCTAssertEqual(outcome.wrong.prefix(3), [])
    XCTAssertEqual(outcome.refused, 0)
    XCTAssertGreaterThan(outcome.times, 1000)
    XCTAssertGreaterThan(outcome.torn, 1000)
  }

  func testNoReaderIsOnTheOldLineAfterTheSampleOfANewOne() {
    for mult in [0x8000_0001 / 2, 0x7ff0_0000, 0x8010_0000, 0xffff_ffff] as [UInt32] {
      let outcome = run(newMult: mult)
      XCTAssertEqual(outcome.wrong.prefix(3), [], "\(mult)")
      XCTAssertGreaterThan(outcome.times, 1000)
      XCTAssertGreaterThan(outcome.refused, 1000)
    }
  }

  func testModelWithoutTheMarkFindsReadersAheadOfTheNewLine() {
    XCTAssertGreaterThan(run(newMult: 0x4000_0000, isMarked: false).wrong.count, 0)
  }

  /// The reader's arithmetic and the kernel's, over the scales of many frequencies and any
  /// distance.
  func testReaderAgreesWithTheKernelsArithmetic() throws {
    var random = Dice(seed: 2)
    let frequencies: [UInt32] = [
      1_000_000, 1_000_001, 3_579_545, 19_200_000, 24_000_000, 62_500_000, 99_999_989, 999_999_937,
      1_000_000_000,
    ]
    for frequency in frequencies + (0..<50).map({ _ in .random(in: 1_000_000...1_000_000_000) }) {
      let scale = try XCTUnwrap(ClockScale(frequency: frequency))
      for _ in 0..<200 {
        let second: UInt64 = 1_000_000_000 << UInt64(scale.shift)
        let base = UInt64.random(in: 0..<second, using: &random)
        let start = UInt64.random(in: 0...(.max), using: &random)  // This wraps as well.
        var snapshot = TimeSnapshot.numbered(7, isDiscontinuous: true)
        snapshot.monotonicSeconds = 7
        snapshot.monotonicShifted = base
        snapshot.monotonicNanoseconds = UInt32(base >> UInt64(scale.shift))
        snapshot.counter = start
        snapshot.counterLimit = scale.limit
        snapshot.mult = scale.mult
        snapshot.shift = scale.shift
        let store = RecordingStore()
        ClockRecords(store).write(snapshot)
        let page = ScriptedPage()
        page.memory = store.memory
        let distance = UInt32.random(in: 0...scale.limit, using: &random)
        page.counter = start &+ UInt64(distance)
        let total = (base + UInt64(distance) * UInt64(scale.mult)) >> UInt64(scale.shift)
        let reading = LatchReader(page).fine(1, clampsPast: false)
        let limit = ClockRecords<RecordingStore>.limitWord(
          limit: snapshot.counterLimit, shift: snapshot.shift)
        if distance >= limit {
          XCTAssertEqual(reading, .refused)
        } else {
          XCTAssertEqual(
            reading,
            .time(
              ClockTime(
                seconds: 7 + total / 1_000_000_000, nanoseconds: UInt32(total % 1_000_000_000))))
        }
      }
    }
  }
}
