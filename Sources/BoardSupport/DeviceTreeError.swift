// SPDX-License-Identifier: Apache-2.0
/// Why a device tree was refused. Offsets are in bytes from the blob's start.
public enum DeviceTreeError: Error, Equatable {
  /// The blob, or a block of it, ends at this offset inside an item.
  case cut(UInt32)
  /// The blob is not a device tree; the value is its first word.
  case badMagic(UInt32)
  /// The version is below 16, or not compatible with 17; the value is the version.
  case badVersion(UInt32)
  /// A size in the header is impossible.
  case badSize(UInt32)
  /// An offset in the header is misaligned or outside of the blob.
  case badOffset(UInt32)
  /// A word is not a valid token; the values are the word and its offset.
  case badToken(UInt32, at: UInt32)
  /// The name of the property at this offset lies outside of the strings block.
  case badName(UInt32)
  /// A node's end, a property or the tree's end in the wrong position; the value is the number of
  /// open nodes.
  case badNesting(UInt32)
  /// Nodes are nested too deeply for the parser.
  case tooDeep
  /// A required property, at this offset, has a value of the wrong format.
  case badValue(UInt32)
}

extension DeviceTreeError {
  /// The error's text for a log line.
  public var reason: StaticString {
    switch self {
    case .cut: "the device tree is cut short"
    case .badMagic: "the device tree has a bad magic"
    case .badVersion: "the device tree has an unknown version"
    case .badSize: "the device tree has a bad size"
    case .badOffset: "the device tree has a bad offset"
    case .badToken: "the device tree has a bad token"
    case .badName: "the device tree has a bad property name"
    case .badNesting: "the device tree is badly nested"
    case .tooDeep: "the device tree is nested too deeply"
    case .badValue: "the device tree has a bad value"
    }
  }
}
