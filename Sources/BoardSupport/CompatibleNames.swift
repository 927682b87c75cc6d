// SPDX-License-Identifier: Apache-2.0
/// The `compatible` strings that a driver serves; at most four.
public struct CompatibleNames: Sendable {
  private let first: StaticString?
  private let second: StaticString?
  private let third: StaticString?
  private let fourth: StaticString?

  /// A set of names.
  @inline(__always)
  public init(
    _ first: StaticString? = nil, _ second: StaticString? = nil, _ third: StaticString? = nil,
    _ fourth: StaticString? = nil
  ) {
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// True if `isListed` is true for one of the names. The names are constants, so that this becomes
  /// one call for each.
  @inline(__always)
  func contains(where isListed: (StaticString) -> Bool) -> Bool {
    if let first, isListed(first) { return true }
    if let second, isListed(second) { return true }
    if let third, isListed(third) { return true }
    if let fourth, isListed(fourth) { return true }
    return false
  }
}
