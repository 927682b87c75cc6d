import Foundation
import VdsoInspection
import XCTest

/// The latch as a model, Tests/Models/latch.pml, searched by spin through every interleaving: the
/// design is right, and each thing that it needs is needed.
final class LatchModelTests: XCTestCase {
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

  private func requireSpin(_ folder: URL) throws {
    func isThere() throws -> Bool {
      try run(["sh", "-c", "command -v spin"], in: folder).status == 0
    }
    if try isThere() { return }
    _ = try run(["\(BuiltImage.root)/tools/setup", "tests"], in: folder)
    guard try isThere() else {
      throw XCTSkip("spin is not installed and tools/setup could not install it")
    }
  }

  /// What the search says of the model with `change`: nil for no error.
  private func error(with change: String) throws -> String? {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try requireSpin(folder)
    let tool = try XCTUnwrap(Disassembly.findTool())
    let clang = URL(fileURLWithPath: tool).deletingLastPathComponent().appending(path: "clang").path
    let model = "\(BuiltImage.root)/Tests/Models/latch.pml"
    let made = try run(["spin", "-P\(clang) -E -x c", "-D\(change)", "-a", model], in: folder)
    XCTAssertEqual(made.status, 0, made.output)
    let compiled = try run([clang, "-w", "-DSAFETY", "-o", "pan", "pan.c"], in: folder)
    XCTAssertEqual(compiled.status, 0, compiled.output)
    let search = try run(["./pan", "-m100000"], in: folder)
    // A search that ended early, for want of depth or memory, has said nothing.
    XCTAssertTrue(search.output.contains("State-vector"), search.output)
    XCTAssertFalse(search.output.contains("max search depth too small"), search.output)
    if search.output.contains("errors: 0") { return nil }
    return search.output.split(separator: "\n").first { $0.hasPrefix("pan:") }.map(String.init)
      ?? search.output
  }

  func testTheLatchIsRightInEveryInterleaving() throws {
    XCTAssertNil(try error(with: "NO_CHANGE"))
  }

  func testALatchWithoutOneOfItsPartsIsTorn() throws {
    for change in [
      "NO_RECHECK", "NO_WRITER_BARRIER", "NO_READER_BARRIER", "BOTH_BANKS", "WRONG_BANK",
    ] {
      let found = try XCTUnwrap(try error(with: change), change)
      XCTAssertTrue(found.contains("assertion violated (one==two)"), "\(change): \(found)")
    }
  }
}
