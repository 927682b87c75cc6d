// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The resident memory of a region.
public struct RegionResidency: Equatable, Sendable {
  /// Pages whose frame the space holds. Pages that map the zero frame and pages of special
  /// mappings, whose frames the kernel owns, do not count.
  public var resident: UInt32 = 0
  /// Resident pages whose frame has further references.
  public var shared: UInt32 = 0
  /// The proportional set size in bytes: each frame counts by its size over its number of
  /// references.
  public var proportionalBytes: Word = 0

  /// Creates a result from its counts.
  public init(resident: UInt32 = 0, shared: UInt32 = 0, proportionalBytes: Word = 0) {
    self.resident = resident
    self.shared = shared
    self.proportionalBytes = proportionalBytes
  }
}

extension AddressSpace where Table: ~Copyable {
  /// Adds the resident memory of `region` from `position` on to `result`, in a step of bounded work,
  /// and moves `position` on. The region is one of this space, or was when the walk began. Acquires
  /// the frame pool's lock for each page.
  ///
  /// - Returns: whether a step is left.
  public func addResidency(
    of region: Region, from position: inout UserAddress, to result: inout RegionResidency
  ) -> Bool {
    guard !region.traits.contains(.borrowsFrames) else { return false }
    var allowance = StepAllowance.step
    let limit = VirtualPage(containing: region.end)
    var page = VirtualPage(containing: position)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      guard let frame = table.lookup(mapped)?.frame, frame != pool.zeroFrame else { continue }
      let holders = pool.referenceCount(of: frame)
      result.resident += 1
      if holders > 1 { result.shared += 1 }
      result.proportionalBytes += Page.size / Word(max(holders, 1))
    }
    position = page.address
    return page.number < limit.number
  }
}
