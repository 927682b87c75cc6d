// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The short descriptors of a process's table (ARM DDI 0406C, B3.5.1 and B3.5.2).
/// `KernelDescriptor` has those of the kernel's own table.
///
///     first level, table     31:10 base  9 0  8:5 domain  4 0  3 NS  2 PXN  1:0 01
///     second level, page     31:12 base  11 nG  10 S  9 AP2  8:6 TEX  5:4 AP  3 C  2 B  1 1  0 XN
///     second level, kept     31:12 base  2 1  1:0 00                       (faults; rest ignored)
///
/// SCTLR.AFE and TRE are 0. User pages are not global (nG), normal memory, write-back and
/// write-allocate (TEX 001, C, B), shareable (S), in domain 0. The kernel never executes them (PXN,
/// on the Cortex-A7 and -A15; older cores ignore the bit). AP[2:0] is 011 for read-write, 111 for
/// read-only; the kernel has the same access as the program (table B3-8). A page without any access
/// keeps its frame in a descriptor that faults; hardware ignores bits 31 to 2 of it.
enum UserDescriptor {
  private static let isNotGlobal: UInt32 = 1 << 11
  private static let isShareable: UInt32 = 1 << 10
  private static let isReadOnly: UInt32 = 1 << 9
  private static let anyPrivilege: UInt32 = 0b11 << 4
  private static let writeBackWriteAllocate: UInt32 = 0b001 << 6 | 1 << 3 | 1 << 2
  private static let isSmallPage: UInt32 = 1 << 1
  private static let isNeverExecuted: UInt32 = 1
  private static let hasNoAccess: UInt32 = 1 << 2
  private static let frameMask: UInt32 = 0xffff_f000

  /// A first-level descriptor for the second-level table at physical `address` (aligned to 1 KiB),
  /// which translates 1 MiB.
  @inline(__always)
  static func table(_ address: PhysicalAddress) -> UInt32 { address.word | 1 << 2 | 0b01 }

  /// The physical address of the second-level table in a first-level descriptor that is not 0.
  @inline(__always)
  static func tableAddress(_ descriptor: UInt32) -> PhysicalAddress {
    PhysicalAddress(descriptor & 0xffff_fc00)
  }

  /// A descriptor that maps a frame with `permissions`; never 0.
  @inline(__always)
  static func page(_ frame: PhysicalFrame, _ permissions: Permissions) -> UInt32 {
    guard !permissions.isDisjoint(with: .allAccess) else { return frame.address.word | hasNoAccess }
    var bits =
      frame.address.word | isNotGlobal | isShareable | anyPrivilege | writeBackWriteAllocate
      | isSmallPage
    if !permissions.contains(.write) { bits |= isReadOnly }
    if !permissions.contains(.execute) { bits |= isNeverExecuted }
    return bits
  }

  /// The frame in a page's descriptor, which is not 0.
  @inline(__always)
  static func frame(_ descriptor: UInt32) -> PhysicalFrame {
    PhysicalFrame(containing: PhysicalAddress(descriptor & frameMask))
  }

  /// The permissions in a page's descriptor.
  @inline(__always)
  static func permissions(_ descriptor: UInt32) -> Permissions {
    guard isValid(descriptor) else { return .user }
    var result: Permissions = [.user, .read]
    if descriptor & isReadOnly == 0 { result.insert(.write) }
    if descriptor & isNeverExecuted == 0 { result.insert(.execute) }
    return result
  }

  /// The descriptor without write permission.
  @inline(__always)
  static func withoutWrite(_ descriptor: UInt32) -> UInt32 {
    isValid(descriptor) ? descriptor | isReadOnly : descriptor
  }

  /// True if the hardware translates with the descriptor, so that a TLB may hold it.
  @inline(__always)
  static func isValid(_ descriptor: UInt32) -> Bool { descriptor & isSmallPage != 0 }
}
