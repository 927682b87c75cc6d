// SPDX-License-Identifier: Apache-2.0
import SystemMocks
import TickHandler
import VmRegion
import VmRegionMocks
import XCTest

@testable import System
@testable import UserSpace

/// User space with an interface of 64 bits: what calls exchange has the layouts of asm-generic.
final class LongABITests: XCTestCase {
  private typealias Mock = UserServices<LongArchitecture>
  private var pool: System<LongArchitecture>.Frames { LongArchitecture.system.frames }
  private var free: UInt32 = 0
  private var buffer: UInt32 = 0
  private var frame = LongRegisters()

  override func setUpWithError() throws {
    MockKernel<LongArchitecture>.install(
      commandLine: "norandomize", initrd: Machine.immortal(LongABITests.program), frames: 512)
    System<LongArchitecture>.setVdso(MockImage.vdso())
    _ = MockKernel<LongArchitecture>.startTask()
    TestRegisters.floatCount = MemoryLayout<LongABI.FloatState>.size / 4
    free = pool.freeCount
    let record = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    frame = try InitProgram<Mock>.start(
      in: record, table: TestTable(journal: MockMMU.Journal()), pool: pool)
    buffer = UInt32(call(222, 0, 0x2000, 3, 0x22, .max, 0))
  }

  override func tearDown() {
    Mock.activate(nil)
    UserSpace.Process<Mock>.release(Mock.process)
    XCTAssertEqual(pool.freeCount, free)
  }

  /// An ELF file of the 64-bit class with one segment.
  private static var program: [UInt8] {
    var file = [UInt8](repeating: 0, count: 0x1000)
    func put(_ value: UInt64, _ size: Int, at offset: Int) {
      for index in 0..<size {
        file[offset + index] = UInt8(truncatingIfNeeded: value >> (index * 8))
      }
    }
    put(0x0001_0102_464c_457f, 8, at: 0)
    put(2, 2, at: 16)
    put(243, 2, at: 18)
    put(0x10_100, 8, at: 24)
    put(64, 8, at: 32)
    put(56, 2, at: 54)
    put(1, 2, at: 56)
    put(1, 4, at: 64)
    put(5, 4, at: 68)
    put(0x10_000, 8, at: 80)
    put(0x1000, 8, at: 96)
    put(0x1000, 8, at: 104)
    return file
  }

  @discardableResult
  private func call(_ number: UInt64, _ arguments: UInt64...) -> Int64 {
    var frame = LongRegisters()
    for (index, argument) in arguments.enumerated() { frame.x[index] = argument }
    frame.x[8] = number
    SystemCalls<Mock>.dispatch(&frame, Mock.process)
    return Int64(bitPattern: frame.x[0])
  }

  private func longs(_ address: UInt32, _ count: Int) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: count)
    let range = UserRange(base: UserAddress(address), byteCount: count * 8)
    XCTAssertTrue(range.map { TestUser<LongArchitecture>.copyIn(&result, from: $0) } ?? false)
    return result
  }

  private func put(_ longs: [UInt64]) -> UInt64 {
    let range = UserRange(base: UserAddress(buffer), byteCount: longs.count * 8)
    XCTAssertTrue(range.map { TestUser<LongArchitecture>.copyOut(longs, to: $0) } ?? false)
    return UInt64(buffer)
  }

  func testProgramStartsWithLongsOnItsStack() {
    XCTAssertEqual(frame.counter, 0x10_100)
    let words = longs(UInt32(frame.stack), 12)
    XCTAssertEqual(words[0], 1, "argc")
    XCTAssertEqual(words[2], 0, "the end of the arguments")
    XCTAssertEqual(words[5], 0, "the end of the environment")
    XCTAssertTrue(words.contains(0x112d), "AT_HWCAP")
  }

  func testCallsHaveGenericNumbersAndLongResults() {
    XCTAssertEqual(call(172), 1)
    XCTAssertEqual(call(3), -38, "ENOSYS")
    XCTAssertEqual(call(222, 0, 0x1000, 3, 0x22, .max, 5), -22, "an offset in bytes")
    XCTAssertEqual(call(64, 1, put([0x0a6b_6f]), 3), 3)
    XCTAssertEqual(TestConsole.output, Array("ok\n".utf8))
  }

  #if APUS_WORD_64
    func testAddressesAndLengthsHaveAllTheirBits() {
      let far = UInt64(1) << 32
      XCTAssertEqual(call(64, 1, put([0x0a6b_6f]) | far, 3), -14)
      XCTAssertEqual(call(64, 1, put([0x0a6b_6f]), 3 | far), -14)
      XCTAssertEqual(call(113, 0, UInt64(buffer) | far), -14)
      XCTAssertEqual(call(222, 0, far | 0x1000, 3, 0x22, .max, 0), -12)
      XCTAssertTrue(TestConsole.output.isEmpty)
    }
  #endif

  func testTimesAreTwoLongs() {
    XCTAssertEqual(call(113, 0, UInt64(buffer)), 0)
    XCTAssertEqual(longs(buffer, 2), [1_700_000_000, 123_456_789])
    XCTAssertEqual(call(165, 0, UInt64(buffer)), 0)
    XCTAssertEqual(longs(buffer, 18)[1...3], [0, 0, 0])
  }

  func testSystemRecordHas112Bytes() {
    _ = put([UInt64](repeating: 7, count: 15))
    XCTAssertEqual(call(179, UInt64(buffer)), 0)
    let words = longs(buffer, 15)
    XCTAssertEqual([words[0], words[10], words[13], words[14]], [5, 1, 1, 7])
    XCTAssertEqual(words[4], UInt64(pool.totalCount) << 12)
  }

  func testHandlerRunsAndReturnsWithoutARestorer() throws {
    // Handler, SA_SIGINFO and a restorer that does not count; the mask is the third word.
    XCTAssertEqual(call(134, 10, put([0x1_0200, 0x0400_0004, 1 << 2]), 0, 8), 0)
    XCTAssertEqual(call(134, 10, 0, UInt64(buffer) + 64, 8), 0)
    XCTAssertEqual(longs(buffer + 64, 4), [0x1_0200, 4, 1 << 2, 0])
    let process = Mock.process
    let info = SignalInfo(try XCTUnwrap(Signal(number: 10)), code: SignalInfo.byQueue, 5, 6, 7)
    Mock.processes.withLock { table in _ = table.send(info, to: process, task: nil) }
    frame.x[3] = 0x1234_5678_9abc_def0
    frame.x[8] = 139
    let before = frame
    UserSpace.Thread<Mock>.doUserReturnWork(&frame)
    XCTAssertEqual([frame.counter, frame.x[0]], [0x1_0200, 10])
    let ways = try XCTUnwrap(Mock.process.pointee.vdsoMapping?.signalReturns)
    XCTAssertEqual(frame.x[30], UInt64(ways.realTime.word))
    // si_signo, si_errno; si_code; si_pid, si_uid; si_value (asm-generic/siginfo.h).
    XCTAssertEqual(longs(UInt32(frame.stack), 4), [10, 0xffff_ffff, 6 << 32 | 5, 7])
    XCTAssertEqual(Mock.thread.pointee.signals.mask, 1 << 2 | 1 << 9)
    SystemCalls<Mock>.dispatch(&frame, Mock.process)
    XCTAssertEqual(frame, before)
    XCTAssertEqual(Mock.thread.pointee.signals.mask, 0)
  }
}
