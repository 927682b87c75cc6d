// SPDX-License-Identifier: Apache-2.0
import Foundation
import VdsoInspection
import VmRegionMocks
import XCTest

/// The C code with which programs bind kits, on this machine.
final class BindTests: XCTestCase {
  /// A changed image is refused or bound to itself: no access leaves it, as a sanitizer sees.
  func testChangedImagesAreNeverLeft() throws {
    let kits = "\(BuiltKit.root)/.build/apus/kits"
    let program = FileManager.default.temporaryDirectory.appendingPathComponent(
      "bind-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: program) }
    let clang = try XCTUnwrap(Disassembly.findTool()).replacing("llvm-objdump", with: "clang")
    let built = try ToolRun(
      clang,
      [
        "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fuse-ld=lld", "-O1", "-Wall",
        "-Wextra", "-Werror", "-I\(kits)/vstat/include",
        "\(BuiltKit.root)/Tests/KitBuilderTests/Programs/bind_mutants.c", "-o", program,
      ])
    XCTAssertEqual(built.status, 0, built.text)
    let outcome = try ToolRun(program, ["\(kits)/vstat.kit", "50000"])
    XCTAssertEqual(outcome.status, 0, outcome.text)
    for part in outcome.text.split(separator: ",") {
      XCTAssertGreaterThan(Int(part.split(separator: " ").first ?? "") ?? 0, 1000, outcome.text)
    }
  }
}
