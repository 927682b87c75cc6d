// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Which address space a TLB entry belongs to: CONTEXTIDR's ASID field (ARM DDI 0406C, B4.1.36).
public struct AddressSpaceIdentifier: Equatable, Sendable {
  /// The ASID in bits 7 to 0; what stands above is its allocator's.
  public let rawValue: UInt32

  /// The identifier with these bits.
  @inline(__always)
  public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What a change of a translation table needs beyond the store: ARM DDI 0406C, B3.10.1 and
/// B2.2.9. The port implements it with barriers and CP15 operations, tests with a journal.
public protocol TableMaintenance {
  /// Afterwards table walks of all CPUs see the `count` words from `descriptor` on, and this
  /// CPU's next instructions use them: a clean of the lines where walks are not cacheable, DSB,
  /// ISB.
  static func publish(_ descriptor: UnsafePointer<UInt32>, count: Int)

  /// Afterwards no TLB of any CPU holds a translation of `page` in address space `space`, nor
  /// what a walk cached on the way to it, and accesses through old ones are complete: TLBIMVAIS,
  /// DSB, ISB.
  static func invalidate(_ page: VirtualPage, in space: AddressSpaceIdentifier)

  /// Afterwards instruction fetches of all CPUs see what was stored to `frame`: clean its data
  /// lines to the point of unification, invalidate the instruction caches and branch predictors,
  /// DSB, ISB.
  static func makeExecutable(_ frame: PhysicalFrame)
}
