// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The Makefile, and the tools behind `make test` and `make check`, with stubs for slow steps.
final class MakeTests: XCTestCase {
  /// A folder with the Makefile, in which the tools do nothing and tools/run prints its arguments.
  private func makefile() throws -> ToolFolder {
    let folder = try ToolFolder(copying: [
      "Makefile", "image/vdso/vdso.mk", "image/kits/kits.mk", "image/boards", "image/boot",
      "image/toolset.json",
    ])
    let release = ".build/target/armv7-none-none-eabi/release"
    try folder.stub("tools/setup", "mkdir -p .build/apus")
    try folder.stub("tools/build-vdso", "[[ -e .build/apus/vdso.so ]] || touch .build/apus/vdso.so")
    try folder.stub("tools/build-kit", "mkdir -p .build/apus/kits")
    try folder.stub(
      "tools/swift-build",
      "mkdir -p \(release) && [[ -e \(release)/Kernel ]] || touch \(release)/Kernel .build/target/kernel.map"
    )
    try folder.stub("tools/cc-arm", "touch \"${@: -1}\"")
    try folder.stub("tools/run", "printf '%s\\n' \"$@\"")
    return folder
  }

  func testProgramPathMayHaveBlanksAndQuotes() throws {
    let outcome = try makefile().run(
      #"make run OBJCOPY=true PROGRAM="/tmp/it's a \"b\"" ARGS='x y'"#)
    XCTAssertEqual(outcome.status, 0, outcome.errors)
    XCTAssertEqual(
      outcome.lines, ["--board", "virt", "--verbose", #"/tmp/it's a "b""#, "x", "y"])
  }

  func testUpToDateBuildPrintsNothing() throws {
    let folder = try makefile()
    XCTAssertEqual(
      try folder.run("make build OBJCOPY=true").errors,
      "build: the first program\nbuild: the shell's commands of LiteOS\n")
    let again = try folder.run("make build OBJCOPY=true")
    XCTAssertEqual(again.status, 0)
    XCTAssertEqual(again.output + again.errors, "")
  }

  func testUnknownBoardIsRefusedWithTheList() throws {
    let folder = try makefile()
    for board in ["foo", "virt raspi2b", "raspi2b virt", "", "%", "../boards/virt"] {
      let outcome = try folder.run("make run 'BOARD=\(board)'")
      XCTAssertEqual(outcome.status, 2, board)
      XCTAssertTrue(
        outcome.errors.contains("there is no board '\(board)'; BOARD is one of: "), outcome.errors)
      for name in ["virt", "raspi2b", "template"] {
        XCTAssertTrue(outcome.errors.contains(" \(name)"), outcome.errors)
      }
      XCTAssertEqual(outcome.output, "")
    }
  }

  func testColumnsOfTheHelpAreAligned() throws {
    let lines = try makefile().run("make").lines
    XCTAssertGreaterThan(lines.count, 10)
    let columns = lines.map { line in
      line.range(of: "^  make [a-z-]+ +", options: .regularExpression).map {
        line.distance(from: line.startIndex, to: $0.upperBound)
      }
    }
    XCTAssertEqual(Set(columns).count, 1, lines.joined(separator: "\n"))
  }

  func testMakeStartedByARecipePrintsNoFolder() throws {
    let folder = try makefile()
    try folder.stub("tools/run", "make clean")
    let outcome = try folder.run("make run OBJCOPY=true")
    XCTAssertEqual(outcome.status, 0, outcome.errors)
    XCTAssertEqual(outcome.output, "rm -rf .build\n")
  }

  // MARK: tools/swift-build and tools/test

  func testBuildPrintsOneLineForEachCompilation() throws {
    let folder = try ToolFolder(copying: ["tools/swift-build"])
    try folder.command("swift", "echo Building; echo '[0/1] Planning build'; echo Build complete!")
    XCTAssertEqual(try folder.run("tools/swift-build 'the kernel' -c release").errors, "")
    try folder.command("swift", "echo '[1/2] Compiling A'; echo '[2/2] Compiling B'")
    let outcome = try folder.run("tools/swift-build 'the kernel' -c release")
    XCTAssertEqual(outcome.status, 0)
    XCTAssertEqual(outcome.errors, "build: the kernel (the first time takes minutes)\n")
    XCTAssertEqual(outcome.output, "")
  }

  func testFailedBuildShowsTheCompilersMessage() throws {
    let folder = try ToolFolder(copying: ["tools/swift-build"])
    try folder.command("swift", "echo 'a.swift:1: error: no'; exit 1")
    let outcome = try folder.run("tools/swift-build 'the kernel' -c release")
    XCTAssertEqual(outcome.status, 1)
    XCTAssertEqual(outcome.errors, "a.swift:1: error: no\n")
  }

  func testUncountableTestRunIsOneFailure() throws {
    let folder = try ToolFolder(copying: ["tools/test"])
    try folder.stub("tools/swift-build", "")
    try folder.command("swift", "echo died; exit 139")
    let outcome = try folder.run("tools/test")
    XCTAssertNotEqual(outcome.status, 0)
    XCTAssertEqual(outcome.lines.last, "0 passed, 1 failed")
  }

  func testSuiteIsReportedWhenItEnds() throws {
    let folder = try ToolFolder(copying: ["tools/test"])
    try folder.stub("tools/swift-build", "")
    // The second suite begins when the first one's line was read.
    try folder.command(
      "swift",
      """
      echo "Test Suite 'FirstTests' passed at now"
      for ((i = 0; i < 100; i++)); do [[ -e '\(folder.place.path)/read' ]] && break; sleep 0.1; done
      [[ -e '\(folder.place.path)/read' ]] || echo "error: it was not read"
      echo "Test Suite 'SecondTests' passed at now"
      echo " Executed 12 tests, with 2 tests skipped and 0 failures (0 unexpected)"
      """)
    let outcome = try folder.run(
      "tools/test | while read -r line; do echo \"$line\"; touch read; done")
    XCTAssertEqual(
      outcome.lines,
      [
        "Test Suite 'FirstTests' passed at now", "Test Suite 'SecondTests' passed at now",
        "10 passed, 0 failed, 2 skipped",
      ])
  }

  // MARK: .ci/run

  /// Runs it without an input and with stubs: `machine` for tools/fresh-machine, and a make that
  /// counts five tests.
  private func check(gates: String = "", machine: String) throws -> Outcome {
    let folder = try ToolFolder(copying: [".ci/run"])
    try folder.command(
      "make", "echo \"make $*\"; [[ $1 != test ]] || echo '5 passed, 0 failed'")
    for tool in ["doc-check", "docs", "bench", "fuzz"] { try folder.stub("tools/\(tool)", "") }
    try folder.stub("tools/gates", gates)
    try folder.stub("tools/fresh-machine", machine)
    return try folder.run(".ci/run <&-")
  }

  func testLastLineOfTheCheckCountsTheTests() throws {
    let outcome = try check(machine: "echo '885 passed, 0 failed'; echo done >&2")
    XCTAssertEqual(outcome.status, 0)
    XCTAssertEqual(outcome.lines.last, "885 passed, 0 failed")
    let red = try check(machine: "echo '872 passed, 13 failed'; exit 2")
    XCTAssertNotEqual(red.status, 0)
    XCTAssertEqual(red.lines.last, "872 passed, 13 failed")
  }

  func testFailureOutsideOfTheTestsIsOneFailureInTheLastLine() throws {
    let good = "echo '885 passed, 0 failed'"
    for (gates, machine) in [
      ("exit 1", good), ("[[ $1 != sanitizers ]]", good), ("", "\(good); exit 1"), ("", "exit 1"),
      ("", "exit 0"),
    ] {
      let outcome = try check(gates: gates, machine: machine)
      XCTAssertNotEqual(outcome.status, 0, "\(gates), \(machine)")
      XCTAssertEqual(outcome.lines.last, "0 passed, 1 failed", "\(gates), \(machine)")
    }
  }

  func testFreshMachineWithoutRootHasItsOwnStatus() throws {
    let folder = try ToolFolder(copying: ["tools/fresh-machine"])
    try folder.command("sudo", "exit 1")
    let outcome = try folder.runAsUser("env XDG_CACHE_HOME=cache tools/fresh-machine")
    XCTAssertEqual(outcome.status, 3)
    XCTAssertEqual(outcome.errors, "fresh-machine: needs root\n")
  }

  func testCheckWithoutRootRunsTheTwoCommandsHere() throws {
    let outcome = try check(machine: "echo needs root >&2; exit 3")
    XCTAssertEqual(outcome.status, 0)
    XCTAssertEqual(outcome.lines.last, "5 passed, 0 failed")
    for command in ["make run", "make test"] {
      XCTAssertEqual(outcome.lines.filter { $0 == command }.count, 1, outcome.output)
    }
  }
}
