// SPDX-License-Identifier: Apache-2.0
// The constants of a kit: typed, with defaults that a build overrides, later ones made from earlier.

/// A constant with its value for this build.
public struct KitConstant: Equatable {
  /// A type that a constant may have.
  public enum Kind: String, CaseIterable {
    /// 0 or 1.
    case bool
    /// 32 bits with a sign.
    case int32 = "int32_t"
    /// 32 bits.
    case uint32 = "uint32_t"
    /// 64 bits.
    case uint64 = "uint64_t"

    /// The values that fit.
    var range: ClosedRange<Int128> {
      switch self {
      case .bool: 0...1
      case .int32: Int128(Int32.min)...Int128(Int32.max)
      case .uint32: 0...Int128(UInt32.max)
      case .uint64: 0...Int128(UInt64.max)
      }
    }
  }

  /// The name: the kit's name in capitals, `_`, and more.
  public let name: String
  /// The type.
  public let kind: Kind
  /// The value, in the range of the type.
  public let value: Int128

  /// The value as a C literal of the type.
  public var literal: String {
    switch kind {
    case .bool: value == 0 ? "false" : "true"
    // The literal 2147483648 does not fit an int.
    case .int32:
      value == Int128(Int32.min) ? "(-2147483647 - 1)" : value < 0 ? "(\(value))" : "\(value)"
    case .uint32: "\(value)u"
    case .uint64: "\(value)ull"
    }
  }
}

/// Computes the value of an expression: numbers, names, `+ - * / % << >>` and parentheses.
struct KitExpression {
  private var tokens: ArraySlice<String>
  private let names: [String: Int128]

  /// The value of `text`, in which earlier constants have the values `names`.
  static func value(of text: String, _ names: [String: Int128]) throws(KitError) -> Int128 {
    var expression = KitExpression(tokens: try tokens(of: text)[...], names: names)
    let value = try expression.shift()
    if let rest = expression.tokens.first { throw KitError("'\(rest)' is not expected") }
    return value
  }

  private static func tokens(of text: String) throws(KitError) -> [String] {
    var tokens: [String] = []
    var rest = Substring(text)
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
        continue
      }
      var token = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
      if token.isEmpty {
        token =
          rest.hasPrefix("<<") || rest.hasPrefix(">>") ? String(rest.prefix(2)) : String(first)
      }
      tokens.append(token)
      rest = rest.dropFirst(token.count)
    }
    return tokens
  }

  private mutating func take(_ operators: Set<String>) -> String? {
    guard let first = tokens.first, operators.contains(first) else { return nil }
    return tokens.removeFirst()
  }

  private mutating func shift() throws(KitError) -> Int128 {
    var value = try sum()
    while let sign = take(["<<", ">>"]) {
      let count = try sum()
      guard (0...63).contains(count) else { throw KitError("a shift by \(count)") }
      value = sign == "<<" ? try Self.product(value, 1 << count) : value >> count
    }
    return value
  }

  private mutating func sum() throws(KitError) -> Int128 {
    var value = try term()
    while let sign = take(["+", "-"]) {
      let right = try term()
      let (result, overflow) =
        sign == "+"
        ? value.addingReportingOverflow(right) : value.subtractingReportingOverflow(right)
      if overflow { throw KitError("the value is too large") }
      value = result
    }
    return value
  }

  private mutating func term() throws(KitError) -> Int128 {
    var value = try factor()
    while let sign = take(["*", "/", "%"]) {
      let right = try factor()
      if sign == "*" {
        value = try Self.product(value, right)
        continue
      }
      if right == 0 { throw KitError("a division by zero") }
      value = sign == "/" ? value / right : value % right
    }
    return value
  }

  private static func product(_ left: Int128, _ right: Int128) throws(KitError) -> Int128 {
    let (result, overflow) = left.multipliedReportingOverflow(by: right)
    if overflow { throw KitError("the value is too large") }
    return result
  }

  private mutating func factor() throws(KitError) -> Int128 {
    guard let token = tokens.popFirst() else { throw KitError("a value is missing") }
    switch token {
    case "-": return try Self.product(-1, factor())
    case "true": return 1
    case "false": return 0
    case "(":
      let value = try shift()
      guard take([")"]) != nil else { throw KitError("a ')' is missing") }
      return value
    default: break
    }
    if token.first?.isNumber == true {
      let number =
        token.hasPrefix("0x") ? UInt64(token.dropFirst(2), radix: 16) : UInt64(token, radix: 10)
      guard let number else { throw KitError("'\(token)' is no number of 64 bits") }
      return Int128(number)
    }
    guard let value = names[token] else {
      throw KitError("'\(token)' is no number and no constant of an earlier line")
    }
    return value
  }
}
