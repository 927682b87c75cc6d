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
  /// The resident memory of `region`, which is one of this space. Visits each of its mapped pages,
  /// and acquires the frame pool's lock for each.
  public func residency(of region: Region) -> RegionResidency {
    var result = RegionResidency()
    guard !region.traits.contains(.borrowsFrames) else { return result }
    let limit = VirtualPage(containing: region.end)
    var page = VirtualPage(containing: region.base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      page = VirtualPage(number: mapped.number + 1)
      guard let frame = table.lookup(mapped)?.frame, frame != pool.zeroFrame else { continue }
      let holders = pool.referenceCount(of: frame)
      result.resident += 1
      if holders > 1 { result.shared += 1 }
      result.proportionalBytes += Page.size / Word(max(holders, 1))
    }
    return result
  }
}
