// SPDX-License-Identifier: Apache-2.0
/// What images of a kind may be. The time image has the shape that every consumer of a vDSO accepts
/// (musl takes the last PT_LOAD for the base, glibc the first); other kits are for callers that know
/// kits.
struct ImagePolicy {
  /// The largest file, in bytes.
  let largestSize: Int
  /// Whether a writable segment may follow the text, and words of it may be relocated.
  let mayHavePrivateData: Bool
  /// Whether there is one unwind table, as debuggers need it for a vDSO.
  let needsUnwindTable: Bool
}

/// What every image has, the time image and other kits: headers, notes, and the tables by which
/// programs find its functions.
struct ImageTables<Rules: CodeRules> {
  let header: ElfHeader<Rules>
  let segments: Segments<Rules>
  let notes: Notes
  let dynamic: DynamicTable
  let hashes: HashTables<Rules.Class>

  /// Checks `file` by the policy of its kind.
  ///
  /// - Throws: the first violated rule.
  init(
    checking file: borrowing ImageBytes, _ policy: ImagePolicy
  ) throws(VdsoImage.Violation) {
    guard file.count >= Rules.Class.headerSize, Int(file.count) <= policy.largestSize else {
      throw .size
    }
    header = try ElfHeader<Rules>(checking: file)
    segments = try Segments<Rules>(checking: file, header, policy)
    notes = try Notes(reading: file, segments.note)
    let text = file.prefix(segments.text)
    dynamic = try DynamicTable(
      checking: text, segments.dynamic, of: Rules.Class.self,
      mayRelocate: policy.mayHavePrivateData)
    hashes = try HashTables<Rules.Class>(checking: text, dynamic)
  }
}
