// SPDX-License-Identifier: Apache-2.0
/// Compares the unwind tables in the image with those that its code needs.
public enum UnwindRules {
  /// All findings in the unwind tables of `file`.
  public static func check(_ file: ElfFile) throws -> [Finding] {
    let states = try FrameStates(file)
    let expected = try UnwindTables(states).entries
    let found = try UnwindTables.entries(in: file)
    var findings: [Finding] = []
    if found != expected {
      let different = zip(found, expected).first { $0 != $1 }?.1.address
      findings.append(
        Finding(
          "unwind",
          "the table does not match the code: \(found.count) entries, not \(expected.count)",
          at: "0x\(String(different ?? 0, radix: 16))"))
    }
    let address = file.section(".eh_frame")?.address
    if FrameTable.bytes(in: file) != (try FrameTable(states, at: address ?? 0).bytes) {
      findings.append(Finding("unwind", "the table does not match the code", at: ".eh_frame"))
    }
    return findings
  }
}
