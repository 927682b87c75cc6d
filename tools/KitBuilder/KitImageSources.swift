// SPDX-License-Identifier: Apache-2.0
// What a kit's own sources include: constants, the declarations of its functions, its pages.

extension KitManifest {
  static let licence = "// SPDX-License-Identifier: Apache-2.0"

  /// A C header with a guard.
  static func header(_ name: String, _ purpose: String, _ body: String) -> String {
    let guardName = name.uppercased().replacing(".", with: "_")
    return """
      \(licence)
      /* \(purpose) Made from the kit's manifest. */
      #ifndef \(guardName)
      #define \(guardName)

      \(body)
      #endif

      """
  }

  /// NAME_constants.h: the constants as macros with literals of their types, for C and Swift.
  public var constantsHeader: String {
    let lines = constants.map { "#define \($0.name) \($0.literal)\n" }.joined()
    return Self.header(
      "\(name)_constants.h", "The constants of \(name).",
      "#include <stdbool.h>\n#include <stdint.h>\n\n\(lines)")
  }

  /// A C file whose compilation makes clang print the layouts of all structures.
  public var probe: String {
    let uses = pages.enumerated().map {
      "char kit_probe_\($0.offset)[sizeof(struct \($0.element.structure))];\n"
    }
    return "\(includes)\(uses.joined())"
  }

  /// The lines that include what authors and programs share.
  var includes: String {
    "#include \"kit_error.h\"\n#include \"\(name)_constants.h\"\n"
      + (header.isEmpty ? "" : "#include \"\(header)\"\n")
  }

  /// The structure of the call-outs' table; empty if there are none.
  var calloutStructure: String {
    guard !callouts.isEmpty else { return "" }
    let members = callouts.map { "  \($0.pointer($0.name));\n" }.joined()
    return "/* What the host program implements. */\n\(calloutTable) {\n\(members)};\n\n"
  }
}

extension KitLayout {
  /// NAME_image.h, for the kit's sources: its functions with their types, its pages, its call-outs.
  public var imageHeader: String {
    let name = manifest.name
    let exports = manifest.exports.map { "KIT_EXPORT \($0.declaration(of: $0.name));\n" }.joined()
    let pages = manifest.pages.map { page in
      let (macro, constant) =
        switch page.role {
        case .kernelWritten: ("kernel", "const ")
        case .ownPage: ("own", "const ")
        case .sharedWritable: ("shared", "")
        }
      return """
        static inline \(constant)volatile struct \(page.structure) *kit_\(page.structure)(void) {
          return (\(constant)volatile struct \(page.structure) *)kit_\(macro)_pages();
        }


        """
    }.joined()
    let own = manifest.internalHeader.isEmpty ? "" : "#include \"\(manifest.internalHeader)\"\n"
    return KitManifest.header(
      "\(name)_image.h", "What the sources of \(name) include.",
      "\(manifest.includes)#include \"kit_image.h\"\n\n\(calloutDeclarations)\(exports)\n\(pages)\(calloutCalls)\(own)"
    )
  }

  /// The structure of the call-outs' table and its hash; empty if there are none.
  var calloutDeclarations: String {
    guard !manifest.callouts.isEmpty else { return "" }
    return manifest.calloutStructure
      + "#define \(manifest.capitals)_CALLOUT_HASH \(Self.constant(calloutHash))\n\n"
  }

  /// Calls of the host's functions, through the table in the private data.
  private var calloutCalls: String {
    guard !manifest.callouts.isEmpty else { return "" }
    let table = "\(manifest.name)_given"
    let calls = manifest.callouts.map { callout in
      let call = "\(table).\(callout.name)(\(callout.arguments));"
      return """
        static inline \(callout.declaration(of: callout.name)) {
          if (\(table).\(callout.name)) \(callout.result == "void" ? "" : "return ")\(call)
        \(callout.result == "void" ? "" : "  return \(callout.unbound);\n")}


        """
    }.joined()
    return """
      extern \(manifest.calloutTable) \(table) __attribute__((visibility("hidden")));

      \(calls)
      """
  }

  /// NAME_callouts.c: the table, and the export that takes it; empty if there are no call-outs.
  public var calloutSource: String {
    guard !manifest.callouts.isEmpty else { return "" }
    let name = manifest.name
    let checks = manifest.callouts.map {
      "  if (!table->\($0.name)) return -KIT_CALLOUT_MISSING;\n"
    }
    let copies = manifest.callouts.map { "  \(name)_given.\($0.name) = table->\($0.name);\n" }
    return """
      \(KitManifest.licence)
      /* Takes the host's functions. Made from the kit's manifest. */
      #include "\(name)_image.h"

      \(manifest.calloutTable) \(name)_given;

      int32_t \(name)_give(const \(manifest.calloutTable) *table, uint32_t bytes, uint64_t hash) {
        if (!table) return -KIT_CALLOUT_MISSING;
        if (bytes != sizeof *table || hash != \(manifest.capitals)_CALLOUT_HASH) return -KIT_CALLOUT_LAYOUT;
      \(checks.joined())\(copies.joined())  return 0;
      }

      """
  }

  /// Pages.swift: for each page the fields of its structure, by the role's type of Roles.swift.
  public var pagesSource: String {
    // C's `true` is an Int32 in Swift.
    let flags = manifest.constants.filter { $0.kind == .bool }
      .map { "var \($0.name): Bool { \($0.literal) }\n" }
    let types = zip(manifest.pages, records).map { page, record in
      let role = page.role.swiftName
      let fields = record.fields.filter(\.isOfStructure).compactMap { SwiftField($0) }
        .map { $0.source(isWritable: page.role == .sharedWritable) }
      return """
        extension \(role) where Layout == \(page.structure) {
        \(fields.joined(separator: "\n"))}


        """
    }
    return
      "\(KitManifest.licence)\n// The fields of the kit's pages. Made from the kit's manifest.\n\nimport KitSupport\n\n"
      + flags.joined()
      + types.joined()
  }
}

extension KitManifest.Role {
  /// The Swift type of the pages.
  var swiftName: String {
    switch self {
    case .kernelWritten: "KernelWritten"
    case .ownPage: "OwnPage"
    case .sharedWritable: "SharedWritable"
    }
  }
}

/// A field as a Swift property.
struct SwiftField {
  private static let numbers = [
    "uint8_t": "UInt8", "uint16_t": "UInt16", "uint32_t": "UInt32", "uint64_t": "UInt64",
    "int8_t": "Int8", "int16_t": "Int16", "int32_t": "Int32", "int64_t": "Int64", "char": "CChar",
  ]
  private let name: String
  private let type: String
  private let count: Int?
  private let offset: Int

  /// nil for a structure, a pointer or an array of arrays: those have no property.
  init?(_ field: RecordLayout.Field) {
    let parts = field.type.split(separator: "[", maxSplits: 1)
    guard let type = parts.first.flatMap({ Self.numbers[String($0)] }) else { return nil }
    self.type = type
    count = parts.count > 1 ? Int(parts[1].dropLast()) : nil
    if parts.count > 1, count == nil { return nil }
    offset = field.offset
    let words = field.name.split(separator: "_").map(String.init)
    name = (words.first ?? "") + words.dropFirst().map(\.capitalized).joined()
  }

  /// The property. A word that programs write has atomic operations, so it has a type of its own.
  func source(isWritable: Bool) -> String {
    let isShared = isWritable && type == "UInt32"
    guard let count else {
      return isShared
        ? "  var \(name): SharedWord { word(at: \(offset)) }\n"
        : "  var \(name): \(type) { load(at: \(offset)) }\n"
    }
    return isShared
      ? "  var \(name): SharedWords { words(at: \(offset), count: \(count)) }\n"
      : "  var \(name): PageArray<\(type)> { array(at: \(offset), count: \(count)) }\n"
  }
}
