// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The allocator of region nodes. Each address space has its own, so no lock is needed.
typealias RegionSlab<CPU: Processor, Memory: PhysicalMemory> = ObjectSlab<RegionNode, CPU, Memory>

// SAFETY: a reference is created from a slot of the slab, and not used after the slot is freed.
extension ObjectSlab where Object == RegionNode {
  /// Allocates and initialises a node. The caller has reserved it with `reserve`.
  @inline(__always)
  mutating func allocate(_ region: Region) -> RegionReference {
    let node = unsafe allocateReserved()
    unsafe node.initialize(to: RegionNode(region: region))
    return unsafe RegionReference(node)
  }

  /// Frees a node; nothing may refer to it any more. Nodes are trivial, so none is deinitialised.
  @inline(__always)
  mutating func free(_ node: RegionReference) { unsafe free(node.pointer) }
}
