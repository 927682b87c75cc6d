// SPDX-License-Identifier: Apache-2.0
import TickHandler
import VdsoPage
import VdsoReader
import XCTest

@testable import VdsoModule

/// The exported functions of the image, over a page and a kernel that tests can inspect.
final class ClocksTests: XCTestCase {
  private typealias Functions = Clocks<ScriptedPage, RecordingKernel>

  override func setUp() { RecordingKernel.reset() }

  private func page(seconds: Int64 = 5, nanoseconds: UInt32 = 6) -> ScriptedPage {
    let store = RecordingStore()
    var snapshot = TimeSnapshot.numbered(0, isDiscontinuous: true)
    snapshot.realtimeSeconds = seconds
    snapshot.realtimeNanoseconds = nanoseconds
    snapshot.monotonicSeconds = 8
    snapshot.monotonicNanoseconds = 9
    snapshot.tickNanoseconds = 4_000_000
    ClockRecords(store).write(snapshot)
    let page = ScriptedPage()
    page.memory = store.memory
    return page
  }

  /// Calls with a buffer of four words that were all ones; gives the result and the words.
  private func call(_ body: (UnsafeMutableRawPointer?) -> Int32) -> (Int32, [UInt32]) {
    var words = [UInt32](repeating: .max, count: 4)
    let result = words.withUnsafeMutableBytes { body($0.baseAddress) }
    return (result, words)
  }

  func testCoarseClocksNeedNoSystemCall() {
    let page = page(seconds: 0x1_0000_0002, nanoseconds: 999_999_999)
    let realtime = call { Functions.clockGettime64(5, $0, page) }
    XCTAssertEqual(realtime.0, 0)
    XCTAssertEqual(realtime.1, [2, 1, 999_999_999, 0])
    let monotonic = call { Functions.clockGettime64(6, $0, page) }
    XCTAssertEqual(monotonic.1, [8, 0, 9, 0])
    let small = call { Functions.clockGettime(6, $0, page) }
    XCTAssertEqual(small.1, [8, 9, .max, .max], "8 bytes and no more")
    XCTAssertEqual(call { Functions.liteosClockGettime(6, $0, page) }.1, [8, 0, 9, 0])
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testFineClocksNeedNoSystemCall() {
    let page = page(seconds: 0x1_0000_0002, nanoseconds: 999_999_999)
    page.counter = 1 << 23  // At mult 16 and shift 24 a count is 2^-20 ns: 8 ns in all.
    XCTAssertEqual(call { Functions.clockGettime64(0, $0, page) }.1, [3, 1, 7, 0])
    XCTAssertEqual(call { Functions.clockGettime64(11, $0, page) }.1, [40, 1, 7, 0])
    XCTAssertEqual(call { Functions.clockGettime64(1, $0, page) }.1, [8, 0, 17, 0])
    XCTAssertEqual(call { Functions.clockGettime64(7, $0, page) }.1, [8, 0, 17, 0])
    XCTAssertEqual(call { Functions.clockGettime64(4, $0, page) }.1, [0x1000, 0x1000, 4104, 0])
    XCTAssertEqual(call { Functions.clockGettime(1, $0, page) }.1, [8, 17, .max, .max])
    XCTAssertEqual(call { Functions.liteosClockGettime(1, $0, page) }.1, [8, 0, 17, 0])
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testOldCounterGivesTheSampleAndAFarOneTheSystemCall() {
    let page = page()
    page.memory = { memory in
      var memory = memory
      for bank in [0x100, 0x300] as [UInt32] { memory[bank + 32 + 16] = 1000 }
      return memory
    }(page.memory)
    let limit = page.memory[0x100 + 32 + 28]
    page.counter = 999
    XCTAssertEqual(call { Functions.clockGettime64(0, $0, page) }.1, [5, 0, 6, 0])
    page.counter = 0
    XCTAssertEqual(call { Functions.clockGettime(0, $0, page) }.1, [5, 6, .max, .max])
    page.counter = 999 + UInt64(limit)
    XCTAssertEqual(call { Functions.clockGettime64(0, $0, page) }.0, 0)
    XCTAssertEqual(RecordingKernel.calls, [])
    for counter in [1000 + UInt64(limit), 1000 + (1 << 32), 1000 + UInt64(Int64.max)] as [UInt64] {
      page.counter = counter
      XCTAssertEqual(call { Functions.clockGettime64(0, $0, page) }.0, RecordingKernel.answer)
      XCTAssertEqual(call { Functions.clockGettime(0, $0, page) }.0, RecordingKernel.answer)
      XCTAssertEqual(call { Functions.gettimeofday($0, nil, page) }.0, RecordingKernel.answer)
      XCTAssertEqual(call { Functions.liteosClockGettime(0, $0, page) }.0, -1)
    }
  }

  func testGettimeofdayGivesMicrosecondsAndCallsForTheZone() {
    let page = page(seconds: 5, nanoseconds: 999_999_999)
    XCTAssertEqual(call { Functions.gettimeofday($0, nil, page) }.1, [5, 999_999, .max, .max])
    XCTAssertEqual(RecordingKernel.calls, [])
    var zone: UInt64 = 0
    XCTAssertEqual(
      call { Functions.gettimeofday($0, &zone, page) }.0, RecordingKernel.answer)
    XCTAssertEqual(Functions.gettimeofday(nil, nil, page), RecordingKernel.answer)
    XCTAssertEqual(RecordingKernel.calls, ["gettimeofday", "gettimeofday"])
    let late = self.page(seconds: 1 << 31)
    XCTAssertEqual(call { Functions.gettimeofday($0, nil, late) }.0, -75)
  }

  func testTimeGivesTheSecondsWithAndWithoutABuffer() {
    let page = page(seconds: 0x7fff_ffff)
    XCTAssertEqual(call { Functions.time($0, page) }.0, Int32.max)
    XCTAssertEqual(call { Functions.time($0, page) }.1, [0x7fff_ffff, .max, .max, .max])
    XCTAssertEqual(Functions.time(nil, page), Int32.max)
    XCTAssertEqual(call { Functions.time($0, self.page(seconds: 1 << 31)) }.0, -75)
    XCTAssertEqual(RecordingKernel.calls, [])
    page.isCountMoving = true
    XCTAssertEqual(Functions.time(nil, page), RecordingKernel.answer)
    XCTAssertEqual(RecordingKernel.calls, ["clockGettime64(5)"])
  }

  func testOtherClocksAreSystemCallsAndNothingIsStored() {
    let page = page()
    for clock in [8, 9, 10, 12, 16, 31, -1, .min, .max] as [Int32] {
      RecordingKernel.reset()
      let large = call { Functions.clockGettime64(clock, $0, page) }
      let small = call { Functions.clockGettime(clock, $0, page) }
      let largeResolution = call { Functions.clockGetres64(clock, $0, page) }
      let smallResolution = call { Functions.clockGetres(clock, $0, page) }
      for (result, words) in [large, small, largeResolution, smallResolution] {
        XCTAssertEqual(result, RecordingKernel.answer)
        XCTAssertEqual(words, [.max, .max, .max, .max])
      }
      XCTAssertEqual(
        RecordingKernel.calls,
        ["clockGettime64", "clockGettime", "clockGetres64", "clockGetres"].map { "\($0)(\(clock))" }
      )
    }
  }

  func testLiteOSGetsMinusOneAndNoSystemCall() {
    let page = page()
    for clock in [2, 3, 8, 12, -1, .min, .max] as [Int32] {
      let (result, words) = call { Functions.liteosClockGettime(clock, $0, page) }
      XCTAssertEqual(result, -1)
      XCTAssertEqual(words, [.max, .max, .max, .max])
    }
    page.isCountMoving = true
    XCTAssertEqual(call { Functions.liteosClockGettime(5, $0, page) }.0, -1)
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testTimeBeyond32BitsOverflowsAndIsNotStored() {
    for (seconds, fits) in [
      (Int64(Int32.max), true), (Int64(Int32.max) + 1, false), (1 << 32, false),
      (Int64(Int32.min), true), (Int64(Int32.min) - 1, false), (-1, true),
    ] {
      let page = page(seconds: seconds)
      let (result, words) = call { Functions.clockGettime(5, $0, page) }
      XCTAssertEqual(result, fits ? 0 : -75, "\(seconds)")
      XCTAssertEqual(words[0] == .max && words[1] == .max, !fits)
      XCTAssertEqual(call { Functions.clockGettime64(5, $0, page) }.0, 0)
    }
  }

  func testResolutionIsOneTickAndNullIsAllowed() {
    let page = page()
    for clock in [5, 6] as [Int32] {
      XCTAssertEqual(call { Functions.clockGetres64(clock, $0, page) }.1, [0, 0, 4_000_000, 0])
      XCTAssertEqual(
        call { Functions.clockGetres(clock, $0, page) }.1, [0, 4_000_000, .max, .max])
      XCTAssertEqual(Functions.clockGetres64(clock, nil, page), 0)
      XCTAssertEqual(Functions.clockGetres(clock, nil, page), 0)
    }
    for clock in [0, 1, 2, 3, 4, 7, 11] as [Int32] {
      XCTAssertEqual(call { Functions.clockGetres64(clock, $0, page) }.1, [0, 0, 1, 0])
      XCTAssertEqual(call { Functions.clockGetres(clock, $0, page) }.1, [0, 1, .max, .max])
    }
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  /// The count changes during the first n passes: with n up to the bound the function answers, with
  /// more it makes the system call.
  func testTornReadsAreRetriedAndThenASystemCallIsMade() {
    for torn in 0...6 {
      RecordingKernel.reset()
      let page = page()
      page.beforeLoad = { load in
        let pass = load / ScriptedPage.loadsPerPass
        let isReload = load % ScriptedPage.loadsPerPass == 5
        if isReload, pass < torn { page.memory[UInt32(VDSO_OFFSET_LOCK_COUNT)] += 2 }
      }
      let (result, words) = call { Functions.clockGettime64(5, $0, page) }
      let isAnswered = torn <= Functions.retries
      XCTAssertEqual(result, isAnswered ? 0 : RecordingKernel.answer, "\(torn) torn")
      XCTAssertEqual(words, isAnswered ? [5, 0, 6, 0] : [.max, .max, .max, .max])
      XCTAssertEqual(RecordingKernel.calls.isEmpty, isAnswered)
    }
  }
}
