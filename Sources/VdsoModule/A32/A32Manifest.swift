// SPDX-License-Identifier: Apache-2.0
/// The contents of the image for ARM's 32-bit programs; image/vdso/exports.map is the linker's
/// half. A new export or system call of the image must be added here and there; the build compares
/// the two.
public enum A32Manifest: VdsoManifest {
  private static var linux: UInt16 { 2 }
  private static var ohos: UInt16 { 3 }

  /// Linux' version and OpenHarmony's.
  public static var nodeCount: UInt16 { 2 }

  /// The name of a version.
  public static func node(_ index: UInt16) -> StaticString {
    index == linux ? "LINUX_2.6" : "OHOS"
  }

  /// Linux' functions of both widths, and OpenHarmony's.
  public static var exportCount: UInt32 { 8 }

  /// A function by number.
  public static func export(_ number: UInt32) -> VdsoExport {
    switch number {
    case 0: VdsoExport("__vdso_clock_gettime", linux)
    case 1: VdsoExport("__vdso_clock_gettime64", linux)
    case 2: VdsoExport("__vdso_clock_getres", linux)
    case 3: VdsoExport("__vdso_clock_getres_time64", linux)
    case 4: VdsoExport("__vdso_gettimeofday", linux)
    case 5: VdsoExport("__vdso_time", linux)
    case 6: VdsoExport("__vdso_getcpu", linux)
    default: VdsoExport("VdsoClockGettime", ohos)
    }
  }

  /// Two pairs: musl uses the 64-bit function only if the other exists, and glibc needs both.
  public static var pairedCount: UInt32 { 4 }

  /// Whether the image may make system call `number` (Linux' numbers for EABI).
  static func maySystemCall(_ number: UInt32) -> Bool {
    switch number {
    case 78, 263, 264, 403, 406: true  // gettimeofday, clock_gettime and clock_getres of each width
    case 345: true  // getcpu
    default: false
    }
  }
}
