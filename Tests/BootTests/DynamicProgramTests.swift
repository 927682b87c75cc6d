// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Dynamically linked programs run with the dynamic linkers of Debian's musl and glibc packages.
final class DynamicProgramTests: BootTestCase {
  /// A libc with its dynamic linker.
  private enum LibC: String, CaseIterable {
    case musl, glibc

    /// The options of tools/cc-arm.
    var flags: [String] { self == .glibc ? ["-glibc"] : [] }

    /// The files below .build that go to /lib.
    var files: [String] {
      switch self {
      case .musl: ["sysroot/usr/lib/ld-musl-armhf.so.1"]
      case .glibc:
        ["ld-linux-armhf.so.3", "libc.so.6"].map {
          "sysroot-glibc/usr/lib/arm-linux-gnueabihf/" + $0
        }
      }
    }

    /// The path of the dynamic linker.
    var linker: String { self == .musl ? "/lib/ld-musl-armhf.so.1" : "/lib/ld-linux-armhf.so.3" }

    /// A folder with the libc and the library of the test in /lib.
    func root() throws -> URL {
      let root = try Workspace.scratchFile("root-\(rawValue)-\(UUID().uuidString)")
      let lib = root.appendingPathComponent("lib")
      try FileManager.default.createDirectory(at: lib, withIntermediateDirectories: true)
      for file in files {
        let source = Workspace.root.appendingPathComponent(".build/\(file)")
        try FileManager.default.copyItem(
          at: source.resolvingSymlinksInPath(),
          to: lib.appendingPathComponent(source.lastPathComponent))
      }
      try FileManager.default.copyItem(
        at: try Programs.build("plug", ["-shared"] + flags),
        to: lib.appendingPathComponent("libplug.so"))
      return root
    }
  }

  /// Boots a program with each libc.
  private func runAll(
    _ name: String, _ body: (LibC, Outcome) -> Void
  ) throws {
    for libc in LibC.allCases {
      let program = try Programs.build(name, ["-dynamic"] + libc.flags)
      let root = try libc.root()
      defer { try? FileManager.default.removeItem(at: root) }
      body(libc, try Machine.run(program: program, options: ["--root", root.path]))
    }
  }

  func testDynamicLinkersLoadProgramsAndLibraries() throws {
    try runAll("dynamic") { assertStatus($1, 0, $0.rawValue) }
  }

  func testDynamicProgramsReadTheTimeWithoutASystemCall() throws {
    try runAll("libc_time") {
      assertStatus($1, 0, $0.rawValue)
      assertOneLine($1, "\($0.rawValue), 0 calls each")
    }
  }

  func testMissingDynamicLinkerIsNamed() throws {
    for libc in LibC.allCases {
      let program = try Programs.build("dynamic", ["-dynamic"] + libc.flags)
      let outcome = try Machine.run(program: program)
      assertStatus(outcome, 127, libc.rawValue)
      XCTAssertEqual(outcome.errors, "init: /init needs \(libc.linker): not found\n")
    }
  }
}
