// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

extension AddressSpace where Table: ~Copyable {
  /// Calls `body` with each region in ascending order.
  public func forEachRegion(_ body: (Region) -> Void) {
    var position: UserAddress = 0
    while let region = region(endingAbove: position) {
      body(region)
      position = region.end
    }
  }

  /// The resident memory of a region.
  public func residency(of region: Region) -> RegionResidency {
    var result = RegionResidency()
    var position = region.base
    while addResidency(of: region, from: &position, to: &result) {}
    return result
  }
}
