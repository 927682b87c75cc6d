// SPDX-License-Identifier: Apache-2.0
import XCTest

/// Attacks of a program on [vvar], [vdso], the kernel, page 0 and the stack: each is a boot of its
/// own with its own verdict (Programs/vm_attack.c).
final class AttackTests: BootTestCase {
  private func outcomes(of ways: [Int]) throws -> [Outcome] {
    let program = try Programs.build("vm_attack")
    return try Machine.runAll(
      ways.map { Machine.Boot(program: program, arguments: [String($0)]) })
  }

  func testSystemCallsOnSealedMappingsAreEPERMAndChangeNothing() throws {
    let ways = Array(0...37)
    for (way, outcome) in zip(ways, try outcomes(of: ways)) {
      assertStatus(outcome, 0, "way \(way)")
      XCTAssertEqual(outcome.output, "way \(way): -1\n")
    }
  }

  func testBrkIntoTheVdsoReturnsTheOldEnd() throws {
    let outcome = try outcomes(of: [50])[0]
    assertStatus(outcome, 0)
    XCTAssertEqual(outcome.output, "refused\n")
  }

  func testForbiddenAccessesAreSegmentationFaults() throws {
    let ways = Array(100...131)
    for (way, outcome) in zip(ways, try outcomes(of: ways)) {
      assertStatus(outcome, 139, "way \(way)")
      XCTAssertEqual(outcome.output, "", "way \(way)")
    }
  }

  /// 31 calls, each with seven addresses that the kernel must not store to on behalf of a program.
  func testSystemCallsStoreOnlyWhereTheProgramMay() throws {
    let places = ["vvar", "vdso", "kernel", "vectors", "null", "page0", "stack"]
    let program = try Programs.build("vm_attack")
    let outcomes = try Machine.runAll(
      places.map { Machine.Boot(program: program, arguments: ["into", $0]) })
    for (place, outcome) in zip(places, outcomes) {
      assertStatus(outcome, 0, place)
      XCTAssertEqual(outcome.lines.count, 31, place)
      for line in outcome.lines {
        XCTAssertTrue(line.hasSuffix(": -14"), "into \(place): \(line)")
      }
    }
  }
}
