// SPDX-License-Identifier: Apache-2.0
// The layouts of C structures as the compiler sees them.

/// A structure's fields with their offsets, from clang's dump of record layouts.
public struct RecordLayout: Equatable {
  /// A field. One of a nested structure has the names of all structures around it: `a.b`.
  public struct Field: Equatable {
    /// The name.
    public let name: String
    /// The C type, for instance `uint32_t`, `char[32]`.
    public let type: String
    /// The offset in bytes.
    public let offset: Int
    /// Whether it is a field of the structure itself.
    public var isOfStructure: Bool { !name.contains(".") }
  }

  /// The fields in order, those of nested structures too.
  public let fields: [Field]
  /// The size in bytes.
  public let size: Int

  /// The layout of `structure` in `dump`, the output of `clang -Xclang -fdump-record-layouts`.
  ///
  /// A line is `OFFSET | TYPE NAME`, indented by two blanks for each structure around the field;
  /// the last line of a structure has its size.
  ///
  /// - Throws: `KitError` if it is not there, or has a bit-field, which has no offset in bytes.
  public init(of structure: String, in dump: String) throws(KitError) {
    var fields: [Field] = []
    var outer: [String] = []
    var isInside = false
    for line in dump.split(separator: "\n") {
      guard let bar = line.firstIndex(of: "|") else { continue }
      let place = line[..<bar].filter { !$0.isWhitespace }
      let text = line[line.index(after: bar)...]
      let depth = text.prefix { $0 == " " }.count / 2
      let words = text.split(separator: " ").map(String.init)
      if depth == 0, place == "0" {
        isInside = words == ["struct", structure]
        continue
      }
      guard isInside else { continue }
      if place.isEmpty, let start = text.firstRange(of: "[sizeof=") {
        size = Int(text[start.upperBound...].prefix(while: \.isNumber)) ?? 0
        self.fields = fields
        return
      }
      guard let offset = Int(place), let name = words.last else {
        throw KitError("struct \(structure) has a bit-field, or another field without an offset")
      }
      outer = Array(outer.prefix(depth - 1)) + [name]
      let type = words.dropLast().joined(separator: " ")
      if type.contains("(unnamed") || type.contains("(anonymous") {
        throw KitError("the type of \(structure).\(name) has no name")  // clang prints its path.
      }
      fields.append(Field(name: outer.joined(separator: "."), type: type, offset: offset))
    }
    throw KitError("the header has no struct \(structure)")
  }
}
