// SPDX-License-Identifier: Apache-2.0
// Decides whether an image may be mapped into programs. A bad image never stops the kernel: it
// gives a reason, and programs use system calls. The build runs the same check before it links the
// image into the kernel (tools/vdso-check).

/// An image that satisfies all rules: header, segments, tables, symbols, versions, identity and
/// code.
///
/// The check is generic over the machine's `CodeRules`; its result is the same type for all.
///
/// Sources: the ELF specification (TIS 1.2, book I), and what the parsers in musl, glibc, bionic,
/// Go and Linux' selftests read without validating it.
public struct VdsoImage: Equatable, Sendable {
  /// Bytes of the file; the mapping is rounded up to pages.
  public let size: UInt32
  /// The linker's build ID of exactly these bytes.
  public let buildID: BuildID
  /// The offsets of the sigreturn trampolines.
  public let signalTrampolines: SignalTrampolines
  /// The range of the unwind table for the image's functions.
  public let unwindTable: ImageRange

  /// The largest permitted size, in bytes: four pages.
  public static var largestSize: Int { 4 * 4096 }
}

extension VdsoImage {
  /// Checks the image at the start of `bytes`, which may be followed by padding, by the rules of
  /// its machine. `expected` is the build ID that the kernel was built with; nil while the image
  /// itself is being built.
  ///
  /// - Throws: the first violated rule.
  public init<Rules: CodeRules>(
    checking bytes: RawSpan, by rules: Rules.Type, expecting expected: BuildID? = nil
  ) throws(Violation) {
    let file = ImageBytes(bytes)
    let tables = try ImageTables<Rules>(checking: file, Self.policy)
    buildID = try Self.identity(tables.notes, expecting: expected)
    let text = file.prefix(tables.segments.text)
    let sections = try Sections<Rules>(
      checking: file, tables.header, loaded: text.count, tables.dynamic,
      symbolCount: tables.hashes.symbolCount)
    try VersionDefinitions.check(text, tables.dynamic, nodeCount: Rules.Manifest.nodeCount) {
      $0.isString($1, Rules.Manifest.node($2))
    }
    try SymbolTable<Rules>(
      tables.dynamic, tables.hashes, text: sections.text, number: sections.textNumber
    ).check(text)
    signalTrampolines = try Rules.checkCode(text, sections.text)
    unwindTable = tables.segments.unwind
    try Rules.checkUnwinding(text, unwindTable, sections.text, signalTrampolines)
    size = max(text.count, tables.header.sectionHeadersEnd)
    try Self.checkTail(file, from: size)
  }

  private static var policy: ImagePolicy {
    ImagePolicy(largestSize: largestSize, mayHavePrivateData: false, needsUnwindTable: true)
  }

  /// Checks the notes: the page layout that the image was built for, and the build ID.
  private static func identity(
    _ notes: Notes, expecting expected: BuildID?
  ) throws(Violation) -> BuildID {
    guard notes.hasPageNote else { throw .noPageNote }
    guard notes.isOfThisLayout else { throw .stalePage }
    guard let buildID = notes.buildID else { throw .noBuildID }
    if let expected, expected != buildID { throw .otherBuild }
    return buildID
  }

  /// Checks the padding in the last page, which is mapped as well: it must be zero, so that
  /// programs see nothing of the kernel's.
  private static func checkTail(
    _ file: borrowing ImageBytes, from end: UInt32
  ) throws(Violation) {
    for offset in end..<file.count where file.byte(offset) != 0 { throw .tail }
  }
}
