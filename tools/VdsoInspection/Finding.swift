// SPDX-License-Identifier: Apache-2.0
/// A broken rule: what, and where in the file.
public struct Finding: Equatable, CustomStringConvertible {
  /// A short name of the rule, stable, for tests and for searching.
  public let rule: String
  /// What is wrong.
  public let what: String
  /// Where: an address, a symbol or a header.
  public let place: String

  /// A finding of its parts.
  public init(_ rule: String, _ what: String, at place: String = "") {
    self.rule = rule
    self.what = what
    self.place = place
  }

  /// One line.
  public var description: String {
    place.isEmpty ? "\(rule): \(what)" : "\(rule): \(place): \(what)"
  }
}

extension Instruction {
  /// Where it is, and what it says.
  var place: String { "0x\(String(address, radix: 16)) in \(function): \(text)" }
}
