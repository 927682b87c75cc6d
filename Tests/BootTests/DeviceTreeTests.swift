// SPDX-License-Identifier: Apache-2.0
import XCTest

/// A device tree that cannot be read ends the boot with a line and status 125, and never hangs.
final class DeviceTreeTests: BootTestCase {
  private func boot(_ trees: [Data], pointer: UInt32? = nil) throws -> [Outcome] {
    let folder = try Workspace.scratchFile("trees-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = try seven()
    return try Machine.runAll(
      trees.map {
        Machine.Boot(
          program: program,
          environment: [
            "APUS_QEMU": try DeviceTreeFile.options(
              $0, pointer: pointer ?? DeviceTreeFile.address, in: folder)
          ])
      })
  }

  private func assertStopped(_ outcome: Outcome, _ reason: String, _ what: String) {
    assertStatus(outcome, 125, what)
    assertOneLine(outcome, "boot: \(reason)", what)
    assertOneLine(outcome, ", cannot go on", what)
    XCTAssertFalse(outcome.output.contains("panic"), "\(what)\n\(outcome.output)")
  }

  func testUndamagedTreeBoots() throws {
    let tree = try DeviceTreeFile.make(for: seven(), quiet: true)
    let outcome = try boot([tree])[0]
    assertStatus(outcome, 7)
    XCTAssertEqual(outcome.output, "")
  }

  func testDamagedHeaderStopsTheBootWithItsReason() throws {
    let tree = try DeviceTreeFile.make(for: seven(), quiet: true)
    let damages: [(offset: Int, value: UInt32, reason: String)] = [
      (0, 0, "the device tree has a bad magic"),
      (0, 0xedfe_0dd0, "the device tree has a bad magic"),
      (4, 0, "the device tree has a bad size"), (4, 0xffff_ffff, "the device tree has a bad size"),
      (8, 0xffff_fffc, "the device tree has a bad offset"),
      (12, 0xffff_fffc, "the device tree has a bad offset"),
      (20, 2, "the device tree has an unknown version"),
      (24, 99, "the device tree has an unknown version"),
      (32, 0xffff_fff0, "the device tree has a bad size"),
      (36, 0xffff_fff0, "the device tree has a bad size"),
    ]
    let outcomes = try boot(
      damages.map { damage in
        var damaged = tree
        DeviceTreeFile.set(&damaged, damage.offset, damage.value)
        return damaged
      })
    for (damage, outcome) in zip(damages, outcomes) {
      assertStopped(outcome, damage.reason, "word \(damage.offset): \(damage.value)")
    }
  }

  func testTruncatedTreeStopsTheBoot() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    let structure = Int(DeviceTreeFile.word(tree, 8))
    let end = structure + Int(DeviceTreeFile.word(tree, 36))
    let lengths = [3, 16, 39, structure, structure + 40, structure + 1000, end / 2, end - 4]
    // The missing bytes read as zeros, like unused memory.
    var trees = lengths.map { tree.prefix($0) + Data(count: tree.count - $0) }
    // The same, with the header saying so.
    trees += lengths.dropFirst(3).map { length in
      var cut = tree.prefix(length)
      DeviceTreeFile.set(&cut, 4, UInt32(length))
      return cut
    }
    for (tree, outcome) in zip(trees, try boot(trees)) {
      assertStopped(outcome, "the device tree ", "\(tree.count) bytes")
    }
  }

  func testPointerWithoutATreeStopsTheBoot() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    for pointer: UInt32 in [0, 0x0900_0000, 0x8000_0000, 0xffff_fffc] {
      let outcome = try boot([tree], pointer: pointer)[0]
      assertStopped(outcome, "no device tree was handed over", String(pointer, radix: 16))
    }
    let unaligned = try boot([tree], pointer: DeviceTreeFile.address + 1)[0]
    assertStopped(unaligned, "the device tree has a bad magic", "unaligned")
  }

  func testPointerBeyondTheMemoryIsAPanicWithAReason() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    let outcome = try boot([tree], pointer: 0x7000_0000)[0]
    assertStatus(outcome, 125)
    assertOneLine(outcome, "panic: synchronous external abort at 0xb0000000")
  }

  func testMissingInterruptControllerIsReported() throws {
    let outcome = try Machine.run(
      program: seven(), environment: ["APUS_QEMU": "-M virt,gic-version=3"])
    assertStopped(
      outcome, "no interrupt controller or no generic timer of ours in the device tree", "GICv3")
  }

  /// The tree with the first block of registers at `base` replaced.
  private func changed(_ tree: Data, _ base: UInt32, to other: UInt32, _ size: UInt32) throws
    -> Data
  {
    func words(_ values: [UInt32]) -> Data {
      Data(
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - $0 * 8)) }
        })
    }
    var tree = tree
    let block = try XCTUnwrap(tree.range(of: words([0, base, 0])))
    tree.replaceSubrange(block.lowerBound..<block.upperBound + 4, with: words([0, other, 0, size]))
    return tree
  }

  func testUnusableDeviceIsReportedAndNotUsed() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    let trees = [
      try changed(tree, 0x0901_0000, to: 0x4000_0000, 0x1000),
      try changed(tree, 0x0901_0000, to: 0x1000_0000, 0x0900_0000),
    ]
    let reasons = [
      "its registers are in main memory", "its registers do not fit the device windows",
    ]
    for (reason, outcome) in zip(reasons, try boot(trees)) {
      assertStatus(outcome, 7, reason)
      assertOneLine(outcome, "devices: calendar clock not used: \(reason)", reason)
    }
  }

  func testUnusableInterruptControllerIsReported() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    let outcome = try boot([changed(tree, 0x0801_0000, to: 0x0800_f000, 0x1_0000)])[0]
    assertOneLine(
      outcome, "devices: interrupt controller not used: its register blocks overlap", "overlap")
    assertStopped(
      outcome, "no interrupt controller or no generic timer of ours in the device tree", "overlap")
  }

  func testTreeWithoutMemoryIsReported() throws {
    var tree = try DeviceTreeFile.make(for: seven())
    let name = try XCTUnwrap(tree.range(of: Data("memory@40000000".utf8)))
    let kind = try XCTUnwrap(
      tree.range(of: Data("memory\0".utf8), in: name.upperBound..<tree.count))
    tree.replaceSubrange(kind, with: Data("nemory\0".utf8))
    assertStopped(
      try boot([tree])[0], "the device tree has no memory where the kernel runs", "no memory")
  }

  /// QEMU loads an image at the beginning of RAM only; its generic loader puts it into the middle.
  func testRAMAboveTheKernelsHalfIsReported() throws {
    let tree = try DeviceTreeFile.make(for: seven())
    let folder = try Workspace.scratchFile("tree-above")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for base: UInt32 in [0x8020_0000, 0xa000_0000] {
      let outcome = try Machine.run(
        program: seven(), options: ["--memory", "3072"],
        environment: ["APUS_QEMU": DeviceTreeFile.options(tree, ramBase: base, in: folder)])
      assertStopped(outcome, "RAM begins above 0x80000000", String(base, radix: 16))
    }
  }
}
