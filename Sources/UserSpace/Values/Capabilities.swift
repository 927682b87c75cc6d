// SPDX-License-Identifier: Apache-2.0

/// Sets of capabilities (capabilities(7)), a bit for each.
enum Capabilities {
  /// All of Linux 6.1, of which CAP_CHECKPOINT_RESTORE is the last: what every process has.
  static var all: UInt64 { 0x1ff_ffff_ffff }
}
