// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// The address space of a TLB entry: CONTEXTIDR's ASID field (ARM DDI 0406C, B4.1.36).
public struct AddressSpaceIdentifier: Equatable, Sendable {
  /// The ASID in bits 7 to 0; the bits above belong to the allocator.
  public let rawValue: UInt32

  /// The identifier with these bits.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// The maintenance that a change of a translation table needs after the store (ARM DDI 0406C,
/// B3.10.1 and B2.2.9). The port implements it with barriers and CP15 operations; tests record the
/// calls.
public protocol TableMaintenance {
  /// Makes the `count` words from `descriptor` on visible to the table walks of all CPUs and to
  /// this CPU's next instructions: clean the lines if walks are not cacheable, DSB, ISB.
  ///
  /// - Called: after each store to a table.
  /// - Tested by: `testNewFrameIsMappedByBreakBeforeMake`.
  static func publish(_ descriptor: UnsafePointer<UInt32>, count: Int)

  /// Removes all translations of `page` in address space `space` from the TLBs of all CPUs, with
  /// the cached walks to it, and waits for accesses through them: TLBIMVAIS, DSB, ISB.
  ///
  /// - Called: after a break.
  /// - Tested by: `testOnlyEntriesThatATLBMayHoldAreInvalidated`.
  static func invalidate(_ page: VirtualPage, in space: AddressSpaceIdentifier)

  /// Makes stores to `frame` visible to the instruction fetches of all CPUs: clean its data lines
  /// to the point of unification, invalidate instruction caches and branch predictors, DSB, ISB.
  ///
  /// - Called: before a page becomes code.
  /// - Tested by: `testWalkFindsTheFrameWithItsPermissions`.
  static func makeExecutable(_ frame: PhysicalFrame)
}
