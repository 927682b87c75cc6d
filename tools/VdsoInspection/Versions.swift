// SPDX-License-Identifier: Apache-2.0
// Symbol versions of a shared object (LSB 5.0, Symbol Versioning). A libc looks up a symbol by its
// name and its version node.

/// The name of a dynamic symbol, with its version node.
public struct VersionedName: Hashable, Comparable, CustomStringConvertible {
  /// The symbol's name.
  public let name: String
  /// The node's name.
  public let version: String

  /// A symbol's name and its node's name.
  public init(_ name: String, _ version: String) {
    self.name = name
    self.version = version
  }

  /// `name@version`.
  public var description: String { "\(name)@\(version)" }

  /// Alphabetical order, by node and then by name.
  public static func < (left: VersionedName, right: VersionedName) -> Bool {
    (left.version, left.name) < (right.version, right.name)
  }
}

extension ElfFile {
  /// The defined version nodes by index, except for the base, which names the file itself.
  public func versionNodes() throws -> [UInt16: String] {
    let names = try dynamicValue(5)
    var nodes: [UInt16: String] = [:]
    var place = try dynamicValue(0x6fff_fffc)
    for _ in 0..<(try dynamicValue(0x6fff_fffd)) {
      let isBase = try half(place + 2) & 1 != 0
      let auxiliary = place + Int(try word(place + 12))
      if !isBase { nodes[try half(place + 4)] = try string(names + Int(try word(auxiliary))) }
      let next = Int(try word(place + 16))
      if next == 0 { break }
      place += next
    }
    return nodes
  }

  /// The defined global symbols, by name and node.
  public func exports() throws -> [VersionedName: Symbol] {
    let nodes = try versionNodes()
    let versions = try dynamicValue(0x6fff_fff0)
    var exports: [VersionedName: Symbol] = [:]
    for symbol in try dynamicSymbols() where symbol.section != 0 && symbol.info >> 4 != 0 {
      let version = try half(versions + symbol.index * 2) & 0x7fff
      exports[VersionedName(symbol.name, nodes[version] ?? "?")] = symbol
    }
    return exports
  }
}

/// The manifest of exports: the global names of the linker's version script.
public struct Manifest {
  /// The names in the manifest.
  public let names: Set<VersionedName>

  /// Reads the text of a version script: `NODE { global: a; b; local: *; };`.
  public init(_ text: String) {
    var names: Set<VersionedName> = []
    var node: String?
    var isGlobal = false
    for token in Manifest.tokens(text) {
      switch token {
      case "{", ";": break
      case "}": node = nil
      case "global:": isGlobal = true
      case "local:": isGlobal = false
      default:
        if let node {
          if isGlobal { names.insert(VersionedName(token, node)) }
        } else {
          node = token
          isGlobal = false
        }
      }
    }
    self.names = names
  }

  private static func tokens(_ text: String) -> [String] {
    var rest = Substring(text)
    var plain = ""
    while let start = rest.range(of: "/*") {
      plain += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].range(of: "*/") else { break }
      rest = rest[end.upperBound...]
    }
    plain += rest
    for mark in ["{", "}", ";"] {
      plain = plain.replacing(mark, with: " \(mark) ")
    }
    return plain.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
