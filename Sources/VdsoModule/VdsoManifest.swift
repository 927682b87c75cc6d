// SPDX-License-Identifier: Apache-2.0
import VdsoPage

/// The exact contents of the image, as the verifier expects them; image/vdso/exports.map is the
/// linker's half. A new export, system call or page table of the image must be added here and
/// there; the build compares the two.
///
/// These are functions, not tables: a switch over constants needs no storage initialised at boot.
enum VdsoManifest {
  /// A version node, by its index in the image's table; 1 is the image itself.
  enum Node: UInt16 {
    case linux = 2
    case ohos = 3

    /// The node's name, which libcs look up.
    var name: StaticString {
      switch self {
      case .linux: "LINUX_2.6"
      case .ohos: "OHOS"
      }
    }
  }

  /// A function that the image exports to programs.
  struct Export {
    let name: StaticString
    let node: Node

    init(_ name: StaticString, _ node: Node) {
      self.name = name
      self.node = node
    }
  }

  /// The number of exports; below 32, because a set of them is a word.
  static var exportCount: UInt32 { 8 }

  /// An export by number; the 32-bit and 64-bit variants are neighbours below `pairedCount`.
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

  /// The exports below this number form pairs, 0 and 1, 2 and 3. Each half is useless alone: musl
  /// uses the 64-bit one only if the other exists, and glibc needs both.
  static var pairedCount: UInt32 { 4 }

  /// Whether the image may make system call `number` (Linux' numbers for EABI).
  static func maySystemCall(_ number: UInt32) -> Bool {
    switch number {
    case 78, 263, 264, 403, 406: true  // gettimeofday, clock_gettime and clock_getres of each width
    case 345: true  // getcpu
    default: false
    }
  }

  /// Whether code may address this offset, relative to the image's start: a table of the time page,
  /// or the CPU number in the process's own page.
  static func isTable(_ distance: Int32) -> Bool {
    let resolutions = Int32(VDSO_OFFSET_RESOLUTION) - Int32(VDSO_PAGE_BYTES)
    let banks = Int32(VDSO_OFFSET_BANKS) - Int32(VDSO_PAGE_BYTES)
    let processor =
      Int32(VDSO_PROCESS_PAGE_PROCESSOR) - Int32(VDSO_PROCESS_PAGE_BEFORE) - Int32(VDSO_PAGE_BYTES)
    return distance == resolutions || distance == banks || distance == processor
  }
}
