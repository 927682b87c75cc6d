// SPDX-License-Identifier: Apache-2.0
// The image's instructions, from the output of the toolchain's disassembler.

import Foundation

/// One instruction as the disassembler prints it.
public struct Instruction {
  /// The address.
  public let address: UInt32
  /// The mnemonic, for instance `ldrd`, `cmpeq`; empty for data.
  public let mnemonic: String
  /// The operands, for instance `r6, r7, [r3, #136]`; numbers are decimal or hexadecimal.
  public let operands: String
  /// The symbol that precedes it.
  public let function: String

  /// The instruction without its address.
  public var text: String { operands.isEmpty ? mnemonic : "\(mnemonic) \(operands)" }

  /// Whether it needs a floating-point or NEON unit: the mnemonics of these, and no others, begin
  /// with v or are fldm, fstm and variants (ARM DDI 0406C, A7 and A8).
  public var isFloatingPoint: Bool {
    mnemonic.hasPrefix("v") || mnemonic.hasPrefix("fldm") || mnemonic.hasPrefix("fstm")
  }

  /// Whether it writes to a coprocessor or starts an operation in one.
  public var isCoprocessorWrite: Bool {
    ["mcr", "cdp", "ldc", "stc"].contains { mnemonic.hasPrefix($0) }
  }

  /// Whether it goes to an address in a register other than lr: a call of a pointer.
  public var isIndirectCall: Bool {
    mnemonic.hasPrefix("blx") && !operands.hasPrefix("0x")
      || mnemonic.hasPrefix("bx") && operands != "lr"
  }

  /// Whether it computes the program counter, other than by a return that pops it.
  public var isComputedJump: Bool {
    operands.hasPrefix("pc,") && !mnemonic.hasPrefix("cmp") && !mnemonic.hasPrefix("tst")
  }
}

/// All instructions of a file.
public struct Disassembly {
  /// The instructions in ascending order of addresses.
  public let instructions: [Instruction]

  /// These instructions, in ascending order of addresses.
  public init(_ instructions: [Instruction]) { self.instructions = instructions }

  /// Parses the output of `llvm-objdump -d --no-show-raw-insn`.
  public init(text: String) {
    var instructions: [Instruction] = []
    var function = ""
    for line in text.split(separator: "\n") {
      if line.hasSuffix(">:"), let start = line.firstIndex(of: "<") {
        function = String(line[line.index(after: start)...].dropLast(2))
        continue
      }
      guard let colon = line.firstIndex(of: ":"),
        let address = UInt32(line[..<colon].trimmingPrefix { $0 == " " }, radix: 16)
      else { continue }
      let plain = line[line.index(after: colon)...].prefix { $0 != "@" }  // A comment follows.
      let parts = plain.split(maxSplits: 1) { $0 == "\t" || $0 == " " }
      guard let mnemonic = parts.first else { continue }
      let operands = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
      instructions.append(
        Instruction(
          address: address, mnemonic: String(mnemonic), operands: operands, function: function))
    }
    self.instructions = instructions
  }

  /// Disassembles the file at `path` with the disassembler at `tool`; throws `ElfError`.
  public init(path: String, tool: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["-d", "--no-show-raw-insn", "--triple=armv7-none-eabi", path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw ElfError(description: "\(tool): cannot be run")
    }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ElfError(description: "\(tool) failed on \(path)")
    }
    self.init(text: String(decoding: data, as: UTF8.self))
  }

  /// The path of llvm-objdump: next to the compiler, or the first in PATH; nil if there is none.
  public static func findTool() -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map(String.init)
    let isTool = { (path: String) in FileManager.default.isExecutableFile(atPath: path) }
    let besideCompiler = folders.filter { isTool("\($0)/swiftc") }
      .map { URL(fileURLWithPath: "\($0)/swiftc").resolvingSymlinksInPath() }
      .map { $0.deletingLastPathComponent().path }
    return (besideCompiler + folders).map { "\($0)/llvm-objdump" }.first(where: isTool)
  }
}
