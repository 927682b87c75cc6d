// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// The machine under test: tools/run, as a user calls it.
enum Machine {
  /// Seconds after which a machine is stopped, and its test fails with status 124.
  static let timeout = 300

  /// A machine to boot.
  struct Boot: Sendable {
    /// Process 1.
    var program: URL
    /// Its arguments.
    var arguments: [String] = []
    /// Options of tools/run.
    var options: [String] = []
    /// More for the kernel's command line.
    var append: String?
    /// APUS_KERNEL and APUS_QEMU.
    var environment: [String: String] = [:]
    /// What arrives at the console; nothing if it is nil.
    var input: URL?
  }

  /// Boots a program and waits for the machine's end.
  static func run(
    program: URL, arguments: [String] = [], options: [String] = [], append: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(
      Boot(
        program: program, arguments: arguments, options: options, append: append,
        environment: environment))
  }

  /// Boots a program with the kernel's lines shown.
  static func runVerbosely(
    program: URL, arguments: [String] = [], options: [String] = [], append: String? = nil,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(
      program: program, arguments: arguments, options: options + ["--verbose"], append: append,
      environment: environment)
  }

  /// Boots all of `boots`, two at a time, and returns their ends in the same order.
  static func runAll(_ boots: [Boot]) throws -> [Outcome] {
    let ends = Ends()
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 2
    for (index, boot) in boots.enumerated() {
      queue.addOperation { ends.set(index, Result { try run(boot) }) }
    }
    queue.waitUntilAllOperationsAreFinished()
    return try boots.indices.map { try ends.get($0).get() }
  }

  /// Skips a boot whose options the board under test does not have: other boards have fixed memory
  /// and processors, and only virt has a calendar clock and other machines of QEMU.
  private static func skipWhatTheBoardIsNot(_ boot: Boot) throws {
    guard Workspace.board != "virt" else { return }
    let further = (boot.environment["APUS_QEMU"] ?? "").split(separator: " ").map(String.init)
    let asked = boot.options + further
    for option in ["--memory", "--cpu", "--smp", "-M", "-rtc"] where asked.contains(option) {
      throw XCTSkip("\(Workspace.board) does not support \(option)")
    }
  }

  private static func run(_ boot: Boot) throws -> Outcome {
    try skipWhatTheBoardIsNot(boot)
    // tools/run would build a kernel that is missing; a test must not wait for that.
    if boot.environment["APUS_KERNEL"] == nil { _ = try Workspace.product("kernel.bin") }
    var words = boot.options + ["--timeout", String(timeout)]
    if let append = boot.append { words += ["--append", append] }
    return try Command.run(
      Workspace.root.appendingPathComponent("tools/run"),
      words + ["--", boot.program.path] + boot.arguments, environment: boot.environment,
      input: boot.input)
  }

  /// The ends of several machines, filled in from several threads.
  private final class Ends: @unchecked Sendable {
    private let lock = NSLock()
    private var results: [Int: Result<Outcome, any Error>] = [:]

    func set(_ index: Int, _ result: Result<Outcome, any Error>) {
      lock.withLock { results[index] = result }
    }

    func get(_ index: Int) -> Result<Outcome, any Error> {
      lock.withLock { results[index] } ?? .failure(Trouble("boot \(index) did not run"))
    }
  }
}
