// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The limits of one resource; `none` means unlimited.
struct ResourceLimit {
  /// The limit that is enforced. A process may raise it up to the hard limit.
  var soft: Word
  /// The hard limit, which is only reported; as root every process may raise it.
  var hard: Word

  /// RLIM_INFINITY.
  static var none: Word { .max }
}
