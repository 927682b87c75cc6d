// SPDX-License-Identifier: Apache-2.0
// Decides whether a kit may be mapped into programs: an image with functions, like the time image,
// and with pages of data by role (docs/design.md). The build of a kit runs the same check.

import KitTypes

/// A kit that satisfies all rules: header, segments, note, tables, symbols, versions, relocations
/// and code. In memory it is a group of pages, low to high: the text, the private data, and the
/// pages that the kernel writes, that belong to one process, that programs write, and that each
/// member writes.
///
/// The rules are the time image's, but for what a kit has besides code.
public struct KitImage: Equatable, Sendable {
  /// A violated rule; a kit has those of the time image and some of its own.
  public typealias Violation = VdsoImage.Violation

  /// The name, which is that of the file and of the version, too.
  public let name: KitName
  /// The version of its interface.
  public let version: UInt32
  /// The hash of the layout of its pages.
  public let layoutHash: UInt64
  /// The permission bits of its file in /dev/kits.
  public let mode: UInt32
  /// The number of pages that the kernel writes.
  public let kernelPages: UInt32
  /// The number of pages that the kernel writes for one process.
  public let ownPages: UInt32
  /// The number of pages that programs write.
  public let sharedPages: UInt32
  /// The number of pages that one member writes; each of `KIT_MEMBERS` slots has as many.
  public let memberPages: UInt32
  /// Bytes of the text, which begins with the file.
  public let textSize: UInt32
  /// The private data; of size 0 if there is none.
  public let privateData: KitPrivateData
  /// The table of relocations in the text; of size 0 if there is none.
  public let relocations: ImageRange
  /// The number of exported functions.
  public let exportCount: UInt32
  /// Whether its code may make system calls.
  public let maySystemCall: Bool
  /// The linker's build ID of these bytes.
  public let buildID: BuildID

  /// The largest file, in bytes: text, private data, and what is not loaded.
  public static var largestSize: Int { 1 << 18 }

  /// The page of the group after the text.
  public var privatePage: UInt32 { ImageBytes.roundedUp(textSize) / 4096 }
  /// The page of the group after the private data.
  public var kernelPage: UInt32 { privatePage + ImageBytes.roundedUp(privateData.size) / 4096 }
  /// The page of the group after those that the kernel writes for all.
  public var ownPage: UInt32 { kernelPage + kernelPages }
  /// The first page of the group that all programs with the right write.
  public var sharedPage: UInt32 { ownPage + ownPages }
  /// The first page of the group that a member writes.
  public var memberPage: UInt32 { sharedPage + sharedPages }
  /// The number of pages of the group.
  public var pageCount: UInt32 { memberPage + memberPages * UInt32(KIT_MEMBERS) }
}

extension KitImage {
  /// Checks the kit that is `bytes`, by the rules of its machine.
  ///
  /// - Throws: the first violated rule.
  init<Rules: KitRules>(
    checking bytes: RawSpan, by rules: Rules.Type
  ) throws(Violation) {
    let file = ImageBytes(bytes)
    let tables = try ImageTables<Rules>(
      checking: file,
      ImagePolicy(
        largestSize: Self.largestSize, mayHavePrivateData: true, needsUnwindTable: false))
    let (segments, dynamic) = (tables.segments, tables.dynamic)
    guard let range = tables.notes.kit else { throw .kitNote }
    let note = try KitNote(checking: file, range)
    guard let buildID = tables.notes.buildID else { throw .noBuildID }
    guard segments.privateData.size == note.privateBytes else { throw .kitPrivateData }
    (name, version, layoutHash, mode) = (note.name, note.version, note.layoutHash, note.mode)
    (kernelPages, ownPages) = (note.kernelPages, note.ownPages)
    (sharedPages, memberPages) = (note.sharedPages, note.memberPages)
    (textSize, privateData, self.buildID) = (segments.text, segments.privateData, buildID)
    (exportCount, maySystemCall) = (note.exportCount, note.maySystemCall)

    let text = file.prefix(segments.text)
    let code = note.code
    guard text.contains(code.start, code.size), code.size > 0,
      code.start % Rules.codeAlignment == 0, code.size % Rules.codeAlignment == 0
    else { throw .kitCode }
    guard note.name.isFileName(text, at: dynamic.value(.strings) + dynamic.value(.name)) else {
      throw .kitName
    }
    try VersionDefinitions.check(text, dynamic, nodeCount: 1) { (file, name, _) in
      note.name.isVersion(note.version, file, at: name)
    }
    let symbols = SymbolTable<Rules>(dynamic, tables.hashes, text: code, number: nil)
    try Self.checkExports(symbols, text, note)
    relocations = try KitRelocations.check(
      text, dynamic, segments.privateData, type: Rules.relativeRelocation)
    try Self.checkRelocatedWords(file, self)
    try Rules.checkKitCode(text, code, maySystemCall: note.maySystemCall)
  }

  /// Checks the exports: all of the kit's version, each of a name of its own, as many as declared.
  private static func checkExports<Rules: CodeRules>(
    _ symbols: SymbolTable<Rules>, _ text: borrowing ImageBytes, _ note: KitNote
  ) throws(Violation) {
    guard symbols.count == note.exportCount else { throw .kitExports }
    try symbols.checkFunctions(text) { (file, index, name) throws(Violation) in
      for other in 1..<index where file.isSameString(name, symbols.name(file, of: other)) {
        throw .exportTwice
      }
      return 2
    }
  }

  /// Checks that what is relocated is an address in the group.
  private static func checkRelocatedWords(
    _ file: borrowing ImageBytes, _ kit: KitImage
  ) throws(Violation) {
    let data = kit.privateData
    for entry in stride(from: kit.relocations.start, to: kit.relocations.end, by: 8) {
      let place = data.fileOffset + (file.word(entry) - data.offset)
      guard file.word(place) < kit.pageCount * 4096 else { throw .kitRelocation }
    }
  }
}
