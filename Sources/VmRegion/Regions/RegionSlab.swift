// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The memory of region nodes. Each address space has its own, so no lock is needed.
typealias RegionSlab<CPU: Processor, Memory: PhysicalMemory> = ObjectSlab<RegionNode, CPU, Memory>

// SAFETY: a reference is made here from a place of the slab, and dies when the place is given back.
extension ObjectSlab where Object == RegionNode {
  /// Takes a node out; `reserve` has been called for it.
  @inline(__always)
  mutating func take(_ region: Region) -> RegionReference {
    let node = unsafe takeReserved()
    unsafe node.initialize(to: RegionNode(region: region))
    return unsafe RegionReference(node)
  }

  /// Takes a node back; nothing may lead to it any more. Nodes are trivial.
  @inline(__always)
  mutating func give(_ node: RegionReference) { unsafe give(node.pointer) }
}
