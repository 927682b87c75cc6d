/// The rules for the linked kernel: no heap, and no floating point outside of what saves a
/// program's registers.
public enum KernelRules {
  /// Beginnings of names that only code with a heap or reference counts refers to.
  public static let forbiddenSymbols = [
    "swift_alloc", "swift_slowAlloc", "swift_retain", "swift_release", "malloc", "calloc",
    "realloc", "posix_memalign", "aligned_alloc",
  ]

  /// Everything that is wrong with the kernel in `file`; the functions in `floatFunctions` may hold
  /// floating-point instructions.
  public static func check(
    _ file: ElfFile, _ disassembly: Disassembly, floatFunctions: Set<String>
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
    return findings
  }
}
