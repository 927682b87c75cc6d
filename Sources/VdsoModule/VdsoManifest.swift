// SPDX-License-Identifier: Apache-2.0
import VdsoPage

/// What the image has to hold, no more and no less: the verifier's half of image/vdso/exports.map.
/// Whoever adds an export, a system call or a table of the page to the image adds it here and there;
/// the build holds the two against each other.
///
/// Functions and not tables: a switch over constants needs no storage that would be set up at boot.
enum VdsoManifest {
  /// A version node, by its index in the image's table; 1 is the image itself.
  enum Node: UInt16 {
    case linux = 2
    case ohos = 3

    /// What libcs look for.
    var name: StaticString {
      switch self {
      case .linux: "LINUX_2.6"
      case .ohos: "OHOS"
      }
    }
  }

  /// A function that programs find in the image.
  struct Export {
    let name: StaticString
    let node: Node

    init(_ name: StaticString, _ node: Node) {
      self.name = name
      self.node = node
    }
  }

  /// How many there are; below 32.
  static var exportCount: UInt32 { 8 }

  /// An export by number; those of 32 and 64 bits are neighbours, up to `pairedCount`.
  static func export(_ number: UInt32) -> Export {
    switch number {
    case 0: Export("__vdso_clock_gettime", .linux)
    case 1: Export("__vdso_clock_gettime64", .linux)
    case 2: Export("__vdso_clock_getres", .linux)
    case 3: Export("__vdso_clock_getres_time64", .linux)
    case 4: Export("__vdso_gettimeofday", .linux)
    case 5: Export("__vdso_time", .linux)
    case 6: Export("__vdso_getcpu", .linux)
    default: Export("VdsoClockGettime", .ohos)
    }
  }

  /// The exports 0 and 1, and 2 and 3, are of no use without each other: musl takes the 64-bit one
  /// only if the other is there, glibc needs both.
  static var pairedCount: UInt32 { 4 }

  /// Whether the image may make system call `number` (Linux' numbers for EABI).
  static func maySystemCall(_ number: UInt32) -> Bool {
    switch number {
    case 78, 263, 264, 403, 406: true  // gettimeofday, clock_gettime and clock_getres of each width
    case 345: true  // getcpu
    default: false
    }
  }

  /// Whether a page has a table or a word there that code may address, at this distance from the
  /// image's start.
  static func isTable(_ distance: Int32) -> Bool {
    let resolutions = Int32(VDSO_OFFSET_RESOLUTION) - Int32(VDSO_PAGE_BYTES)
    let banks = Int32(VDSO_OFFSET_BANKS) - Int32(VDSO_PAGE_BYTES)
    let processor =
      Int32(VDSO_OWN_PROCESSOR) - Int32(VDSO_OWN_BEFORE) - Int32(VDSO_PAGE_BYTES)
    return distance == resolutions || distance == banks || distance == processor
  }
}
