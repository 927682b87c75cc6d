// SPDX-License-Identifier: Apache-2.0
import TickHandler
import RTOSCore
import VmRegion
import XCTest

@testable import UserSpace

/// Records with words of 32 and of 64 bits, byte by byte as the structures of include/uapi of Linux
/// 6.1 have their fields: linux/time.h, timex.h, resource.h, sysinfo.h, uio.h and
/// asm-generic/signal.h, siginfo.h.
final class RecordTests: XCTestCase {
  /// The bytes of the first `count` elements.
  private func bytes<Word: RecordWord, let size: Int>(
    _ words: InlineArray<size, Word>, _ count: Int = size
  ) -> [UInt8] {
    (0..<count).flatMap { index in
      (0..<MemoryLayout<Word>.size).map {
        UInt8(truncatingIfNeeded: words[index] >> Word($0 * 8))
      }
    }
  }

  /// The little-endian number of `size` bytes at `offset`.
  private func field(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
    bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  func testTimesKeepTheirSign() {
    let time = Timespec(seconds: -2, nanoseconds: 5)
    let (narrow, wide) = (TimeRecord<UInt32>(time), TimeRecord<UInt64>(time))
    XCTAssertEqual(bytes(narrow.words), [0xfe, 0xff, 0xff, 0xff, 5, 0, 0, 0])
    XCTAssertEqual(
      bytes(wide.words),
      [0xfe] + [UInt8](repeating: 0xff, count: 7) + [5] + .init(repeating: 0, count: 7))
    XCTAssertEqual(narrow.time(ofLongProgram: false), time)
    XCTAssertEqual(wide.time(ofLongProgram: true), time)
    let huge = TimeRecord<UInt64>([1, 1 << 32 | 5])
    XCTAssertEqual(huge.time(ofLongProgram: false).nanoseconds, 5)
    XCTAssertFalse(huge.time(ofLongProgram: true).isValid)
  }

  func testIntervalsAreInMicroseconds() {
    XCTAssertEqual(IntervalRecord<UInt32>([1, 2, 3, 999_999]).value, 3_999_999_000)
    XCTAssertEqual(IntervalRecord<UInt64>([1, 2, 3, 4]).interval, 1_000_002_000)
    XCTAssertNil(IntervalRecord<UInt32>([.max, 0, 0, 0]).interval)
    XCTAssertNil(IntervalRecord<UInt64>([0, 0, 0, 1_000_000]).value)
  }

  func testTimexHasItsFieldsInBothSizes() {
    var answer = ClockAdjustment(modes: .init(rawValue: 0))
    (answer.offset, answer.status, answer.seconds, answer.tick, answer.tai) = (
      -3, 0x40, 7, 10_000, 37
    )
    var record = TimexRecord(narrow: InlineArray(repeating: 9))
    XCTAssertEqual(record.request.offset, 9)
    record.set(answer)
    let (narrow, wide) = (bytes(record.narrow), bytes(record.words))
    XCTAssertEqual([narrow.count, wide.count], [128, 208])
    XCTAssertEqual(
      [field(narrow, 4, 4), field(wide, 8, 8)], [0xffff_fffd, UInt64(bitPattern: -3)])
    XCTAssertEqual([field(narrow, 20, 4), field(wide, 40, 4)], [0x40, 0x40])
    XCTAssertEqual([field(narrow, 36, 4), field(wide, 72, 8)], [7, 7])
    XCTAssertEqual([field(narrow, 44, 4), field(wide, 88, 8)], [10_000, 10_000])
    XCTAssertEqual([field(narrow, 48, 4), field(wide, 96, 8)], [0, 0], "ppsfreq")
    XCTAssertEqual([field(narrow, 80, 4), field(wide, 160, 4)], [37, 37])
  }

  func testUsageHasTwoTimesAndFourteenCounts() {
    let time = SplitTime(user: 1_000_002_000, system: 3_000_004_000)
    let narrow = bytes(UsageRecord<UInt32>(time, faults: 8).words)
    let wide = bytes(UsageRecord<UInt64>(time, faults: 8).words)
    XCTAssertEqual([narrow.count, wide.count], [72, 144])
    XCTAssertEqual((0..<4).map { field(narrow, $0 * 4, 4) }, [1, 2, 3, 4])
    XCTAssertEqual((0..<4).map { field(wide, $0 * 8, 8) }, [1, 2, 3, 4])
    XCTAssertEqual([field(narrow, 32, 4), field(wide, 64, 8)], [8, 8], "ru_minflt")
  }

  func testSystemRecordHasItsFieldsInBothSizes() {
    let narrow = SystemRecord<UInt32>(
      seconds: 5, memory: 6, free: 7, shared: 9, processes: 8, loads: [1, 2, 2048])
    let wide = SystemRecord<UInt64>(
      seconds: 5, memory: 6, free: 7, shared: 9, processes: 8, loads: [1, 2, 2048])
    let (short, long) = (
      bytes(narrow.words, SystemRecord<UInt32>.count), bytes(wide.words, SystemRecord<UInt64>.count)
    )
    XCTAssertEqual([short.count, long.count], [64, 112])
    XCTAssertEqual([0, 16, 20, 40, 52].map { field(short, $0, 4) }, [5, 6, 7, 8, 1])
    XCTAssertEqual([4, 8, 12, 24].map { field(short, $0, 4) }, [32, 64, 65536, 9])
    XCTAssertEqual([0, 32, 40].map { field(long, $0, 8) }, [5, 6, 7])
    XCTAssertEqual([8, 16, 24, 48].map { field(long, $0, 8) }, [32, 64, 65536, 9])
    XCTAssertEqual([field(long, 80, 2), field(long, 104, 4)], [8, 1])
  }

  func testActionHasARestorerWhereTheInterfaceHasOne() {
    let action = SignalAction(
      handler: 0x1000, flags: 4, restorer: 0x2000, maskLow: 1, maskHigh: 2)
    XCTAssertEqual([ActionRecord<ARMEABI>.count * 4, ActionRecord<LongABI>.count * 8], [20, 24])
    let narrow = ActionRecord<ARMEABI>(action)
    XCTAssertEqual((0..<5).map { narrow.words[$0] }, [0x1000, 4, 0x2000, 1, 2])
    XCTAssertEqual(narrow.action.restorer, 0x2000)
    let wide = ActionRecord<LongABI>(action)
    XCTAssertEqual((0..<3).map { wide.words[$0] }, [0x1000, 4, 2 << 32 | 1])
    XCTAssertEqual(wide.action.mask, action.mask)
    XCTAssertEqual(ActionRecord<LongABI>([0, 0, .max, 0, 0]).action.mask & Signal.unblockable, 0)
  }

  func testSmallRecordsHaveTheirFields() {
    let stack = SignalStack(base: 0x1000, flags: 0, size: 0x2000)
    XCTAssertEqual(bytes(StackRecord<UInt32>(stack, flags: 1).words).count, 12)
    XCTAssertEqual(bytes(StackRecord<UInt64>(stack, flags: 1).words)[8..<16].first, 1)
    XCTAssertEqual(StackRecord<UInt64>([0x1000, 5 << 32, 0x2000]).stack, stack)
    let (short, long) = (
      EventRecord<UInt32>([1, 2, 3, 4, 0]), EventRecord<UInt64>([1, 0, 2, 3, 4])
    )
    XCTAssertEqual(
      [short.value, short.signal, short.notification, short.thread?.rawValue], [1, 2, 3, 4])
    XCTAssertEqual(
      [long.value, long.signal, long.notification, long.thread?.rawValue], [1, 2, 3, 4])
    let limit = ResourceLimit(soft: 5, hard: ResourceLimit.none)
    XCTAssertEqual((0..<2).map { LimitRecord<UInt64>(limit).words[$0] }, [5, .max])
    XCTAssertEqual(LimitRecord<UInt64>([5, 1 << 32]).limit.hard, Word(clamping: UInt64(1) << 32))
    XCTAssertEqual([VectorRecord<UInt32>.size, VectorRecord<UInt64>.size], [8, 16])
    let wide = VectorRecord<UInt64>([1 << 32, 3])
    XCTAssertEqual(wide.address, UserAddress(Word(clamping: UInt64(1) << 32)))
  }

  func testSiginfoIsAlignedToAWord() throws {
    let signal = try XCTUnwrap(Signal(number: 34))
    let info = SignalInfo(signal, code: SignalInfo.byTimer, 1, 2, 3)
    let minusTwo = UInt32(bitPattern: -2)
    let (short, long) = (info.record(UInt32.self), info.record(UInt64.self))
    XCTAssertEqual((0..<8).map { short[$0] }, [34, 0, minusTwo, 1, 2, 3, 0, 0])
    XCTAssertEqual((0..<8).map { long[$0] }, [34, 0, minusTwo, 0, 1, 2, 3, 0])
    let again = SignalInfo(long, UInt64.self, for: signal)
    XCTAssertEqual((0..<8).map { again.words[$0] }, (0..<8).map { info.words[$0] })
  }
}
