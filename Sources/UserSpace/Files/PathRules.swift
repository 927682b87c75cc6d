// SPDX-License-Identifier: Apache-2.0

/// What the walk along a path must not do (openat2(2), RESOLVE_…).
struct PathRules: OptionSet {
  /// The bits as openat2 has them.
  let rawValue: UInt8

  /// Enter another file system.
  static var sameFileSystem: Self { Self(rawValue: 1) }
  /// Follow a magic link, which leads to a node by itself.
  static var noMagicLinks: Self { Self(rawValue: 2) }
  /// Follow a symbolic link.
  static var noLinks: Self { Self(rawValue: 4) }
  /// Leave the directory in which it begins: that is an error, or that directory is the root.
  static var beneath: Self { Self(rawValue: 8) }
  static var inRoot: Self { Self(rawValue: 16) }
  static var scoped: Self { Self(rawValue: 24) }
}
