// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Copies of the kernel's image with bytes changed, for APUS_KERNEL.
enum KernelImage {
  /// Where kernel.bin begins (image/boot/include/layout.h).
  private static let base: UInt32 = 0x8001_0000

  /// A change: bytes at an offset from a symbol.
  struct Change {
    let offset: Int
    let bytes: [UInt8]
  }

  /// Copies kernel.bin with `changes` made after `symbol`, under a name of its own.
  static func patched(at symbol: String, _ changes: [Change]) throws -> URL {
    var image = try Data(contentsOf: Workspace.product("kernel.bin"))
    let start = try offset(of: symbol)
    for change in changes {
      let first = start + change.offset
      guard first + change.bytes.count <= image.count else {
        throw Trouble("\(symbol)+\(change.offset) is not in kernel.bin")
      }
      image.replaceSubrange(first..<first + change.bytes.count, with: change.bytes)
    }
    let file = try Workspace.scratchFile("kernel-\(UUID().uuidString).bin")
    try image.write(to: file)
    return file
  }

  /// The offset in kernel.bin of a symbol of kernel.elf.
  static func offset(of symbol: String) throws -> Int {
    let names = try Command.run(Workspace.tool("llvm-nm"), [Workspace.product("kernel.elf").path])
    for line in names.lines {
      let words = line.split(separator: " ")
      if words.count == 3, words[2] == symbol, let address = UInt32(words[0], radix: 16) {
        return Int(address - base)
      }
    }
    throw Trouble("kernel.elf has no symbol \(symbol)")
  }
}
