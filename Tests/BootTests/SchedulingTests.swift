// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Scheduling policies and nice values of programs on the booted kernel.
final class SchedulingTests: BootTestCase {
  /// The loads are the nice values of processes that only compute, after the number of CPUs and the
  /// time in milliseconds. With two CPUs, one load has a process that cannot use all of its share.
  func testCPUTimeIsSharedByNiceValues() throws {
    let program = try Programs.build("fair_shares")
    let loads = [
      "1 1000 0 0 0", "1 1000 0 5", "1 1000 -5 0 19", "2 500 0 0 0", "2 500 -20 0 0",
      "2 500 0 5 0 5",
    ]
    let boots = loads.map { load in
      let words = load.split(separator: " ").map(String.init)
      return Machine.Boot(
        program: program, arguments: words, options: ["--icount", "--smp", words[0]])
    }
    for (load, outcome) in zip(loads, try Machine.runAll(boots)) { assertStatus(outcome, 0, load) }
  }

  func testRealTimeLimitEndsARunawayThread() throws {
    let program = try Programs.build("runaway")
    assertStatus(
      try Machine.run(program: program, arguments: ["limit"], options: ["--icount"]), 0)
  }

  func testKeyEndsRunawayThreadsOnAllCPUs() throws {
    let program = try Programs.build("runaway")
    let file = try Workspace.scratchFile("runaway-key")
    // The boot may lose a byte when it configures the UART: KILL, which has no effect.
    try Data("\u{15}\u{3}".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let boots = [1, 2, 4].map {
      Machine.Boot(
        program: program, arguments: ["key"], options: ["--smp", "\($0)"],
        append: "console=terminal,24x80", input: file)
    }
    for outcome in try Machine.runAll(boots) { assertStatus(outcome, 130) }
  }
}
