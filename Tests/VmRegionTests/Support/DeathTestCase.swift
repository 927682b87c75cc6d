// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Base of tests of actions that stop the kernel. Each action runs in a process of its own, which
/// must die of it.
class DeathTestCase: XCTestCase {
  private static let variable = "APUS_FATAL_ACTION"
  /// The exit status of a process that survives its action.
  private static let survived: Int32 = 42
  /// Seconds that a process may take; one dies in a fraction of one.
  private static let limit: TimeInterval = 30

  /// Runs each action in a further process. That process is the test program again, which finds the
  /// name of its action in the environment.
  func assertEachDies(
    _ actions: [(name: String, action: () throws -> Void)], file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    if let wanted = ProcessInfo.processInfo.environment[Self.variable] {
      for (name, action) in actions where name == wanted { try action() }
      exit(Self.survived)
    }
    let control = try child(doing: "nothing")
    XCTAssertTrue(control.isExit, "the test does not reach its actions", file: file, line: line)
    XCTAssertEqual(control.status, Self.survived, file: file, line: line)
    for (action, _) in actions {
      let end = try child(doing: action)
      XCTAssertFalse(
        end.isExit && [0, Self.survived].contains(end.status),
        "\(action) was survived: \(end.status)", file: file, line: line)
      XCTAssertFalse(end.isLate, "\(action) did not end", file: file, line: line)
    }
  }

  private struct End {
    var isExit: Bool
    var status: Int32
    var isLate: Bool
  }

  /// The test program again, with this test alone.
  private func child(doing action: String) throws -> End {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let words = name.split(separator: ".")
    child.arguments = ["VmRegionTests.\(words[0])/\(words[1])"]
    child.environment = ProcessInfo.processInfo.environment.merging(
      [Self.variable: action, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
    child.standardOutput = FileHandle.nullDevice
    child.standardError = FileHandle.nullDevice
    try child.run()
    let end = Date() + Self.limit
    while child.isRunning, Date() < end { usleep(10_000) }
    let isLate = child.isRunning
    if isLate { kill(child.processIdentifier, SIGKILL) }
    child.waitUntilExit()
    return End(
      isExit: child.terminationReason == .exit, status: child.terminationStatus, isLate: isLate)
  }
}
