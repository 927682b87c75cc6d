// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Segments that no linker makes: an error line, nothing mapped, no trap.
final class BadSegmentTests: InitCase {
  private func good() throws -> ElfFile { ElfFile(bytes: try Data(contentsOf: try seven())) }

  func testBadSegmentsAreRefused() throws {
    let good = try good()
    let loads = good.headers(ofType: 1)
    XCTAssertGreaterThanOrEqual(loads.count, 3)
    let (first, second, last) = (loads[0], loads[1], loads[loads.count - 1])
    let address = good.get(.address, of: last)
    var cases: [(ElfFile, String)] = []
    func damage(_ reason: String, _ change: (inout ElfFile) -> Void) {
      var file = good
      change(&file)
      cases.append((file, reason))
    }
    let outside = "a segment lies outside the user addresses"
    damage("disagree within the page") { $0.set(.address, of: last, address + 4) }
    damage("disagree within the page") { $0.set(.offset, of: second, 4) }
    damage(outside) { $0.set(.address, of: last, 0x8001_0000 + address & 0xfff) }
    damage(outside) { $0.set(.address, of: last, 0xffff_0000 + address & 0xfff) }
    damage(outside) { $0.set(.address, of: first, 0) }
    damage(outside) { $0.set(.memoryCount, of: last, 0x8000_0000) }
    damage("out of memory") { $0.set(.memoryCount, of: last, 0x4000_0000) }
    damage("a segment wraps around") { $0.set(.memoryCount, of: last, 0xffff_ffff) }
    damage("a segment wraps around") {
      $0.set(.offset, of: last, 0xffff_f000 + $0.get(.offset, of: last) & 0xfff)
    }
    damage("larger in the file than in memory") {
      $0.set(.memoryCount, of: last, $0.get(.fileCount, of: last) - 1)
    }
    damage("the interpreter's path is not a string") {
      $0.set(.type, of: last, 3)
      $0.set(.fileCount, of: last, 1)
    }
    damage("there is no segment to load") { for load in loads { $0.set(.type, of: load, 0) } }
    for (outcome, (_, reason)) in zip(try boot(cases.map(\.0.bytes)), cases) {
      assertRefused(outcome, reason, reason)
    }
  }

  func testTruncatedFileIsRefusedOrFaultsWithoutAPanic() throws {
    let bytes = try good().bytes
    let end = try good().headers(ofType: 1).map { header in
      try good().get(.offset, of: header) + good().get(.fileCount, of: header)
    }.max()
    let needed = Int(try XCTUnwrap(end))
    let lengths = [1, 4, 51, 52, 53, 83, 84]
    let outcomes = try boot(lengths.map { bytes.prefix($0) })
    for (length, outcome) in zip(lengths, outcomes) {
      assertRefused(outcome, "init: /init: ", "\(length) bytes of \(bytes.count)")
    }
    // The bytes of the segments are enough. Memory after the end of the file is zero, as on Linux.
    assertStatus(try boot([bytes.prefix(needed)])[0], 7)
    for outcome in try boot([200, needed / 2, needed - 64, needed - 1].map { bytes.prefix($0) }) {
      XCTAssertFalse(outcome.output.contains("panic"), outcome.output)
    }
  }

  func testUntouchedZeroMemoryMustFitTheMachine() throws {
    var file = try good()
    let last = try XCTUnwrap(file.headers(ofType: 1).last)
    file.set(.memoryCount, of: last, 0x0800_0000)
    assertStatus(try boot([file.bytes])[0], 7)
    let outcome = try boot([file.bytes], options: ["--memory", "32"])[0]
    assertRefused(outcome, "out of memory", "128 MiB of zeros in 32 MiB")
  }

  func testProgramThatDoesNotFitIsRefused() throws {
    let program = try Programs.build("large")
    let outcome = try Machine.runVerbosely(program: program, options: ["--memory", "16"])
    assertRefused(outcome, "out of memory", "7.6 MiB twice in 16 MiB")
    assertStatus(try Machine.run(program: program, options: ["--memory", "32"]), 7)
  }
}
