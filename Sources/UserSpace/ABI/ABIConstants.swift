// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// What an architecture's headers define by a number or a text.
public protocol ABIConstants: SendableMetatype {
  /// The machine of an ELF file (e_machine).
  static var elfMachine: UInt16 { get }

  /// The features of the processor (AT_HWCAP).
  static var capabilities: UInt32 { get }

  /// The name of the processor, at most 15 bytes (AT_PLATFORM).
  static var platform: StaticString { get }

  /// The name of the machine (uname).
  static var machineName: StaticString { get }

  /// Whether an action brings the address to which its handler returns (SA_RESTORER).
  static var hasRestorer: Bool { get }

  /// The flags of an action that Linux 6.1 accepts.
  static var actionFlags: UInt32 { get }

  /// The least size of an alternate signal stack (MINSIGSTKSZ), in bytes.
  static var leastSignalStack: Word { get }

  /// The lowest address for MAP_FIXED (FIRST_USER_ADDRESS).
  static var lowestMapping: UserAddress { get }

  /// The end of user addresses on Linux (TASK_SIZE), against which it checks addresses and counts.
  static var linuxLimit: UserAddress { get }

  /// O_DIRECTORY.
  static var directoryOnly: UInt32 { get }

  /// O_NOFOLLOW.
  static var noFollow: UInt32 { get }

  /// O_DIRECT.
  static var direct: UInt32 { get }
}
