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
      + (hasMembers ? "#include \"kit_members.h\"\n" : "")
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
        case .member: ("", "")
        }
      if page.role == .member { return memberAccess(page) }
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

  /// The pages of each member, which all members read, and those of one that this process is.
  private func memberAccess(_ page: KitManifest.Page) -> String {
    let type = "volatile struct \(page.structure) *"
    let bytes = pages(.member) * 4096
    return """
      /* The pages of slot `slot`; the slot is taken modulo KIT_MEMBERS. */
      static inline const \(type)kit_\(page.structure)(uint32_t slot) {
        return (const \(type))(kit_member_pages() + slot % KIT_MEMBERS * \(bytes)u);
      }

      /* The pages of this process, or 0 if it is no member. */
      static inline \(type)kit_own_\(page.structure)(void) {
        uint32_t slot = kit_kit_member()->slot;
        return slot ? (\(type))(kit_member_pages() + (slot - 1) % KIT_MEMBERS * \(bytes)u) : 0;
      }


      """
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
      let fields = record.fields.filter(\.isOfStructure).compactMap { SwiftField($0) }
      func access(_ type: String, _ properties: [String]) -> String {
        """
        extension \(type) where Layout == \(page.structure) {
        \(properties.joined(separator: "\n"))}


        """
      }
      let isWritable = page.role == .sharedWritable
      let properties = fields.map { $0.source(isWritable: isWritable) }
      guard page.role == .member else { return access(page.role.swiftName, properties) }
      let bytes = self.pages(.member) * 4096
      return access(
        page.role.swiftName,
        ["  init(slot: UInt32) { self.init(slot: slot, bytes: \(bytes)) }\n"] + properties)
        + access(
          "OwnMemberPages",
          [
            "  init?() { self.init(member: OwnPage<kit_member>().slot, bytes: \(bytes)) }\n"
          ]
            + fields.filter(\.isOfWords).map { $0.source(isWritable: true) })
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
    case .member: "MemberPages"
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

  /// Whether it is a word, or an array of words.
  var isOfWords: Bool { type == "UInt32" }

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
