import Foundation
import XCTest

/// Tests/Models searched by spin through every order: the designs are right, and each thing that they
/// need is needed.
final class SpinModelTests: XCTestCase {
  private let models = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Models")

  private func run(_ command: [String], in folder: URL) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// What the search says of a model with `change`: nil for no error.
  private func error(_ model: String, with change: String) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    guard try run(["sh", "-c", "command -v spin"], in: folder).status == 0 else {
      throw XCTSkip("spin is not installed: tools/setup tests")
    }
    let file = models.appending(path: model).path
    let made = try run(["spin", "-Pclang -E -x c", "-D\(change)", "-a", file], in: folder)
    XCTAssertEqual(made.status, 0, made.output)
    let compiled = try run(["clang", "-w", "-DSAFETY", "-o", "pan", "pan.c"], in: folder)
    XCTAssertEqual(compiled.status, 0, compiled.output)
    let search = try run(["./pan", "-m100000"], in: folder)
    XCTAssertTrue(search.output.contains("State-vector"), search.output)
    XCTAssertFalse(search.output.contains("max search depth too small"), search.output)
    return search.output.contains("errors: 0") ? nil : search.output
  }

  func testInheritanceIsRightInEveryOrder() throws {
    XCTAssertNil(try error("mutex_inheritance.pml", with: "NO_CHANGE"))
  }

  func testAMutexWithoutOneOfItsPartsIsWrong() throws {
    for change in ["NO_CHAIN", "NO_RETURN", "NO_TIMEOUT_RETURN"] {
      let found = try XCTUnwrap(try error("mutex_inheritance.pml", with: change), change)
      XCTAssertTrue(found.contains("assertion violated (urgency["), found)
    }
  }

  func testNoWakeUpIsLostInAnyOrder() throws {
    XCTAssertNil(try error("wake_up.pml", with: "NO_CHANGE"))
    let forgotten = try XCTUnwrap(try error("wake_up.pml", with: "NO_PENDING"))
    XCTAssertTrue(forgotten.contains("assertion violated (((done==2)"), forgotten)
    let twice = try XCTUnwrap(try error("wake_up.pml", with: "WAKE_READY"))
    XCTAssertTrue(twice.contains("assertion violated (queued==0)"), twice)
  }
}
