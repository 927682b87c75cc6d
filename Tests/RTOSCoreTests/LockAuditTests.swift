import Foundation
import XCTest

@testable import RTOSCore

final class LockAuditTests: XCTestCase {
  private let here = LockPlace("A.swift", 1)
  private let there = LockPlace("B.swift", 2)

  private func expect(
    _ violation: LockViolation?, _ rule: LockViolation.Rule, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    XCTAssertEqual(violation?.rule, rule, file: file, line: line)
    XCTAssertEqual(violation?.first.line, here.line, file: file, line: line)
    XCTAssertEqual(violation?.second.line, there.line, file: file, line: line)
  }

  func testLocksInOrderAndLetGoInAnyOrderAreFine() {
    var audit = LockAudit()
    XCTAssertNil(audit.take(1, .ticks, at: here))
    XCTAssertNil(audit.take(2, .unordered, at: here))
    XCTAssertNil(audit.take(3, .scheduler, at: here))
    XCTAssertNil(audit.release(1, at: here))
    XCTAssertNil(audit.release(3, at: here))
    XCTAssertNil(audit.release(2, at: here))
    XCTAssertEqual(audit.count, 0)
    XCTAssertNil(audit.take(3, .scheduler, at: here))
  }

  func testTheSameLockTwiceIsFound() {
    for level in [LockLevel.unordered, .scheduler] {
      var audit = LockAudit()
      _ = audit.take(1, level, at: here)
      expect(audit.take(1, level, at: there), .takenTwice)
      XCTAssertEqual(audit.count, 1)
    }
  }

  func testALockOfTheSameOrALowerLevelIsFound() {
    for level in [LockLevel.frames, .ticks] {
      var audit = LockAudit()
      _ = audit.take(1, .frames, at: here)
      expect(audit.take(2, level, at: there), .outOfOrder)
    }
  }

  func testALockThatIsNotHeldCannotBeLetGo() {
    var audit = LockAudit()
    _ = audit.take(1, .frames, at: here)
    expect(audit.release(2, at: there), .notHeld)
    XCTAssertNil(audit.release(1, at: here))
    XCTAssertEqual(audit.release(1, at: here)?.rule, .notHeld)
  }

  func testLocksThatAreNeverLetGoAreFound() {
    var audit = LockAudit()
    for lock: UInt in 0..<8 { _ = audit.take(lock, .unordered, at: here) }
    expect(audit.take(8, .unordered, at: there), .tooMany)
  }

  nonisolated(unsafe) private static var logEnd: Int32 = -1

  /// What the log says when `body` breaks a rule, in a child that must die of it.
  private func panic(_ body: () -> Void) throws -> String {
    let pipe = Pipe()
    Self.logEnd = pipe.fileHandleForWriting.fileDescriptor
    Log.setOutput { bytes, count in _ = write(LockAuditTests.logEnd, bytes, count) }
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

  func testAViolationPanicsWithBothPlaces() throws {
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
      lock: taken out of order on CPU 3: first at RTOSCoreTests/LockAuditTests.swift:\(line + 2), \
      then at RTOSCoreTests/LockAuditTests.swift:\(line + 3)\n
      """)
    inner.withLock { outer.withLock {} }
  }
}
