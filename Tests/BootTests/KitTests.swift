// SPDX-License-Identifier: Apache-2.0
import Foundation
import VmRegionMocks
import XCTest

/// Kits on the machine: those of the build, called by programs of both libcs and of Swift, and some
/// made by hand in /lib/kits.
final class KitTests: BootTestCase {
  /// A folder with these kits in /lib/kits.
  private func root(_ kits: [(String, Data)]) throws -> URL {
    let root = try Workspace.scratchFile("kits-\(UUID().uuidString)")
    let folder = root.appendingPathComponent("lib/kits")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, bytes) in kits { try bytes.write(to: folder.appendingPathComponent("\(name).kit")) }
    return root
  }

  private var made: [(String, Data)] {
    [
      ("box", Data(KitFile("box", mode: 0o666, sharedPages: 2).bytes)),
      (
        "counter",
        Data(KitFile("counter", version: 3, privateData: [7, 0x1004], relocated: [1]).bytes)
      ),
    ]
  }

  func testProgramsMapKitsForkAndExec() throws {
    let root = try root(made)
    defer { try? FileManager.default.removeItem(at: root) }
    let program = try Programs.build("kits")
    for processors in ["1", "4"] {
      let outcome = try Machine.run(
        program: program, options: ["--smp", processors, "--root", root.path])
      assertStatus(outcome, 0, processors)
      assertOneLine(outcome, "kits, after exec: 5 checks, 0 failed", processors)
    }
  }

  func testBadKitsAreRefusedByNameAndTheBootGoesOn() throws {
    var broken = KitFile("broken")
    broken.put32(KitFile.load + 24, 7)
    let root = try root([
      ("a", Data("not a kit".utf8)), ("b", Data(broken.bytes)),
      ("c", Data(KitFile("vstat", version: 2).bytes)),
      ("d", Data(KitFile("unknown", kernelPages: 1).bytes)),
      ("e", Data(KitFile("good").bytes)),
    ])
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.runVerbosely(
      program: try seven(), options: ["--root", root.path])
    assertStatus(outcome, 7)
    for line in [
      "kit: vstat, version 1, ", "kit: a.kit: refused: image size is out of range",
      "kit: b.kit: refused: loadable segment is not read and execute",
      "kit: vstat: refused: there is a kit of this name",
      "kit: unknown: refused: no writer for its layout", "kit: good, version 1, a0a1a2a3",
    ] { assertOneLine(outcome, line, line) }
  }

  func testKitTellsTheMachineAndItsLimits() throws {
    for flags in [[], ["-glibc"]] {
      let program = try Programs.build("kit_vstat", flags + ["--kit", "vstat"])
      let outcome = try Machine.run(program: program)
      assertStatus(outcome, 0, "\(flags)")
      assertOneLine(outcome, "vstat: 16 checks, 0 failed", "\(flags)")
    }
    let program = try Programs.build("kit_swift", ["--kit", "vstat"])
    assertOneLine(
      try Machine.run(program: program),
      "vstat: page size 4096, tick 1000 Hz, \(Workspace.board)")
  }

  func testKitTellsWhatTheSchedulerKnows() throws {
    let program = try Programs.build(
      "kit_vsched", ["--kit", "vsched"],
      with: [Workspace.root.appendingPathComponent("image/coroutines/publish.c")])
    for processors in ["1", "2", "4"] {
      let outcome = try Machine.run(program: program, options: ["--smp", processors])
      assertStatus(outcome, 0, processors)
      assertOneLine(outcome, "vsched: ", processors)
    }
  }

  func testCoroutinesAndThreadsAreTasks() throws {
    for flags in [[], ["-DFAIR"]] {
      let program = try Programs.build("coroutines", ["--coroutines"] + flags)
      for processors in ["1", "2", "4"] {
        let outcome = try Machine.run(program: program, options: ["--smp", processors])
        assertStatus(outcome, 0, "\(flags) \(processors)")
        assertOneLine(outcome, "coroutines: ", processors)
      }
    }
  }

  func testDynamicProgramsCallKits() throws {
    let libraries = [
      ([], ["sysroot/usr/lib/ld-musl-armhf.so.1"]),
      (
        ["-glibc"],
        ["ld-linux-armhf.so.3", "libc.so.6"].map {
          "sysroot-glibc/usr/lib/arm-linux-gnueabihf/\($0)"
        }
      ),
    ]
    for (flags, files) in libraries {
      let root = try root([])
      defer { try? FileManager.default.removeItem(at: root) }
      for file in files {
        let source = Workspace.root.appendingPathComponent(".build/\(file)")
        try FileManager.default.copyItem(
          at: source.resolvingSymlinksInPath(),
          to: root.appendingPathComponent("lib/\(source.lastPathComponent)"))
      }
      let program = try Programs.build("kit_vstat", ["-dynamic"] + flags + ["--kit", "vstat"])
      let outcome = try Machine.run(program: program, options: ["--root", root.path])
      assertStatus(outcome, 0, "\(flags)")
      assertOneLine(outcome, "vstat: 16 checks, 0 failed", "\(flags)")
    }
  }

  func testKitSharesPagesAndCallsOut() throws {
    let root = try root([
      ("tally", try Data(contentsOf: try Workspace.kit("tally")))
    ])
    defer { try? FileManager.default.removeItem(at: root) }
    let program = try Programs.build("kit_tally", ["--kit", "tally"])
    for (arguments, line) in [([], "tally: "), (["read"], "tally, reading: ")] {
      for processors in ["1", "4"] {
        let outcome = try Machine.run(
          program: program, arguments: arguments,
          options: ["--smp", processors, "--root", root.path])
        assertStatus(outcome, 0, line + processors)
        assertOneLine(outcome, line, line + processors)
      }
    }
  }

  func testSixtyFourProcessesUseFourKitsAtOnce() throws {
    let root = try root(
      ["tally", "vqueue"].map { ($0, try Data(contentsOf: try Workspace.kit($0))) })
    defer { try? FileManager.default.removeItem(at: root) }
    let program = try Programs.build(
      "kit_many", ["tally", "vqueue", "vsched", "vstat"].flatMap { ["--kit", $0] })
    for processors in ["1", "2", "4"] {
      let outcome = try Machine.run(
        program: program, options: ["--smp", processors, "--root", root.path])
      assertStatus(outcome, 0, processors)
      assertOneLine(outcome, "many: 7 checks, 0 failed", processors)
    }
  }

  func testQueueLosesAndRepeatsNothingAlthoughMembersDie() throws {
    let root = try root([("vqueue", try Data(contentsOf: try Workspace.kit("vqueue")))])
    defer { try? FileManager.default.removeItem(at: root) }
    let program = try Programs.build("kit_queue", ["--kit", "vqueue"])
    for processors in ["1", "2", "4"] {
      let outcome = try Machine.run(
        program: program, options: ["--smp", processors, "--root", root.path])
      assertStatus(outcome, 0, processors)
      assertOneLine(outcome, "queue: 30 checks, 0 failed", processors)
    }
  }

  /// As `make kit-kills` does for ten minutes.
  func testQueueGoesOnWhileMembersAreKilledAtRandom() throws {
    let root = try root([("vqueue", try Data(contentsOf: try Workspace.kit("vqueue")))])
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.run(
      program: try Programs.build("kit_queue", ["--kit", "vqueue"]), arguments: ["5"],
      options: ["--icount", "--root", root.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "kills: ")
    assertOneLine(outcome, "members in 5 s")
  }

  /// Instructions are time under `--icount`, so the kills hit one instruction after the other.
  func testMembersKilledAtEachInstructionLoseNothing() throws {
    let root = try root([("vqueue", try Data(contentsOf: try Workspace.kit("vqueue")))])
    defer { try? FileManager.default.removeItem(at: root) }
    let outcome = try Machine.run(
      program: try Programs.build("kit_steps", ["--kit", "vqueue"]),
      options: ["--icount", "--root", root.path])
    assertStatus(outcome, 0)
    assertOneLine(outcome, "steps: 4485 checks, 0 failed")
  }

  func testProgramThatDoesNotFitIsToldWhy() throws {
    let outcome = try Machine.run(program: try Programs.build("kit_errors", ["--kit", "vstat"]))
    assertStatus(outcome, 0)
    assertOneLine(outcome, "errors: 7 checks, 0 failed")
  }
}

extension Workspace {
  /// A kit of the build.
  fileprivate static func kit(_ name: String) throws -> URL {
    let file = root.appendingPathComponent(".build/apus/kits/\(name).kit")
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw Trouble("there is no \(file.lastPathComponent): run `make kits` first")
    }
    return file
  }
}
