// SPDX-License-Identifier: Apache-2.0
/// Why a device tree was refused. Offsets are in bytes from the blob's start.
public enum DeviceTreeError: Error, Equatable {
  /// The blob, or a block of it, ends at this offset, in the middle of something.
  case cut(UInt32)
  /// It is no device tree: its first word.
  case badMagic(UInt32)
  /// Older than version 16, or not readable as version 17: its version.
  case badVersion(UInt32)
  /// A size of the header that cannot be.
  case badSize(UInt32)
  /// An offset of the header that is misaligned or outside.
  case badOffset(UInt32)
  /// A word that is no token, and where.
  case badToken(UInt32, at: UInt32)
  /// The property at this offset has its name outside of the strings.
  case badName(UInt32)
  /// A node's end, a property or the tree's end where none may stand: how many nodes were open.
  case badNesting(UInt32)
  /// More nodes inside each other than are followed.
  case tooDeep
  /// A property that is needed has a value of the wrong form, at this offset.
  case badValue(UInt32)
}

extension DeviceTreeError {
  /// What is wrong, for a line of the log.
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
