// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// A test of what stops the kernel: each such deed is done in a process of its own, which must die
/// of it.
class DeathTestCase: XCTestCase {
  private static let variable = "APUS_DEED"
  /// What a process ends with that has survived its deed.
  private static let survived: Int32 = 42
  /// Seconds that a process may take; one dies in a fraction of one.
  private static let limit: TimeInterval = 30

  /// Runs the deeds by name: here each in a further process, there the one that is asked for.
  func assertEachDies(
    _ deeds: [(name: String, deed: () throws -> Void)], file: StaticString = #filePath,
    line: UInt = #line
  ) throws {
    if let wanted = ProcessInfo.processInfo.environment[Self.variable] {
      for (name, deed) in deeds where name == wanted { try deed() }
      exit(Self.survived)
    }
    let control = try child(doing: "nothing")
    XCTAssertTrue(control.isExit, "the test does not reach its deeds", file: file, line: line)
    XCTAssertEqual(control.status, Self.survived, file: file, line: line)
    for (deed, _) in deeds {
      let end = try child(doing: deed)
      XCTAssertFalse(
        end.isExit && [0, Self.survived].contains(end.status),
        "\(deed) was survived: \(end.status)", file: file, line: line)
      XCTAssertFalse(end.isLate, "\(deed) did not end", file: file, line: line)
    }
  }

  private struct End {
    var isExit: Bool
    var status: Int32
    var isLate: Bool
  }

  /// The test program again, with this test alone.
  private func child(doing deed: String) throws -> End {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let words = name.split(separator: ".")
    child.arguments = ["VmRegionTests.\(words[0])/\(words[1])"]
    child.environment = ProcessInfo.processInfo.environment.merging(
      [Self.variable: deed, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
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
