// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The constants of 32-bit ARM, from arch/arm/include of Linux 6.1.
extension ARMEABI {
  /// EM_ARM.
  public static var elfMachine: UInt16 { 40 }

  /// Linux's bits for a Cortex-A7 or A15: half-word, Thumb, fast multiplication, VFPv3 and v4 with
  /// 32 registers, EDSP, NEON, TLS, division in both states, LPAE, event stream.
  public static var capabilities: UInt32 { 0x003f_b8d6 }

  /// ARMv7, little-endian.
  public static var platform: StaticString { "v7l" }

  /// ARMv7, little-endian.
  public static var machineName: StaticString { "armv7l" }

  /// Programs bring a restorer.
  public static var hasRestorer: Bool { true }

  /// The flags of `SignalAction`, NOCLDSTOP, EXPOSE_TAGBITS and THIRTYTWO.
  public static var actionFlags: UInt32 { 0xde00_0807 }

  /// 2 KiB.
  public static var leastSignalStack: Word { 2048 }

  /// After two pages.
  public static var lowestMapping: UserAddress { 0x2000 }

  /// 3 GiB less 16 MiB for modules.
  public static var linuxLimit: UserAddress { 0xbf00_0000 }

  /// Differs from asm-generic/fcntl.h.
  public static var directoryOnly: UInt32 { 0o40000 }

  /// Differs from asm-generic/fcntl.h.
  public static var noFollow: UInt32 { 0o100000 }

  /// Differs from asm-generic/fcntl.h.
  public static var direct: UInt32 { 0o200000 }
}
