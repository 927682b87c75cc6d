/// Holds the tables for unwinding that the image has against those that its code needs.
public enum UnwindRules {
  /// Everything that is wrong with the tables of `file`.
  public static func check(_ file: ElfFile) throws -> [Finding] {
    let expected = try UnwindTables(FrameStates(file)).entries
    let found = try UnwindTables.entries(in: file)
    if found == expected { return [] }
    let different = zip(found, expected).first { $0 != $1 }?.1.address
    return [
      Finding(
        "unwind",
        "the table is not what the code needs: \(found.count) entries, not \(expected.count)",
        at: "0x\(String(different ?? 0, radix: 16))")
    ]
  }
}
