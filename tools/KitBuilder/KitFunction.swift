// SPDX-License-Identifier: Apache-2.0
// A function of a kit as its manifest declares it.

/// The C declaration of a function, and what the kit promises about it.
public struct KitFunction: Equatable {
  /// A parameter.
  public struct Parameter: Equatable {
    /// The C type.
    public let type: String
    /// The name.
    public let name: String
  }

  /// The C type of the result.
  public let result: String
  /// The name.
  public let name: String
  /// The parameters, in order.
  public let parameters: [Parameter]
  /// The most instructions that a call executes, retries included; 0 for a call-out.
  public let bound: Int
  /// What a program gets before it has bound the kit, a C expression; empty for `void`.
  public let unbound: String

  /// The parameters as C writes them.
  public var parameterList: String {
    parameters.isEmpty
      ? "void" : parameters.map { Self.join($0.type, $0.name) }.joined(separator: ", ")
  }

  /// The declaration with `name` in the place of the name, without a semicolon.
  public func declaration(of name: String) -> String {
    "\(Self.join(result, name))(\(parameterList))"
  }

  /// A pointer to such a function, called `name`.
  public func pointer(_ name: String) -> String { declaration(of: "(*\(name))") }

  /// The names of the parameters, for a call.
  public var arguments: String { parameters.map(\.name).joined(separator: ", ") }

  private static func join(_ type: String, _ name: String) -> String {
    type.hasSuffix("*") ? type + name : "\(type) \(name)"
  }

  /// Reads `RESULT NAME(TYPE NAME, …) else VALUE most N`. A call-out has no bound.
  init(_ text: String, isExport: Bool) throws(KitError) {
    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
    else { throw KitError("a function is RESULT NAME(TYPE NAME, …)") }
    (result, name) = try Self.typeAndName(text[..<open])
    let inside = text[text.index(after: open)..<close]
    if inside.contains("(") { throw KitError("a pointer to a function needs a typedef") }
    var parameters: [Parameter] = []
    let parts = inside.split(separator: ",", omittingEmptySubsequences: false)
    for part in parts where !(parts.count == 1 && Self.words(part) == ["void"]) {
      let (type, name) = try Self.typeAndName(part)
      if parameters.contains(where: { $0.name == name }) {
        throw KitError("two parameters are called '\(name)'")
      }
      parameters.append(Parameter(type: type, name: name))
    }
    self.parameters = parameters
    var rest = Self.words(text[text.index(after: close)...])[...]
    var unbound = ""
    if rest.first == "else" {
      unbound = rest.dropFirst().prefix { $0 != "most" }.joined(separator: " ")
      rest = rest.dropFirst().drop { $0 != "most" }
      if unbound.isEmpty || result == "void" {
        throw KitError("'else' has the result of a function")
      }
    } else if result != "void" {
      throw KitError("'\(name)' needs 'else' and its result where there is no answer")
    }
    self.unbound = unbound
    guard isExport else {
      if let extra = rest.first { throw KitError("'\(extra)' after a call-out") }
      bound = 0
      return
    }
    guard rest.count == 2, rest.first == "most", let last = rest.last, let bound = Int(last),
      (1...100_000).contains(bound)
    else { throw KitError("'\(name)' needs 'most' and the most instructions of a call") }
    self.bound = bound
  }

  private static func words(_ text: Substring) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  private static func typeAndName(_ text: Substring) throws(KitError) -> (String, String) {
    let plain = words(text).joined(separator: " ")
    let name = String(plain.reversed().prefix(while: isOfName).reversed())
    let type = words(plain.dropLast(name.count)).joined(separator: " ")
    guard isName(name) else { throw KitError("'\(plain)' has no name") }
    guard !type.isEmpty, type.allSatisfy({ isOfName($0) || $0 == " " || $0 == "*" }) else {
      throw KitError("'\(plain)' is no type and name")
    }
    if ["float", "double"].contains(where: words(type[...]).contains) {
      throw KitError("'\(plain)': a kit has no floating point")
    }
    return (type, name)
  }

  private static func isOfName(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || character == "_")
  }

  /// Whether `text` is a C identifier.
  static func isName(_ text: String) -> Bool {
    text.first.map { !$0.isNumber } ?? false && text.allSatisfy(isOfName)
  }
}
