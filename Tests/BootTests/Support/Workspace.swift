// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The folders of the package, and the tools of the toolchain.
///
/// Must not: build the kernel. If a test needs it, its message names `make build`.
enum Workspace {
  /// The folder of Package.swift.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The board under test: a folder of image/boards, from APUS_BOARD as for tools/run.
  static let board = ProcessInfo.processInfo.environment["APUS_BOARD"] ?? "virt"

  /// The C and Swift programs that tests boot.
  static let programs = root.appendingPathComponent("Tests/BootTests/Programs")

  /// The folder for build products of tests, which is kept from run to run.
  static let scratch = root.appendingPathComponent(".build/boot-tests")

  /// The products of `make build`.
  static func product(_ name: String) throws -> URL {
    let ofBoard = board != "virt" && (name.hasPrefix("kernel.") || name.hasPrefix("board."))
    let place = ".build/apus/" + (ofBoard ? "boards/\(board)/" : "") + name
    let file = root.appendingPathComponent(place)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Trouble("there is no \(place): run `make build BOARD=\(board)` first")
    }
    return file
  }

  /// A file of its own in the scratch folder.
  static func scratchFile(_ name: String) throws -> URL {
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    return scratch.appendingPathComponent(name)
  }

  /// A program of the Swift toolchain, beside `swift` itself; else from PATH.
  static func tool(_ name: String) throws -> URL {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in path.split(separator: ":") {
      let swift = URL(fileURLWithPath: String(folder)).appendingPathComponent("swift")
      guard FileManager.default.isExecutableFile(atPath: swift.path) else { continue }
      let tool = swift.resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
    }
    for folder in path.split(separator: ":") {
      let tool = URL(fileURLWithPath: String(folder)).appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: tool.path) { return tool }
    }
    throw Trouble("\(name) is neither beside swift nor on PATH")
  }
}

/// Why a test could not even begin.
struct Trouble: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
