import TickHandler
import VdsoPage
import VdsoReader
import XCTest

@testable import VdsoModule

/// What the exports of the image do, over a page and a kernel that tests can see.
final class ClocksTests: XCTestCase {
  private typealias Functions = Clocks<ScriptedPage, RecordingKernel>

  override func setUp() { RecordingKernel.reset() }

  private func page(seconds: Int64 = 5, nanoseconds: UInt32 = 6) -> ScriptedPage {
    let store = RecordingStore()
    var snapshot = TimeSnapshot.numbered(0, isNewLine: true)
    snapshot.realtimeSeconds = seconds
    snapshot.realtimeNanoseconds = nanoseconds
    snapshot.monotonicSeconds = 8
    snapshot.monotonicNanoseconds = 9
    snapshot.tickNanoseconds = 4_000_000
    LatchWriter(store).write(snapshot)
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

  func testCoarseClocksAreAnsweredWithoutTheKernel() {
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

  func testAllOtherClocksGoToTheKernelAndNothingIsStored() {
    let page = page()
    for clock in [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 16, 31, -1, .min, .max] as [Int32] {
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
    XCTAssertEqual(page.loads, 0)
  }

  func testLiteOSGetsMinusOneAndNoSystemCall() {
    let page = page()
    for clock in [0, 1, 4, 7, -1, .min, .max] as [Int32] {
      let (result, words) = call { Functions.liteosClockGettime(clock, $0, page) }
      XCTAssertEqual(result, -1)
      XCTAssertEqual(words, [.max, .max, .max, .max])
    }
    page.isCountMoving = true
    XCTAssertEqual(call { Functions.liteosClockGettime(5, $0, page) }.0, -1)
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testGettimeofdayIsTheKernels() {
    XCTAssertEqual(Functions.gettimeofday(nil, nil), RecordingKernel.answer)
    XCTAssertEqual(RecordingKernel.calls, ["gettimeofday"])
  }

  func testATimeBeyond32BitsOverflowsAndIsNotStored() {
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
    XCTAssertEqual(RecordingKernel.calls, [])
  }

  func testAPageThatIsNotValidIsLeftToTheKernel() {
    let valid = page()
    for offset in [0x8c, 0x9c] as [UInt32] {
      for key in [0, UInt32(VDSO_PAGE_KEY) + 0x100_0000, UInt32(VDSO_PAGE_KEY) | 1, .max] {
        let changed = ScriptedPage()
        changed.memory = valid.memory
        changed.memory[offset] = key
        let clock: Int32 = offset == 0x8c ? 5 : 6
        XCTAssertEqual(
          call { Functions.clockGettime64(clock, $0, changed) }.0, RecordingKernel.answer)
      }
    }
    let empty = ScriptedPage()
    XCTAssertEqual(call { Functions.clockGettime(5, $0, empty) }.0, RecordingKernel.answer)
    XCTAssertEqual(call { Functions.clockGetres(5, $0, empty) }.0, RecordingKernel.answer)
  }

  /// The count moves during the first n passes: n up to the bound is answered, more asks.
  func testTornReadsAreTriedAgainAndThenTheKernelIsAsked() {
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
