// SPDX-License-Identifier: Apache-2.0
import Foundation
import VdsoInspection
import VmRegionMocks
import XCTest

/// The C code with which programs and the kernel bind kits, on this machine.
final class BindTests: XCTestCase {
  private let kits = "\(BuiltKit.root)/.build/apus/kits"

  /// Builds a program, under sanitizers, and runs it.
  private func outcome(
    of name: String, _ flags: [String] = [], arguments: [String]
  ) throws -> ToolRun {
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
        "\(BuiltKit.root)/Tests/KitBuilderTests/Programs/\(name).c", "-o", program,
      ] + flags)
    XCTAssertEqual(built.status, 0, built.text)
    return try ToolRun(program, arguments)
  }

  /// Code of the kernel has the same header, without a C library.
  func testKernelCodeIsToldWhyAKitIsNotBound() throws {
    let outcome = try outcome(
      of: "bind_kernel", ["-ffreestanding", "-Wno-unused-function"],
      arguments: ["\(kits)/vstat.kit"])
    XCTAssertEqual(outcome.text, "bound\n")
    XCTAssertEqual(outcome.status, 0)
  }

  /// A changed image is refused or bound to itself: no access leaves it, as a sanitizer sees.
  func testChangedImagesAreNeverLeft() throws {
    let outcome = try outcome(of: "bind_mutants", arguments: ["\(kits)/vstat.kit", "50000"])
    XCTAssertEqual(outcome.status, 0, outcome.text)
    for part in outcome.text.split(separator: ",") {
      XCTAssertGreaterThan(Int(part.split(separator: " ").first ?? "") ?? 0, 1000, outcome.text)
    }
  }
}
