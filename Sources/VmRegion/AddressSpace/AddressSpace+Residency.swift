// SPDX-License-Identifier: Apache-2.0
/// What of a region is in memory.
public struct RegionResidency: Equatable, Sendable {
  /// Pages with a frame that the space holds. Not those that still show the frame of zeros, nor
  /// those of a special mapping, whose frames are the kernel's.
  public var resident: UInt32 = 0
  /// Those of them whose frame somebody else holds, too.
  public var shared: UInt32 = 0
  /// The space's part of all of them in bytes: a frame counts by one over the number of its holders.
  public var proportionalBytes: UInt32 = 0

  /// Counts of their parts.
  public init(resident: UInt32 = 0, shared: UInt32 = 0, proportionalBytes: UInt32 = 0) {
    self.resident = resident
    self.shared = shared
    self.proportionalBytes = proportionalBytes
  }
}

extension AddressSpace where Table: ~Copyable {
  /// What of `region`, one of this space's, is in memory. Looks at each of its pages.
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
      result.proportionalBytes += Page.size / max(holders, 1)
    }
    return result
  }
}
