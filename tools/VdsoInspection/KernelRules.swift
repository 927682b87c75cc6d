// SPDX-License-Identifier: Apache-2.0
/// The rules for the linked kernel: no heap, no floating point except where a program's registers
/// are saved, and no reference from the permanent text to the boot text, which is freed after boot.
public enum KernelRules {
  /// Prefixes of symbols that only code with a heap or with reference counts uses.
  public static let forbiddenSymbols = [
    "swift_alloc", "swift_slowAlloc", "swift_retain", "swift_release", "malloc", "calloc",
    "realloc", "posix_memalign", "aligned_alloc",
  ]

  /// All findings in the kernel `file`. The functions in `floatFunctions` may have floating-point
  /// instructions. Functions with a prefix in `bootFunctions` run at boot only, and may refer to
  /// the boot text.
  public static func check(
    _ file: ElfFile, _ disassembly: Disassembly, floatFunctions: Set<String>,
    bootFunctions: [String]
  ) throws -> [Finding] {
    var findings: [Finding] = []
    let symbols = try file.symbols(in: ".symtab")
    if symbols.isEmpty { findings.append(Finding("symbols", "the file has no symbols to check")) }
    for symbol in symbols {
      guard let forbidden = forbiddenSymbols.first(where: symbol.name.hasPrefix) else { continue }
      findings.append(
        Finding(
          "heap", "\(forbidden)… in the kernel",
          at: "\(symbol.name) at 0x\(String(symbol.value, radix: 16))"))
    }
    for instruction in disassembly.instructions
    where instruction.isFloatingPoint && !floatFunctions.contains(instruction.function) {
      findings.append(Finding("float", "floating point or NEON", at: instruction.place))
    }
    let bounds = ["__boot_text_start", "__boot_text_end"].compactMap { name in
      symbols.first { $0.name == name }?.value
    }
    guard bounds.count == 2, bounds[0] <= bounds[1] else {
      return findings + [Finding("boot", "no bounds of the boot text")]
    }
    let given = bounds[0]..<bounds[1]
    let staying = disassembly.instructions.filter { instruction in
      !given.contains(instruction.address)
        && !bootFunctions.contains { instruction.function.hasPrefix($0) }
    }
    let functions = Set(symbols.map(\.value).filter(given.contains))
    return try findings + references(from: staying, into: given, functions)
      + data(file, into: given)
  }

  /// The instructions and constants of `code` that refer to the range `given`, whose functions
  /// begin at `functions`.
  public static func references(
    from code: [Instruction], into given: Range<UInt32>, _ functions: Set<UInt32>
  ) -> [Finding] {
    branches(code, into: given) + constants(code, into: functions)
  }

  /// Branches and calls into `given`; the operand is the target.
  private static func branches(
    _ code: [Instruction], into given: Range<UInt32>
  ) -> [Finding] {
    code.compactMap { instruction in
      guard instruction.mnemonic.hasPrefix("b") || instruction.mnemonic.hasPrefix("cb"),
        let text = instruction.operands.split(whereSeparator: { ", ".contains($0) })
          .first(where: { $0.hasPrefix("0x") }),
        let target = UInt32(text.dropFirst(2), radix: 16), given.contains(target)
      else { return nil }
      return Finding("boot", "branches into the boot text", at: instruction.place)
    }
  }

  /// Addresses of `places` in a function's constants: absolute, or relative to an instruction that
  /// adds the program counter. Which constant such an instruction uses is unknown: all pairs are
  /// tried.
  private static func constants(
    _ code: [Instruction], into places: Set<UInt32>
  ) -> [Finding] {
    Dictionary(grouping: code, by: \.function).values.flatMap { body in
      let bases = body.filter { $0.mnemonic == "add" && $0.operands.hasSuffix("pc") }.map(\.address)
      return body.filter { $0.mnemonic == ".word" }.compactMap { word -> Finding? in
        guard let value = UInt32(word.operands.dropFirst(2), radix: 16) else { return nil }
        let addresses = [value] + bases.map { value &+ $0 &+ 4 }
        guard addresses.contains(where: { places.contains($0 & ~1) || places.contains($0) })
        else { return nil }
        return Finding("boot", "has an address in the boot text", at: word.place)
      }
    }
  }

  /// Words of data that point into `given`. A pointer to a function is odd (Thumb), so a word that
  /// equals the lower bound is the symbol of the bound, and is permitted.
  private static func data(_ file: ElfFile, into given: Range<UInt32>) throws -> [Finding] {
    let sections = [".rodata", ".got", ".data"].compactMap(file.section)
    var findings: [Finding] = []
    for section in sections {
      for offset in stride(from: 0, to: Int(section.size) & ~3, by: 4)
      where given.dropFirst().contains(try file.word(Int(section.offset) + offset)) {
        findings.append(
          Finding(
            "boot", "has an address in the boot text",
            at: "\(section.name) + \(offset)"))
      }
    }
    return findings
  }
}
