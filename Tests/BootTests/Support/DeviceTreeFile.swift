// SPDX-License-Identifier: Apache-2.0
import Foundation
import XCTest

/// A device tree as QEMU makes it, for tests to damage, and the options that pass it to the kernel
/// unchanged.
///
/// QEMU's own -dtb refuses a tree that it cannot read. So QEMU's generic loader copies the damaged
/// bytes into memory, and starts the processor at three instructions that jump to the kernel with
/// the tree's address in r2.
enum DeviceTreeFile {
  /// The address of the bytes: after the initrd, in 256 MiB of memory.
  static let address = ramBase + offset
  private static let ramBase: UInt32 = 0x4000_0000
  private static let offset: UInt32 = 0x0880_0000
  private static let stubAddress: UInt32 = 0x47f0_0000

  /// The tree for `program` and the default machine, the blob truncated to its used part. The
  /// machine has no network card: its ROM is in a package that set-up does not install.
  static func make(for program: URL, quiet: Bool = false, processors: Int = 1) throws -> Data {
    try XCTSkipUnless(Workspace.board == "virt", "QEMU makes no tree for \(Workspace.board)")
    let file = try Workspace.scratchFile("tree-\(UUID().uuidString).dtb")
    defer { try? FileManager.default.removeItem(at: file) }
    let outcome = try Command.run(
      try Workspace.tool("qemu-system-arm"),
      [
        "-M", "virt,dumpdtb=\(file.path)", "-cpu", "cortex-a7", "-m", "256", "-display", "none",
        "-nic", "none", "-smp", "\(processors)",
        "-kernel", Workspace.product("kernel.bin").path, "-initrd", program.path,
        "-append", quiet ? "quiet" : "",
      ])
    guard outcome.status == 0 else {
      throw Trouble("dumpdtb: status \(outcome.status), \(outcome.output)\(outcome.errors)")
    }
    var tree = try Data(contentsOf: file)
    // QEMU adds a MiB of padding; the strings come last (Devicetree Specification 0.4, 5.2).
    let end = Int(word(tree, 12) + word(tree, 32))
    tree = tree.prefix((end + 7) & ~7)
    set(&tree, 4, UInt32(tree.count))
    return tree
  }

  /// Gives the timer's node a clock-frequency: a property of 16 bytes after the node's name
  /// (Devicetree Specification 0.4, 5.4). The strings block, which follows, already has the word.
  static func setTimerFrequency(_ hertz: UInt32, in tree: inout Data) throws {
    let begin = Data([0, 0, 0, 1] + Array("timer\0\0\0".utf8))
    let strings = Int(word(tree, 12))
    guard let node = tree.range(of: begin),
      let name = tree.range(of: Data("clock-frequency\0".utf8), in: strings..<tree.count)
    else { throw Trouble("the tree has no timer, or no clock with a frequency") }
    tree.insert(contentsOf: Data(count: 16), at: node.upperBound)
    let property = [3, 4, UInt32(name.lowerBound - strings), hertz]
    for (index, value) in property.enumerated() { set(&tree, node.upperBound + index * 4, value) }
    for offset in [4, 12, 36] { set(&tree, offset, word(tree, offset) + 16) }
  }

  /// A word of the header, in big-endian order.
  static func word(_ tree: Data, _ offset: Int) -> UInt32 {
    tree[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Sets a word of the header.
  static func set(_ tree: inout Data, _ offset: Int, _ value: UInt32) {
    for index in 0..<4 {
      tree[offset + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index))
    }
  }

  /// Options for QEMU with `tree` in memory and `pointer` in r2; the files are in `folder`. With another
  /// `ramBase` than virt's, kernel and tree are put where they would be if RAM began there.
  static func options(
    _ tree: Data, pointer: UInt32? = nil, ramBase: UInt32 = ramBase, in folder: URL
  ) throws -> String {
    let blob = folder.appendingPathComponent("tree-\(UUID().uuidString)")
    let stub = folder.appendingPathComponent("stub-\(UUID().uuidString)")
    let address = ramBase + offset
    let entry = ramBase + 0x1_0000
    try tree.write(to: blob)
    // ldr r2, [pc, #4]; ldr pc, [pc, #4]; nothing; the two words.
    let words: [UInt32] = [0xe59f_2004, 0xe59f_f004, 0, pointer ?? address, entry]
    try Data(words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } })
      .write(to: stub)
    var pieces = ["file=\(blob.path),addr=\(address)"]
    pieces.append("file=\(stub.path),addr=\(stubAddress),cpu-num=0")
    if ramBase != Self.ramBase {
      pieces.append("file=\(try Workspace.product("kernel.bin").path),addr=\(entry)")
    }
    return pieces.map { "-device loader,\($0),force-raw=on" }.joined(separator: " ")
  }
}
