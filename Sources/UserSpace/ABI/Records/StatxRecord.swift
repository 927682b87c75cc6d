// SPDX-License-Identifier: Apache-2.0

/// struct statx (linux/stat.h): 256 bytes, the same on all architectures, with the basic fields.
struct StatxRecord {
  var status = FileStatus()
  private let reserved = InlineArray<28, UInt32>(repeating: 0)
}
