// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VdsoPage
import VdsoReader

@testable import VdsoModule

extension TimeSnapshot {
  /// The n-th snapshot of a test: every word of every clock contains n, and differs between clocks.
  static func numbered(_ n: UInt32, isDiscontinuous: Bool) -> TimeSnapshot {
    TimeSnapshot(
      realtimeSeconds: Int64(n) << 32 | Int64(n), realtimeNanoseconds: n,
      monotonicSeconds: Int64(n + 0x1000) << 32 | Int64(n + 0x1000),
      monotonicNanoseconds: n + 0x1000,
      realtimeShifted: UInt64(n) << 24 | UInt64(n), monotonicShifted: UInt64(n + 0x1000) << 24,
      rawSeconds: Int64(n + 0x1000) << 32 | Int64(n + 0x1000),
      rawShifted: UInt64(n + 0x1000) << 24, taiOffset: 37,
      counter: UInt64(n) << 32 | UInt64(n), counterLimit: 10_000_000, mult: 16, rawMult: 16,
      shift: 24,
      tickNanoseconds: 1_000_000, mode: .counter, isDiscontinuous: isDiscontinuous)
  }
}

extension ClockTime {
  /// The time that a reader of clock `entry` gets after the n-th snapshot.
  static func numbered(_ n: UInt32, _ entry: UInt32 = 0) -> ClockTime {
    let value = n + entry * 0x1000
    return ClockTime(seconds: UInt64(value) << 32 | UInt64(value), nanoseconds: value)
  }
}

/// A page's worth of words.
struct Words {
  var words = [UInt32](repeating: 0, count: 1024)

  subscript(offset: UInt32) -> UInt32 {
    get { words[Int(offset / 4)] }
    set { words[Int(offset / 4)] = newValue }
  }
}

/// Records the steps of a writer, in order.
final class RecordingStore: ClockMemory {
  enum Step: Equatable {
    case store(UInt32, UInt32)
    case barrier
    case completion
  }

  var memory = Words()
  var steps: [Step] = []
  var reads = 0

  func word(at offset: UInt32) -> UInt32 {
    reads += 1
    return memory[offset]
  }

  func setWord(_ value: UInt32, at offset: UInt32) {
    memory[offset] = value
    steps.append(.store(offset, value))
  }

  func setPoint(_ point: ClockPoint, at offset: UInt32) {
    let counter = point.counter
    for (index, word) in [
      UInt32(truncatingIfNeeded: point.seconds), UInt32(truncatingIfNeeded: point.seconds >> 32),
      point.fraction, point.nanoseconds, UInt32(truncatingIfNeeded: counter),
      UInt32(truncatingIfNeeded: counter >> 32),
    ].enumerated() { setWord(word, at: offset + UInt32(index) * 4) }
  }

  /// Not counted as reads: the writer reads its own words.
  func copyPoint(from source: UInt32, to target: UInt32) {
    for word in stride(from: UInt32(0), to: UInt32(VDSO_RECORD_MULT), by: 4) {
      setWord(memory[source + word], at: target + word)
    }
  }

  /// What another CPU does between a reader's loads.
  var onLoadBarrier: () -> Void = {}
  func loadBarrier() { onLoadBarrier() }

  func storeBarrier() { steps.append(.barrier) }

  /// Runs when all stores so far are seen by everybody: where a sample may be taken.
  var onCompletion: () -> Void = {}
  func completeStores() {
    steps.append(.completion)
    onCompletion()
  }

  /// All stores of `count` updates from an empty page on.
  static func stores(ofUpdates count: UInt32) -> [[(offset: UInt32, value: UInt32)]] {
    let store = RecordingStore()
    return (1...count).map { number in
      store.steps = []
      ClockRecords(store).write(.numbered(number, isDiscontinuous: number == 1))
      return store.steps.compactMap {
        if case .store(let offset, let value) = $0 { (offset, value) } else { nil }
      }
    }
  }
}

/// A page for readers: plain memory, with a look-in before every load and before every look at the
/// counter. A pass for a coarse clock makes six loads: the count, four words, the count. One for a
/// fine clock makes eleven steps: the count, eight words, the counter, the count.
final class ScriptedPage: PageAccess, ResolutionAccess {
  static let loadsPerPass = 6
  static let stepsPerFinePass = 11

  var memory = Words()
  var loads = 0
  /// The value of the counter.
  var counter: UInt64 = 0
  /// Changes the count before each load of it, as a writer that is too fast would.
  var isCountMoving = false
  /// Runs before the n-th load, counted from 0.
  var beforeLoad: (Int) -> Void = { _ in }

  func word(at offset: UInt32) -> UInt32 {
    beforeLoad(loads)
    loads += 1
    if isCountMoving, offset == UInt32(VDSO_OFFSET_LOCK_COUNT) { memory[offset] &+= 1 }
    return memory[offset]
  }

  /// Two loads that something may come between, as on the machine.
  func pair(at offset: UInt32) -> UInt64 {
    let low = word(at: offset)
    return UInt64(word(at: offset + 4)) << 32 | UInt64(low)
  }

  func sample(_ index: UInt32) -> ClockSample {
    let base = UInt32(VDSO_OFFSET_BANKS) + index * UInt32(VDSO_RECORD_STRIDE)
    let words = (0..<UInt32(8)).map { word(at: base + $0 * 4) }
    beforeLoad(loads)
    loads += 1
    return ClockSample(
      secondsLow: words[0], secondsHigh: words[1], fraction: words[2], nanoseconds: words[3],
      distance: counter &- (UInt64(words[5]) << 32 | UInt64(words[4])), mult: words[6],
      limit: words[7], zero: 0)
  }

  func loadBarrier() {}

  /// The process's own page, if the test has one; a second script otherwise without an answer.
  var own: ScriptedPage?
  func page(of index: UInt32) -> ScriptedPage {
    index & ~1 == 2 ? own ?? ScriptedPage() : self
  }

  func recomputed() -> ScriptedPage { self }

  func resolution(_ index: UInt32) -> vdso_resolution {
    let base = UInt32(VDSO_OFFSET_RESOLUTION) + index * UInt32(VDSO_RESOLUTION_STRIDE)
    return vdso_resolution(
      seconds: memory[base], nanoseconds: memory[base + 4], none: memory[base + 8],
      padding: memory[base + 12])
  }

  static func store(_ resolution: vdso_resolution, _ buffer: UnsafeMutableRawPointer?) -> Int32 {
    buffer?.copyMemory(
      from: [0, resolution.seconds, resolution.nanoseconds, resolution.none], byteCount: 16)
    return 0
  }
}

/// A kernel that records its calls.
enum RecordingKernel: KernelAccess {
  static let answer: Int32 = -12345
  nonisolated(unsafe) static var calls: [String] = []

  static func reset() { calls = [] }

  private static func note(_ call: String) -> Int32 {
    calls.append(call)
    return answer
  }

  static func clockGettime64(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
    note("clockGettime64(\(clock))")
  }

  static func clockGettime(_ clock: Int32, _ time: UnsafeMutableRawPointer?) -> Int32 {
    note("clockGettime(\(clock))")
  }

  static func clockGetres64(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
    note("clockGetres64(\(clock))")
  }

  static func clockGetres(_ clock: Int32, _ resolution: UnsafeMutableRawPointer?) -> Int32 {
    note("clockGetres(\(clock))")
  }

  static func gettimeofday(
    _ time: UnsafeMutableRawPointer?, _ zone: UnsafeMutableRawPointer?
  ) -> Int32 {
    note("gettimeofday")
  }

  static func getcpu(
    _ processor: UnsafeMutableRawPointer?, _ node: UnsafeMutableRawPointer?
  ) -> Int32 {
    note("getcpu")
  }
}
