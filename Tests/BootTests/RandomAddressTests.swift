// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// Where things lie: random in every boot, from the device tree's entropy where it has some, and
/// always the same with `norandomize`.
final class RandomAddressTests: BootTestCase {
  private static let names = ["/init", "[heap]", "[vvar]", "[vdso]", "[stack]", "mmap"]

  private func program() throws -> URL { try Programs.build("vm_maps", ["-static-pie"]) }

  /// The first address of the mapping with this name.
  private func base(of name: String, in outcome: Outcome) throws -> UInt32 {
    let line = try XCTUnwrap(outcome.lines(with: name).first, "\(name)\n\(outcome.output)")
    return try XCTUnwrap(UInt32(line.prefix { $0 != "-" }, radix: 16), line)
  }

  /// A bit that is random stays the same over 16 boots once in 32,768 times.
  func testAddressesHaveEightRandomBitsAtLeast() throws {
    let boot = Machine.Boot(program: try program())
    let outcomes = try Machine.runAll(Array(repeating: boot, count: 16))
    for outcome in outcomes { assertStatus(outcome, 0) }
    for name in Self.names {
      let bases = try outcomes.map { try base(of: name, in: $0) }
      let moving = bases.reduce(0) { $0 | ($1 ^ bases[0]) }
      XCTAssertEqual(moving & 0xfff, 0, "\(name) is not page aligned")
      XCTAssertGreaterThanOrEqual(moving.nonzeroBitCount, 8, "\(name): \(bases)")
    }
  }

  func testNorandomizeMakesEveryBootEqual() throws {
    let boot = Machine.Boot(program: try program(), append: "norandomize")
    let outcomes = try Machine.runAll([boot, boot])
    for outcome in outcomes { assertStatus(outcome, 0) }
    XCTAssertEqual(outcomes[0].output, outcomes[1].output)
    XCTAssertEqual(try base(of: "[stack]", in: outcomes[0]) >> 20, 0x7ff)
  }

  /// Instructions are counted, so that time brings no entropy: all of it is the tree's.
  func testDeviceTreesSeedDecidesTheAddresses() throws {
    let program = try program()
    let one = try DeviceTreeFile.make(for: program, quiet: true)
    let other = try DeviceTreeFile.make(for: program, quiet: true)
    var without = one
    for name in ["rng-seed", "kaslr-seed"] {
      let place = try XCTUnwrap(without.range(of: Data(name.utf8)))
      without[place.lowerBound] = UInt8(ascii: "x")
    }
    let outcomes = try boot([one, one, other, without, without], program)
    for outcome in outcomes { assertStatus(outcome, 0) }
    XCTAssertEqual(outcomes[0].output, outcomes[1].output, "the same seed")
    XCTAssertEqual(outcomes[3].output, outcomes[4].output, "no seed, and the same time")
    for name in Self.names {
      let bases = try outcomes.map { try base(of: name, in: $0) }
      XCTAssertEqual(Set([bases[0], bases[2], bases[3]]).count, 3, "\(name): \(bases)")
    }
  }

  private func boot(_ trees: [Data], _ program: URL) throws -> [Outcome] {
    let folder = try Workspace.scratchFile("trees-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try Machine.runAll(
      trees.map {
        Machine.Boot(
          program: program, options: ["--icount"],
          environment: ["APUS_QEMU": try DeviceTreeFile.options($0, in: folder)])
      })
  }
}
