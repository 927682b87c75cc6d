// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Programs for 32-bit ARM: ELF for the ARM Architecture (ARM IHI 0044), as Linux's elf_check_arch
/// and elf_set_personality read it.
extension ARMEABI {
  /// FDPIC is refused, and so are files without an EABI version for 26-bit code (EF_ARM_APCS_26).
  @inline(__always)
  public static func canRun(elfFlags flags: UInt32, osABI: UInt8) -> Bool {
    osABI != 65 && (flags >> 24 != 0 || flags & 8 == 0)
  }

  /// Bit 0 selects Thumb; ARM code must be word aligned.
  @inline(__always)
  public static func codeAddress(ofEntry entry: UserAddress) -> UserAddress? {
    entry.word & 1 == 1 || entry.word & 3 == 0 ? UserAddress(entry.word & ~1) : nil
  }

  /// mmap2: the offset is in pages.
  @inline(__always)
  public static func mappedPage(_ registers: borrowing ARMRegisters) -> UInt32? { registers.r5 }

  /// A 64-bit argument starts in an even register.
  @inline(__always)
  public static func argument64(_ registers: borrowing ARMRegisters, after count: Int) -> UInt64 {
    let index = (count + 1) & ~1
    return UInt64(registers.argument(index + 1)) << 32 | UInt64(registers.argument(index))
  }
}
