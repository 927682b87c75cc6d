// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import XCTest

/// tools/build-kit on copies of the kits' folders, in which one thing is wrong.
final class KitBuildTests: XCTestCase {
  private var place = URL(fileURLWithPath: "/")

  override func setUpWithError() throws {
    place = FileManager.default.temporaryDirectory.appendingPathComponent(
      "kit-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
  }

  override func tearDownWithError() throws { try FileManager.default.removeItem(at: place) }

  /// Copies the kit `name` into a folder, and replaces parts of its files.
  private func copy(
    _ name: String, to folder: String = "kit", _ changes: [(String, String, String)] = []
  ) throws -> String {
    let target = place.appendingPathComponent("\(folder)/\(name)")
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: "\(BuiltKit.root)/image/kits/\(name)", toPath: target.path)
    for (file, old, new) in changes {
      let path = target.appendingPathComponent(file)
      let text = try String(contentsOf: path, encoding: .utf8)
      XCTAssertTrue(text.contains(old), old)
      try Data(text.replacing(old, with: new).utf8).write(to: path)
    }
    return target.path
  }

  /// Builds the kit in `folder` into another folder; what it prints, and its status.
  private func build(
    _ folder: String, _ options: [String] = [], into: String = "out",
    environment: [String: String] = [:]
  ) throws -> ToolRun {
    var environment = environment
    // The checker is the one beside this test: SwiftPM is locked while a test runs.
    environment["KIT_CHECK"] =
      Bundle.main.executableURL?.deletingLastPathComponent()
      .appendingPathComponent("kit-check").path
    return try ToolRun(
      "\(BuiltKit.root)/tools/build-kit",
      options + ["--into", place.appendingPathComponent(into).path, folder],
      environment: environment)
  }

  /// Checks that the build fails with `message`, and leaves no image.
  private func expect(
    _ message: String, _ name: String, _ changes: [(String, String, String)],
    line: UInt = #line
  ) throws {
    let result = try build(copy(name, changes))
    XCTAssertNotEqual(result.status, 0, line: line)
    XCTAssertTrue(result.text.contains(message), result.text, line: line)
    XCTAssertFalse(
      FileManager.default.fileExists(atPath: place.appendingPathComponent("out/\(name).kit").path),
      line: line)
  }

  func testThreadSanitizerFindsNoRaceInTheQueue() throws {
    let right = try build(copy("vqueue", []), ["--races"])
    XCTAssertEqual(right.status, 0, right.text)
    let early = try build(
      copy(
        "vqueue", to: "early",
        [("send.c", "  kit_barrier();\n  lane->sent[0]", "  lane->sent[0]")]), ["--races"])
    XCTAssertNotEqual(early.status, 0)
    XCTAssertTrue(early.text.contains("data race"), early.text)
  }

  func testUndeclaredFunctionFailsTheBuild() throws {
    try expect(
      "export: template_own: in the sources, but not in the manifest", "template",
      [
        ("manifest", "export uint32_t template_own(void) else 0 most 8\n", ""),
        (
          "Exports.swift", "@c @implementation public func template_own",
          "@c(template_own) public func own2"
        ),
        ("host_test.c", "template_own()", "0"),
      ])
  }

  func testMissingFunctionFailsTheBuild() throws {
    try expect(
      "export: template_more@TEMPLATE_1: in the manifest, but not in the image", "template",
      [("manifest", "private yes", "private yes\nexport void template_more(void) most 3")])
  }

  func testAnotherSignatureFailsTheBuild() throws {
    try expect(
      "template_total()' of type '() -> UInt32' does not match", "template",
      [("manifest", "uint32_t template_total(void)", "uint64_t template_total(void)")])
  }

  func testMovedFieldFailsTheBuildWithTheNewHash() throws {
    try expect(
      "vstat_page.h:13: the layout has changed: raise the version, or write #define VSTAT_LAYOUT_HASH",
      "vstat", [("vstat_page.h", "uint32_t cpus_possible;", "uint32_t cpus_present;")])
  }

  func testCallOfTheRuntimeFailsTheBuild() throws {
    try expect(
      "undefined symbol: __aeabi_uldivmod", "template",
      [
        (
          "Exports.swift", "count &* TEMPLATE_STEP",
          "UInt32(truncatingIfNeeded: UInt64(count) << 32 / (UInt64(page.total.load()) | 1))"
        )
      ])
  }

  func testLoopWithoutABoundFailsTheBuild() throws {
    try expect(
      "bound: template_add: a loop has no bound", "template",
      [
        (
          "Exports.swift", "for _ in 0..<8 where page.total.tryAdd(value) {",
          "while page.total.load() > 0 { _ = page.total.tryAdd(1) }\n  if page.total.tryAdd(value) {"
        )
      ])
  }

  func testRedHostTestFailsTheBuild() throws {
    try expect(
      "the host test of template failed", "template",
      [("Exports.swift", "own &+= value", "own &+= value &+ 1")])
  }

  func testConstantsOfTheEnvironmentAreInTheImage() throws {
    let folder = try copy("template")
    let result = try build(folder, environment: ["TEMPLATE_STEP": "3"])
    XCTAssertEqual(result.status, 0, result.text)
    let text = try String(
      contentsOf: place.appendingPathComponent("out/template/include/template_kit.h"),
      encoding: .utf8)
    XCTAssertTrue(text.contains(#""constant uint32_t TEMPLATE_STEP 3\n""#))
    XCTAssertTrue(try build(folder).text.hasPrefix("build: the kit template"), "the default again")
    XCTAssertEqual(try build(folder).text, "", "nothing has changed")
    let bad = try build(folder, environment: ["TEMPLATE_STEPS": "3"])
    XCTAssertTrue(bad.text.contains("there is no constant 'TEMPLATE_STEPS'"), bad.text)
  }

  func testImageDoesNotDependOnFolders() throws {
    for (folder, output) in [("one", "out"), ("another/longer", "more/out")] {
      let result = try build(copy("tally", to: folder), into: output)
      XCTAssertEqual(result.status, 0, result.text)
    }
    for file in ["tally.kit", "tally/include/tally_kit.h"] {
      let files = try ["out", "more/out"].map {
        try Data(contentsOf: place.appendingPathComponent("\($0)/\(file)"))
      }
      XCTAssertEqual(files.first, files.last, file)
    }
  }
}
