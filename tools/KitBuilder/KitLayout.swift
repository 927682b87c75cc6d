// SPDX-License-Identifier: Apache-2.0
// What a kit, the kernel and programs must agree on, as a text and as its hash.

/// The layout of a kit: its constants, fields and functions.
public struct KitLayout {
  /// The manifest.
  public let manifest: KitManifest
  /// The structures of its pages, in the order of `manifest.pages`.
  public let records: [RecordLayout]

  /// The layout of `manifest`, whose structures are in `dump` (see `RecordLayout`).
  public init(_ manifest: KitManifest, records dump: String) throws(KitError) {
    self.manifest = manifest
    var records: [RecordLayout] = []
    for page in manifest.pages {
      do throws(KitError) {
        let record = try RecordLayout(of: page.structure, in: dump)
        try Self.check(page, record)
        records.append(record)
      } catch {
        throw KitError(error.text, line: page.line)
      }
    }
    self.records = records
  }

  /// Checks the size, and that the kernel's page begins with the hash.
  private static func check(_ page: KitManifest.Page, _ record: RecordLayout) throws(KitError) {
    guard (1...page.role.mostPages).contains(pages(record)) else {
      throw KitError(
        "struct \(page.structure) has \(record.size) bytes; the limit is \(page.role.mostPages) pages"
      )
    }
    let hash = RecordLayout.Field(name: "layout_hash", type: "uint8_t[8]", offset: 0)
    guard page.role != .kernelWritten || record.fields.first == hash else {
      throw KitError("struct \(page.structure) does not begin with uint8_t layout_hash[8]")
    }
  }

  private static func pages(_ record: RecordLayout) -> Int { (record.size + 4095) / 4096 }

  /// The pages of `role`; for members, of one of them.
  public func pages(_ role: KitManifest.Role) -> Int {
    zip(manifest.pages, records).first { $0.0.role == role }.map { Self.pages($0.1) } ?? 0
  }

  /// The layout in lines: each is a constant, a structure, a field or a function. Where two kits
  /// have different layouts, the first line that differs says what has moved.
  public var lines: [String] {
    let constants = manifest.constants.map { "constant \($0.kind.rawValue) \($0.name) \($0.value)" }
    let fields = zip(manifest.pages, records).flatMap { page, record in
      ["\(page.role.rawValue) \(page.structure), \(record.size) bytes"]
        + record.fields.map { "field \(page.structure).\($0.name) \($0.type) at \($0.offset)" }
    }
    return ["kit \(manifest.name) \(manifest.version)"] + constants + fields + calloutLines
      + manifest.exports.map { "export \($0.declaration(of: $0.name))" }
  }

  private var calloutLines: [String] {
    manifest.callouts.map { "callout \($0.declaration(of: $0.name))" }
  }

  /// The hash of the layout.
  public var hash: UInt64 { Self.hash(lines) }
  /// The hash of the call-outs alone, which a host program gives with its table.
  public var calloutHash: UInt64 { Self.hash(calloutLines) }

  /// FNV-1a, 64 bits, of the lines with their ends.
  public static func hash(_ lines: [String]) -> UInt64 {
    lines.joined(separator: "\n").utf8.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3  // Wrapping, as FNV-1a is defined.
    }
  }

  /// A hash as a C constant.
  static func constant(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return "UINT64_C(0x\(String(repeating: "0", count: 16 - digits.count))\(digits))"
  }

  /// Compares `NAME_LAYOUT_HASH` in the kit's own header with the layout. The kernel includes that
  /// header, so a kit whose pages the kernel writes must have it.
  public func checkHeader(_ text: String) throws(KitError) {
    let name = "\(manifest.capitals)_LAYOUT_HASH"
    let isWritten =
      !manifest.hasMembers
      && manifest.pages.contains { [.kernelWritten, .ownPage].contains($0.role) }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, words[0] == "#define", words[1] == name else { continue }
      if words[2].lowercased() == Self.constant(hash).lowercased() { return }
      throw KitError(
        "the layout has changed: raise the version, or write #define \(name) \(Self.constant(hash))",
        file: manifest.header, line: index + 1)
    }
    if isWritten {
      throw KitError(
        "the kernel writes its pages: it needs #define \(name) \(Self.constant(hash))",
        file: manifest.header)
    }
  }
}
