// SPDX-License-Identifier: Apache-2.0
// Reads a manifest: one statement a line, a keyword first; `#` begins a comment.

extension KitManifest {
  /// Reads `text`, the file `file`. A constant in `overrides` has its value from there.
  ///
  /// - Throws: `KitError` with the line that is wrong.
  public init(
    _ text: String, file: String = "manifest", overrides: [String: String] = [:]
  ) throws(KitError) {
    var seen: [String: Int] = [:]
    var line = 0
    do throws(KitError) {
      for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
        line += 1
        let statement = raw.prefix { $0 != "#" }.trimmingPrefix(while: \.isWhitespace)
        guard let keyword = statement.split(whereSeparator: \.isWhitespace).first.map(String.init)
        else { continue }
        let rest = String(statement.dropFirst(keyword.count).trimmingPrefix(while: \.isWhitespace))
        if !["constant", "export", "callout"].contains(keyword),
          let first = seen.updateValue(line, forKey: keyword)
        {
          throw KitError("'\(keyword)' is in line \(first), too")
        }
        try read(
          keyword, rest.split(whereSeparator: \.isWhitespace).map(String.init), rest, line,
          overrides)
      }
      line = 0
      try finish(seen, overrides)
    } catch {
      throw KitError(error.text, file: file, line: line)
    }
  }

  private mutating func read(
    _ keyword: String, _ words: [String], _ rest: String, _ line: Int, _ overrides: [String: String]
  ) throws(KitError) {
    let word = words.count == 1 ? words[0] : nil
    if keyword != "kit", name.isEmpty { throw KitError("the first statement is 'kit NAME'") }
    switch keyword {
    case "kit":
      guard let word, (1...15).contains(word.count), KitFunction.isName(word), word.first != "_",
        word == word.lowercased()
      else { throw KitError("a name has 1 to 15 of a-z, 0-9 and _, a letter first") }
      name = word
    case "version":
      guard let version = word.flatMap({ Int($0) }), (1...Int(UInt16.max)).contains(version) else {
        throw KitError("a version is 1 to 65535")
      }
      self.version = version
    case "mode":
      guard let word, word.first == "0", let mode = Int(word, radix: 8), mode & ~0o666 == 0,
        mode != 0
      else { throw KitError("a mode is 0444, 0644 or another without execution") }
      self.mode = mode
    case "header", "internal-header":
      guard let word, word.hasSuffix(".h"), !word.contains("/") else {
        throw KitError("a header is a file of the kit's folder, NAME.h")
      }
      if keyword == "header" { header = word } else { internalHeader = word }
    case "private": hasPrivateData = try Self.isYes(word)
    case "system-calls": mayCallSystem = try Self.isYes(word)
    case "constant": try readConstant(rest, overrides)
    case "export": try append(KitFunction(rest, isExport: true), to: \.exports)
    case "callout": try append(KitFunction(rest, isExport: false), to: \.callouts)
    default:
      guard let role = Role(rawValue: keyword) else {
        throw KitError("'\(keyword)' is no statement")
      }
      guard words.count == 2, words[0] == "struct", KitFunction.isName(words[1]) else {
        throw KitError("'\(keyword)' has 'struct NAME'")
      }
      pages.append(Page(role: role, structure: words[1], line: line))
      guard role == .member else { break }
      pages.append(Page(role: .kernelWritten, structure: "kit_members", line: line))
      pages.append(Page(role: .ownPage, structure: "kit_member", line: line))
    }
  }

  private static func isYes(_ word: String?) throws(KitError) -> Bool {
    guard let word, ["yes", "no"].contains(word) else { throw KitError("'yes' or 'no'") }
    return word == "yes"
  }

  private mutating func readConstant(
    _ text: String, _ overrides: [String: String]
  ) throws(KitError) {
    let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
    let left = (sides.first ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    guard sides.count == 2, left.count == 2, let kind = KitConstant.Kind(rawValue: left[0]) else {
      let kinds = KitConstant.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw KitError("a constant is TYPE NAME = VALUE, with a type of \(kinds)")
    }
    let name = left[1]
    guard name.hasPrefix("\(capitals)_"), name == name.uppercased(), KitFunction.isName(name) else {
      throw KitError("the name of a constant begins with \(capitals)_ and is in capitals")
    }
    if constants.contains(where: { $0.name == name }) { throw KitError("there are two '\(name)'") }
    let known = Dictionary(uniqueKeysWithValues: constants.map { ($0.name, $0.value) })
    let value = try KitExpression.value(of: overrides[name] ?? sides[1], known)
    guard kind.range.contains(value) else {
      throw KitError("\(name): \(value) is no \(kind.rawValue)")
    }
    constants.append(KitConstant(name: name, kind: kind, value: value))
  }

  private mutating func append(
    _ function: KitFunction, to list: WritableKeyPath<KitManifest, [KitFunction]>
  ) throws(KitError) {
    guard function.name.hasPrefix("\(name)_") else {
      throw KitError("the name of a function begins with \(name)_")
    }
    if ["kit", "give"].contains(where: {
      function.name == "\(name)_\($0)" || function.name.hasPrefix("\(name)_kit_")
    }) {
      throw KitError("'\(function.name)' is a name that the build makes")
    }
    if (exports + callouts).contains(where: { $0.name == function.name }) {
      throw KitError("there are two '\(function.name)'")
    }
    self[keyPath: list].append(function)
  }

  private mutating func finish(
    _ seen: [String: Int], _ overrides: [String: String]
  ) throws(KitError) {
    for keyword in ["kit", "version"] where seen[keyword] == nil {
      throw KitError("'\(keyword)' is missing")
    }
    if exports.isEmpty { throw KitError("nothing is exported") }
    if header.isEmpty, let page = pages.first {
      throw KitError("struct \(page.structure) needs a 'header'")
    }
    for name in overrides.keys.sorted() where !constants.contains(where: { $0.name == name }) {
      throw KitError("there is no constant '\(name)'")
    }
    if mode & 0o222 != 0,
      !pages.contains(where: { $0.role == .sharedWritable || $0.role == .member })
    {
      throw KitError("a mode with the right to write needs shared-writable or member pages")
    }
    if hasMembers {
      for keyword in ["kernel-written", "own-page"] where seen[keyword] != nil {
        throw KitError("the '\(keyword)' pages of a kit with members are the kernel's own")
      }
      if mode & 0o222 == 0 {
        throw KitError("a kit with members needs a mode with a right to write")
      }
    }
    if !callouts.isEmpty {
      if !hasPrivateData { throw KitError("call-outs need 'private yes': their table is there") }
      let give = "int32_t \(name)_give(const \(calloutTable) *table, uint32_t bytes, uint64_t hash)"
      exports.append(try KitFunction("\(give) else -1 most 200", isExport: true))
    }
    pages.sort { left, right in
      (Role.allCases.firstIndex(of: left.role) ?? 0)
        < (Role.allCases.firstIndex(of: right.role) ?? 0)
    }
  }
}
