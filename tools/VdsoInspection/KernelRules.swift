// SPDX-License-Identifier: Apache-2.0
/// The rules for the linked kernel: no heap, no floating point outside of what saves a program's
/// registers, and no way from what stays to the text that the boot gives back.
public enum KernelRules {
  /// Beginnings of names that only code with a heap or reference counts refers to.
  public static let forbiddenSymbols = [
    "swift_alloc", "swift_slowAlloc", "swift_retain", "swift_release", "malloc", "calloc",
    "realloc", "posix_memalign", "aligned_alloc",
  ]

  /// Everything that is wrong with the kernel in `file`; the functions in `floatFunctions` may hold
  /// floating-point instructions, and those that begin like one of `bootFunctions` run the boot.
  public static func check(
    _ file: ElfFile, _ disassembly: Disassembly, floatFunctions: Set<String>,
    bootFunctions: [String]
  ) throws -> [Finding] {
    var findings: [Finding] = []
    let symbols = try file.symbols(in: ".symtab")
    if symbols.isEmpty { findings.append(Finding("symbols", "the file has none to check")) }
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
      return findings + [Finding("boot", "no bounds of the text that the boot gives back")]
    }
    let given = bounds[0]..<bounds[1]
    let staying = disassembly.instructions.filter { instruction in
      !given.contains(instruction.address)
        && !bootFunctions.contains { instruction.function.hasPrefix($0) }
    }
    let functions = Set(symbols.map(\.value).filter(given.contains))
    return try findings + ways(from: staying, into: given, functions) + data(file, into: given)
  }

  /// The instructions and constants of `code` that lead into `given`, where `functions` begin.
  public static func ways(
    from code: [Instruction], into given: Range<UInt32>, _ functions: Set<UInt32>
  ) -> [Finding] {
    branches(code, into: given) + constants(code, into: functions)
  }

  /// Branches and calls: the operand is the address.
  private static func branches(
    _ code: [Instruction], into given: Range<UInt32>
  ) -> [Finding] {
    code.compactMap { instruction in
      guard instruction.mnemonic.hasPrefix("b") || instruction.mnemonic.hasPrefix("cb"),
        let text = instruction.operands.split(whereSeparator: { ", ".contains($0) })
          .first(where: { $0.hasPrefix("0x") }),
        let target = UInt32(text.dropFirst(2), radix: 16), given.contains(target)
      else { return nil }
      return Finding("boot", "goes to text that the boot gives back", at: instruction.place)
    }
  }

  /// Addresses in a function's constants: alone, or relative to an instruction that adds the program
  /// counter. Which constant goes with which instruction is not followed: every pair is tried.
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
        return Finding("boot", "has the address of text that the boot gives back", at: word.place)
      }
    }
  }

  /// Words of data, the table of what the boot calls apart. A pointer to a function is odd (Thumb), so
  /// the bound itself is none.
  private static func data(_ file: ElfFile, into given: Range<UInt32>) throws -> [Finding] {
    let sections = [".rodata", ".got", ".data"].compactMap(file.section)
    var findings: [Finding] = []
    for section in sections {
      for offset in stride(from: 0, to: Int(section.size) & ~3, by: 4)
      where given.dropFirst().contains(try file.word(Int(section.offset) + offset)) {
        findings.append(
          Finding(
            "boot", "has the address of text that the boot gives back",
            at: "\(section.name) + \(offset)"))
      }
    }
    return findings
  }
}
