// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

@testable import RTOSCore

final class LockAuditTests: XCTestCase {
  private let here = LockSite("A.swift", 1)
  private let there = LockSite("B.swift", 2)

  private func expect(
    _ violation: LockViolation?, _ rule: LockViolation.Rule, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    XCTAssertEqual(violation?.rule, rule, file: file, line: line)
    XCTAssertEqual(violation?.first.line, here.line, file: file, line: line)
    XCTAssertEqual(violation?.second.line, there.line, file: file, line: line)
  }

  func testLocksInOrderMayBeReleasedInAnyOrder() {
    var audit = LockAudit()
    XCTAssertNil(audit.willAcquire(1, .ticks, at: here))
    XCTAssertNil(audit.willAcquire(2, .unordered, at: here))
    XCTAssertNil(audit.willAcquire(3, .scheduler, at: here))
    XCTAssertNil(audit.willRelease(1, .ticks, at: here))
    XCTAssertNil(audit.willRelease(3, .scheduler, at: here))
    XCTAssertNil(audit.willRelease(2, .unordered, at: here))
    XCTAssertEqual(audit.count, 0)
    XCTAssertNil(audit.willAcquire(3, .scheduler, at: here))
  }

  func testLockOrderIsTheDocuments() throws {
    let design = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/design.md")
    let rows = try String(contentsOf: design, encoding: .utf8).matches(
      of: /\n\| ([0-9]+) `([a-z]+)` \|/)
    XCTAssertEqual(
      rows.map { "\($0.output.1) \($0.output.2)" },
      LockLevel.allCases.dropFirst().map { "\($0.rawValue) \($0.name)" })
  }

  func testSecondAcquireOfALockIsFound() {
    for level in [LockLevel.unordered, .scheduler] {
      var audit = LockAudit()
      _ = audit.willAcquire(1, level, at: here)
      expect(audit.willAcquire(1, level, at: there), .recursive)
      XCTAssertEqual(audit.count, 1)
    }
  }

  func testLockOfTheSameOrALowerLevelIsFound() {
    for level in [LockLevel.frames, .ticks] {
      var audit = LockAudit()
      _ = audit.willAcquire(1, .frames, at: here)
      expect(audit.willAcquire(2, level, at: there), .outOfOrder)
    }
  }

  func testReleaseOfALockThatIsNotHeldIsFound() {
    var audit = LockAudit()
    _ = audit.willAcquire(1, .frames, at: here)
    XCTAssertEqual(audit.willRelease(2, .frames, at: there)?.rule, .notHeld)
    XCTAssertNil(audit.willRelease(1, .frames, at: here))
    XCTAssertEqual(audit.willRelease(1, .frames, at: here)?.rule, .notHeld)
  }

  func testLocksThatAreNeverReleasedAreFound() {
    var audit = LockAudit()
    for lock: UInt in 0..<8 { _ = audit.willAcquire(lock, .unordered, at: here) }
    expect(audit.willAcquire(8, .unordered, at: there), .tooMany)
  }

  func testUseIsCountedForEachLockWithTheLongestTimes() {
    var audit = LockAudit()
    for (asked, had, freed) in [(100, 100, 130), (200, 250, 260)] as [(UInt32, UInt32, UInt32)] {
      XCTAssertNil(audit.willAcquire(1, .frames, at: here, now: asked))
      audit.didAcquire(isContended: asked != had, now: had)
      XCTAssertNil(audit.willRelease(1, .frames, at: here, now: freed))
    }
    // The clock wraps in the middle.
    XCTAssertNil(audit.willAcquire(2, .ticks, at: here, now: .max))
    audit.didAcquire(isContended: false, now: .max)
    XCTAssertNil(audit.willRelease(2, .ticks, at: here, now: 6))
    let use = audit.use(of: .frames)
    XCTAssertEqual(
      [use.acquisitions, use.contentions, use.longestHeld, use.longestWait], [2, 1, 30, 50])
    XCTAssertEqual(audit.use(of: .ticks).longestHeld, 7)
    XCTAssertEqual(audit.use(of: .scheduler).acquisitions, 0)
  }

  func testLevelsHaveDistinctNames() {
    let names = LockLevel.allCases.map { "\($0.name)" }
    XCTAssertEqual(Set(names).count, names.count)
    XCTAssertEqual(LockLevel.allCases.map { Int($0.rawValue) }, Array(0..<names.count))
    for level in LockLevel.allCases { XCTAssertEqual(LockAudit().use(of: level).acquisitions, 0) }
  }

  nonisolated(unsafe) private static var logEnd: Int32 = -1

  /// The log when `body` breaks a rule, in a child process that must die of it.
  private func panic(_ body: () -> Void) throws -> String {
    let pipe = Pipe()
    Self.logEnd = pipe.fileHandleForWriting.fileDescriptor
    Log.setOutput { bytes, count, _ in _ = write(LockAuditTests.logEnd, bytes, count) }
    defer { LogCapture.start() }
    let signal = ChildProcess.signal {
      alarm(20)
      body()
    }
    XCTAssertTrue(signal == SIGILL || signal == SIGTRAP, "ended with \(signal ?? 0)")
    try pipe.fileHandleForWriting.close()
    let data = try XCTUnwrap(try pipe.fileHandleForReading.readToEnd())
    return String(decoding: data, as: UTF8.self)
  }

  func testLockViolationPanicsWithBothPlaces() throws {
    #if !DEBUG
      throw XCTSkip("only debug builds check")
    #endif
    ThreadProcessor.silicon.number = 3
    defer { ThreadProcessor.silicon.number = 0 }
    let outer = SpinLock<ThreadProcessor>(.scheduler)
    let inner = SpinLock<ThreadProcessor>(.ticks)
    let line = #line
    let text = try panic {
      outer.withLock {
        inner.withLock {}
      }
    }
    XCTAssertEqual(
      text,
      """
      panic: lock ticks is taken out of order: \
      first scheduler at RTOSCoreTests/LockAuditTests.swift:\(line + 2), \
      then at RTOSCoreTests/LockAuditTests.swift:\(line + 3)
      panic: cpu 3 holds lock scheduler at RTOSCoreTests/LockAuditTests.swift:\(line + 2)\n
      """)
    inner.withLock { outer.withLock {} }
  }
}
