// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The device tree of the board under test: QEMU's for virt, otherwise that in the board's folder.
enum BoardTree {
  /// The name of a board in its first line.
  struct Machine {
    /// The nodes of /cpus.
    let processors: Int
    /// The first address of the node of memory, eight digits.
    let ramBase: String
  }

  /// A copy of the tree, which the caller removes.
  static func file(for program: URL) throws -> URL {
    let file = try Workspace.scratchFile("board-\(UUID().uuidString).dtb")
    if Workspace.board == "virt" {
      try DeviceTreeFile.make(for: program).write(to: file)
    } else {
      try FileManager.default.copyItem(at: Workspace.product("board.dtb"), to: file)
    }
    return file
  }

  /// Reads the tree.
  static func read(for program: URL) throws -> Machine {
    let file = try file(for: program)
    defer { try? FileManager.default.removeItem(at: file) }
    let memory = try nodes("/", in: file).compactMap { name -> String? in
      name.hasPrefix("memory@") ? String(name.dropFirst(7)) : nil
    }
    guard let base = memory.first else { throw Trouble("the board's tree has no memory@ADDRESS") }
    let processors = try nodes("/cpus", in: file).filter { $0.hasPrefix("cpu@") }.count
    return Machine(
      processors: processors,
      ramBase: String(repeating: "0", count: max(0, 8 - base.count)) + base)
  }

  /// One of the tools that come with dtc; its output.
  static func tool(_ name: String, _ arguments: [String]) throws -> String {
    let outcome = try Command.run(Workspace.tool(name), arguments)
    guard outcome.status == 0 else { throw Trouble("\(name): \(outcome.errors)") }
    return outcome.output
  }

  private static func nodes(_ path: String, in file: URL) throws -> [String] {
    try tool("fdtget", ["-l", file.path, path]).split(separator: "\n").map(String.init)
  }
}
