// SPDX-License-Identifier: Apache-2.0
/// A violated rule, with an explanation and a location.
public struct Finding: Equatable, CustomStringConvertible {
  /// A short name of the rule, stable, for tests and for searching.
  public let rule: String
  /// The error.
  public let what: String
  /// The location: an address, a symbol or a header; may be empty.
  public let place: String

  /// A finding with these texts.
  public init(_ rule: String, _ what: String, at place: String = "") {
    self.rule = rule
    self.what = what
    self.place = place
  }

  /// The finding in one line.
  public var description: String {
    place.isEmpty ? "\(rule): \(what)" : "\(rule): \(place): \(what)"
  }
}

extension Instruction {
  /// The address, the function and the instruction as text.
  public var place: String { "0x\(String(address, radix: 16)) in \(function): \(text)" }
}
