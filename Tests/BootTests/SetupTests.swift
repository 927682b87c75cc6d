// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// tools/setup when tools are missing, or after the checkout has moved to another folder.
final class SetupTests: XCTestCase {
  private let toolchain = ["swift", "clang", "ld.lld", "llvm-objcopy"]
  private let tools = ["qemu-system-arm", "cpio", "gdb-multiarch", "dtc"]

  /// A folder with tools/setup, a complete sysroot, and commands that are all there but `hidden`.
  private func folder(hiding hidden: [String]) throws -> ToolFolder {
    let folder = try ToolFolder(copying: ["tools/setup"])
    for name in toolchain + tools where !hidden.contains(name) {
      try folder.command(name, "echo Swift version 6.3.1")
    }
    try folder.command("apt-get", "echo \"$*\" >>'\(folder.place.path)/apt.log'")
    // The data that tools/setup compares: the sysroot is of these packages.
    try folder.write(
      ".build/sysroot/.complete", "trixie musl musl-dev libgcc-14-dev musl>=1.2.4 lib\n")
    try folder.hideCommands(toolchain + tools + ["apt-get", "sudo"])
    return folder
  }

  func testMissingSwiftIsReportedLastAndNothingIsFetched() throws {
    let folder = try folder(hiding: ["swift", "cpio"])
    let outcome = try folder.run("tools/setup")
    XCTAssertEqual(outcome.status, 1)
    XCTAssertEqual(
      outcome.errors,
      """
      setup: missing: swift (the Swift toolchain, 6.3 or later)
      setup:     install Swift 6.3 or later (swift.org/install), put its usr/bin on PATH

      """)
    XCTAssertNil(folder.text("apt.log"))
  }

  func testBuildOfAnotherFolderIsRemovedOnce() throws {
    let folder = try folder(hiding: [])
    try folder.write(".build/place", "/somewhere/else\n")
    try folder.write(".build/debug/module.pcm", "/somewhere/else")
    try folder.write(".build/apus/kernel.bin", "kernel")
    let outcome = try folder.run("tools/setup")
    XCTAssertEqual(outcome.status, 0, outcome.errors)
    XCTAssertEqual(
      outcome.errors,
      "setup: this checkout was in /somewhere/else: everything is built again here\n")
    XCTAssertNil(folder.text(".build/debug/module.pcm"))
    XCTAssertNotNil(folder.text(".build/apus/kernel.bin"))
    XCTAssertNotNil(folder.text(".build/sysroot/.complete"))

    try folder.write(".build/debug/module.pcm", "here")
    let again = try folder.run("tools/setup")
    XCTAssertEqual(again.status, 0)
    XCTAssertEqual(again.errors, "")
    XCTAssertNotNil(folder.text(".build/debug/module.pcm"))
  }

  /// Runs tools/setup as a normal user; sudo requires a password and cpio is missing.
  private func asUser(_ folder: ToolFolder, _ terminal: String) throws -> Outcome {
    // sudo asks for the password unless `-n` forbids it, and then runs its command.
    try folder.command(
      "sudo",
      """
      echo "sudo $*" >>'\(folder.place.path)/sudo.log'
      [[ $1 != -n ]] || exit 1
      exec "$@"
      """)
    return try folder.runAsUser(terminal)
  }

  func testSudoMayAskForThePasswordAtATerminal() throws {
    let folder = try folder(hiding: ["cpio"])
    let outcome = try asUser(folder, "script -qec tools/setup /dev/null")
    XCTAssertEqual(outcome.status, 0, outcome.output + outcome.errors)
    XCTAssertEqual(outcome.lines(with: "sudo may ask for your password").count, 1, outcome.output)
    XCTAssertEqual(folder.text("apt.log")?.contains("--no-install-recommends cpio"), true)
  }

  func testCommandIsPrintedWithoutATerminal() throws {
    let folder = try folder(hiding: ["cpio"])
    let outcome = try asUser(folder, "tools/setup")
    XCTAssertEqual(outcome.status, 1)
    XCTAssertTrue(
      outcome.errors.contains(
        "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends cpio'"),
      outcome.errors)
    XCTAssertEqual(folder.text("sudo.log"), "sudo -n true\n")
    XCTAssertNil(folder.text("apt.log"))
  }
}
