// SPDX-License-Identifier: Apache-2.0
// Decides whether the bytes of an image may be shown to programs at all. A bad image is a reason,
// never a trap: the machine works without one, by system call. The build asks the same type before
// the image becomes part of the kernel (tools/vdso-check).

/// An image that keeps all rules: header, segments, tables, symbols, versions, identity and code.
///
/// Sources: the ELF specification (TIS 1.2, book I), ELF for the Arm Architecture (IHI 0044), and
/// what the parsers in musl, glibc, bionic, Go and Linux' selftests read without a check of their
/// own.
public struct VdsoImage: Equatable, Sendable {
  /// Bytes of the file; what is mapped is this rounded up to pages.
  public let size: UInt32
  /// The linker's name for exactly these bytes.
  public let buildID: BuildID
  /// Where a signal handler returns to.
  public let signalReturns: SignalReturns
  /// What undoes the frames of its functions.
  public let unwindTable: UnwindTable

  /// The most that an image may have: four pages.
  public static var largestSize: Int { 4 * 4096 }

  /// Checks the image at the start of `bytes`, which may be followed by padding. `expected` is the
  /// build that the kernel was made with; nil where the image is only now being built.
  ///
  /// - Throws: the first rule that is broken.
  public init(checking bytes: RawSpan, expecting expected: BuildID? = nil) throws(Flaw) {
    let file = ImageBytes(bytes)
    guard bytes.byteCount >= ElfHeader.size, bytes.byteCount <= Self.largestSize else {
      throw .size
    }
    let header = try ElfHeader(checking: file)
    let segments = try Segments(checking: file, header)
    buildID = try Self.identity(in: file, segments, expecting: expected)
    let loaded = file.prefix(segments.loaded)
    let dynamic = try DynamicTable(checking: loaded, segments.dynamic)
    let hashes = try HashTables(checking: loaded, dynamic)
    let sections = try Sections(
      checking: file, header, loaded: segments.loaded, dynamic, symbolCount: hashes.symbolCount)
    try VersionDefinitions.check(loaded, dynamic)
    try SymbolTable(dynamic, hashes, text: sections.text).check(loaded)
    signalReturns = try ImageCode.check(
      loaded, start: sections.text.start, size: sections.text.size)
    unwindTable = try UnwindTable(
      checking: loaded, segments.unwind, text: (sections.text.start, sections.text.size),
      signalReturns)
    size = max(segments.loaded, header.sectionHeadersEnd)
    try Self.checkTail(file, from: size)
  }

  /// What the notes say: for which page the image is, and from which build.
  private static func identity(
    in file: borrowing ImageBytes, _ segments: Segments, expecting expected: BuildID?
  ) throws(Flaw) -> BuildID {
    let notes = try Notes(reading: file, segments.note)
    guard notes.hasPageNote else { throw .noPageNote }
    guard notes.isOfThisLayout else { throw .stalePage }
    guard let buildID = notes.buildID else { throw .noBuildID }
    if let expected, expected != buildID { throw .otherBuild }
    return buildID
  }

  /// What follows the file in its last page is mapped, too: programs must not see what is there.
  private static func checkTail(
    _ file: borrowing ImageBytes, from end: UInt32
  ) throws(Flaw) {
    for place in end..<file.count where file.byte(place) != 0 { throw .tail }
  }
}
