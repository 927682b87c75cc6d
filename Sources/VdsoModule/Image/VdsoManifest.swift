// SPDX-License-Identifier: Apache-2.0
/// The exact contents of an image for one machine, as the verifier expects them: the versions and
/// functions that the libcs of this machine look up.
///
/// These are functions, not tables: a switch over constants needs no storage initialised at boot.
public protocol VdsoManifest {
  /// The number of version nodes. Their indices in the image begin at 2; 1 is the image itself.
  static var nodeCount: UInt16 { get }
  /// The name of the node with an index from 2 on, which libcs look up.
  static func node(_ index: UInt16) -> StaticString
  /// The number of exports; below 32, because a set of them is a word.
  static var exportCount: UInt32 { get }
  /// An export by number; the 32-bit and 64-bit variants are neighbours below `pairedCount`.
  static func export(_ number: UInt32) -> VdsoExport
  /// The exports below this number form pairs, 0 and 1, 2 and 3. Each half is useless alone.
  static var pairedCount: UInt32 { get }
}

/// A function that an image exports to programs.
public struct VdsoExport {
  /// The name that libcs look up.
  public let name: StaticString
  /// The index of its version node.
  public let node: UInt16

  /// The function `name` of version `node`.
  public init(_ name: StaticString, _ node: UInt16) {
    self.name = name
    self.node = node
  }
}
