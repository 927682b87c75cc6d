// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion
import VmRegionMocks
import SystemMocks
import XCTest

@testable import System
@testable import UserSpace

private struct Calendar: RealTimeClock {
  func secondsSinceEpoch() -> UInt32 { 1_600_000_000 }
}

/// The construction of the system in early memory, as at boot.
final class SystemAssemblyTests: SystemTestCase {
  private static let size = 1 << 20
  private let region = UnsafeMutableRawPointer.allocate(
    byteCount: SystemAssemblyTests.size, alignment: 4096)
  private let page = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)

  private func makeEarly(_ byteCount: Int = SystemAssemblyTests.size) -> EarlyMemory {
    region.initializeMemory(as: UInt8.self, repeating: 0xff, count: Self.size)
    let start = UInt(bitPattern: region)
    return EarlyMemory(from: start, to: start + UInt(byteCount)) { fatalError("exhausted") }
  }

  private func bytes(_ text: String) -> ImmortalBytes {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: text.utf8.count + 1, alignment: 1)
    memory.copyMemory(from: Array(text.utf8), byteCount: text.utf8.count)
    return ImmortalBytes(start: memory, count: text.utf8.count)
  }

  /// Installs a system whose frames are those of the test case's; returns where early memory ended
  /// when the frames were made, and where it ends afterwards.
  @discardableResult
  private func assemble(
    _ commandLine: String = "", fault: CounterFault? = nil, seed: String = "abc",
    initrd: String? = nil
  ) -> (atFrames: UInt, atEnd: UInt) {
    page.initializeMemory(as: UInt8.self, repeating: 0, count: 4096)
    var early = makeEarly()
    let frames = A.system.frames
    var atFrames: UInt = 0
    let facts = SystemFacts(
      cpuCount: 2, counterFault: fault, page: page, commandLine: bytes(commandLine),
      seed: (bytes(seed), 4), initrd: initrd.map(bytes))
    SystemAssembly<A>.install(
      facts, clock: Calendar(),
      check: Owner.Check(in: early.allocate(Owner.Check.State.self)), &early
    ) {
      atFrames = $0.end
      return frames
    }
    return (atFrames, early.end)
  }

  func testAssembledSystemTicksAndHasTheCalendarsDate() {
    assemble()
    A.system.ticks.start()
    tick(3)
    XCTAssertEqual(A.system.ticks.tickCount(), 3)
    XCTAssertEqual(Services.time(.realtime).seconds, 1_600_000_000)
    XCTAssertNil(A.system.counterFault)
  }

  func testBootRunsAsTheIdleTask() {
    assemble()
    XCTAssertEqual(scheduler.current.rawValue, 0)
    XCTAssertEqual(try scheduler.info(of: scheduler.current).priority, .idle)
  }

  func testEachStackHasATaskRecord() throws {
    assemble()
    for number in 1..<TestSpace.stackCount {
      XCTAssertEqual(try makeTask().rawValue, number)
    }
    XCTAssertThrowsError(try makeTask()) { XCTAssertEqual($0 as? KernelTaskError, .tableFull) }
  }

  func testCommandLineSetsTickAndOptions() {
    assemble("tick=100 norandomize")
    XCTAssertEqual(A.system.ticks.configuration.hertz, 100)
    XCTAssertFalse(A.system.options.randomizesAddresses)
    XCTAssertFalse(A.system.options.isVdsoForbidden)
    assemble("vdso=off")
    XCTAssertEqual(A.system.ticks.configuration.hertz, TickConfiguration.standard.hertz)
    XCTAssertTrue(A.system.options.randomizesAddresses)
    XCTAssertTrue(A.system.options.isVdsoForbidden)
  }

  func testFaultyCounterIsRecorded() {
    assemble(fault: .stopped)
    XCTAssertEqual(A.system.counterFault, .stopped)
  }

  func testNothingIsAllocatedAfterTheFramesAreMade() {
    let ends = assemble()
    XCTAssertGreaterThan(ends.atFrames, UInt(bitPattern: region))
    XCTAssertEqual(ends.atFrames, ends.atEnd)
  }

  func testDamagedArchiveIsNoFiles() {
    assemble(initrd: "no archive")
    A.system.ticks.start()
    tick()
    XCTAssertEqual(A.system.ticks.tickCount(), 1)
  }

  func testEarlyMemoryIsZeroedAlignedAndInOrder() {
    var early = makeEarly()
    let byte = early.allocate(byteCount: 1, alignment: 1)
    let words = early.allocate(UInt64.self, count: 3)
    XCTAssertEqual(byte, region)
    XCTAssertEqual(UnsafeMutableRawPointer(words), region + 8)
    XCTAssertEqual(byte.load(as: UInt8.self), 0)
    XCTAssertEqual((0..<3).map { words[$0] }, [0, 0, 0])
    XCTAssertEqual(early.end, UInt(bitPattern: region) + 32)
  }

  func testEarlyMemoryCanBeUsedToItsLastByte() {
    var early = makeEarly(64)
    _ = early.allocate(byteCount: 64, alignment: 16)
    XCTAssertEqual(early.end, UInt(bitPattern: region) + 64)
    XCTAssertEqual((region + 64).load(as: UInt8.self), 0xff)
  }

  func testGuardedValueIsReachedUnderItsLock() {
    var early = makeEarly()
    let guarded: UnsafePointer<Guarded<TestProcessor, UInt32>> = early.guarded(7, level: .random)
    XCTAssertEqual(guarded.pointee.withLock { $0 }, 7)
  }
}
