// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import SystemMocks
import XCTest

@testable import System

/// Further CPUs that respond as a test wants. Each look at a phase takes a second.
private enum ScriptedProcessors: SecondaryProcessors {
  nonisolated(unsafe) static var phases: [ProcessorPhase] = []
  nonisolated(unsafe) static var history: [[ProcessorPhase]] = []
  nonisolated(unsafe) static var identities: [UInt32] = []
  /// The CPUs that the firmware refuses, and the last phase of those that stop responding.
  nonisolated(unsafe) static var refused: Set<UInt32> = []
  nonisolated(unsafe) static var last: [UInt32: ProcessorPhase] = [:]

  static func reset() {
    phases = [ProcessorPhase](repeating: .off, count: Int(limit))
    history = [[ProcessorPhase]](repeating: [], count: Int(limit))
    (identities, refused, last) = ([], [], [:])
  }

  static var limit: UInt32 { 4 }
  static var emptySpace: UInt64 { 0xe }

  static func phase(of cpu: UInt32) -> ProcessorPhase {
    TestClock.count += UInt64(TestClock.frequency)
    respond(cpu)
    return phases[Int(cpu)]
  }

  private static func respond(_ cpu: UInt32) {
    let phase = phases[Int(cpu)]
    guard identities.contains(cpu + 100), last[cpu] != phase else { return }
    switch phase {
    case .off: setPhase(.arrived, of: cpu)
    case .comparing: setPhase(.ready, of: cpu)
    case .admitted: setPhase(.running, of: cpu)
    default: break
    }
  }

  static func setPhase(_ phase: ProcessorPhase, of cpu: UInt32) {
    phases[Int(cpu)] = phase
    history[Int(cpu)].append(phase)
  }

  static func change(_ cpu: UInt32, from: ProcessorPhase, to: ProcessorPhase) -> Bool {
    guard phases[Int(cpu)] == from else { return false }
    setPhase(to, of: cpu)
    return true
  }

  static func start(_ cpu: UInt32, identity: UInt32, task: TaskNumber) -> Bool {
    guard !refused.contains(cpu) else { return false }
    identities.append(identity)
    return true
  }
}

/// The start of further CPUs. CPU n has the identity 100 + n.
final class ProcessorStartTests: SystemTestCase {
  private typealias Start = ProcessorStart<A, ScriptedProcessors>
  nonisolated(unsafe) private static var log: [String] = []

  override func setUpWithError() throws {
    try super.setUpWithError()
    ScriptedProcessors.reset()
    Self.log = []
    Log.setOutput { bytes, count, _ in
      let line = UnsafeBufferPointer(start: bytes, count: count)
      ProcessorStartTests.log.append(String(decoding: line, as: UTF8.self))
    }
  }

  override func tearDown() {
    Log.setOutput { _, _, _ in }
    super.tearDown()
  }

  private func start(
    _ present: Int, hasFirmware: Bool = true, unstartable: Set<Int> = []
  ) -> [String] {
    Start.startAll(
      present: present, me: 100, hasFirmware: hasFirmware,
      cpu: { unstartable.contains($0) ? nil : UInt32(100 + $0) })
    XCTAssertEqual(ScriptedProcessors.phases[0], .running)
    return Self.log.filter { $0.hasPrefix("processors:") }.map {
      $0.trimmingCharacters(in: .newlines)
    }
  }

  private var freeStacks: UInt32 { TestSpace.stackCount - UInt32(TestSpace.mapped.count) }

  func testOneCPUStartsNothingAndLogsNothing() {
    XCTAssertEqual(start(1), [])
    XCTAssertEqual(ScriptedProcessors.identities, [])
    XCTAssertFalse(A.system.isParallel)
  }

  func testWithoutFirmwareOneCPURuns() {
    XCTAssertEqual(
      start(4, hasFirmware: false), ["processors: 1 of 4 run: no firmware starts the others"])
    XCTAssertFalse(A.system.isParallel)
  }

  func testEachCPUPassesThroughAllPhases() {
    XCTAssertEqual(start(3), ["processors: 3 of 3 run"])
    XCTAssertEqual(ScriptedProcessors.identities, [101, 102])
    for cpu in 1...2 {
      XCTAssertEqual(
        ScriptedProcessors.history[cpu], [.arrived, .comparing, .ready, .admitted, .running])
    }
    XCTAssertTrue(A.system.isParallel, "the kernel lock is used from now on")
  }

  func testRefusedCPUKeepsNoStack() {
    let free = freeStacks
    ScriptedProcessors.refused = [1]
    XCTAssertEqual(
      start(2),
      ["processors: 1 is left out: firmware refuses", "processors: 1 of 2 run"])
    XCTAssertEqual(freeStacks, free)
    XCTAssertFalse(A.system.isParallel)
  }

  func testLateCPUIsAbandonedAndParks() {
    ScriptedProcessors.last = [1: .off]
    XCTAssertEqual(
      start(3), ["processors: 1 is left out: no response", "processors: 2 of 3 run"])
    XCTAssertEqual(ScriptedProcessors.phases[1], .abandoned)
    TestProcessor.number = 1
    defer { TestProcessor.number = 0 }
    XCTAssertFalse(Start.join { XCTFail("it is not configured") })
  }

  func testCPUThatStopsRespondingIsLeftOut() {
    ScriptedProcessors.last = [1: .comparing]
    XCTAssertEqual(
      start(3), ["processors: 1 is left out: stopped responding", "processors: 2 of 3 run"])
    XCTAssertEqual(ScriptedProcessors.phases[1], .comparing, "it is not admitted")
  }

  func testCPUWithoutAWayToStartIsLeftOut() {
    XCTAssertEqual(
      start(3, unstartable: [1]),
      ["processors: 1 is left out: no way to start it", "processors: 2 of 3 run"])
    XCTAssertEqual(ScriptedProcessors.identities, [102])
  }

  func testCPUsBeyondTheLimitAreNotStarted() {
    XCTAssertEqual(start(6), ["processors: 4 of 6 run"])
    XCTAssertEqual(ScriptedProcessors.identities, [101, 102, 103])
  }
}
