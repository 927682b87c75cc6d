// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// mprotect: changes the permissions of regions and of their pages.
extension AddressSpace where Table: ~Copyable {
  /// mprotect: sets the permissions of `length` bytes at `base`, rounded up to pages. As on Linux,
  /// the regions before a hole, or before one that refuses, are changed.
  ///
  /// - Throws: `invalid` for a misaligned base; `notPermitted` if the range touches a sealed region;
  ///   `outOfMemory` for a range that wraps. These change nothing. `outOfMemory` for a hole, for
  ///   more writable memory than the machine has, and if there is no frame for nodes of split
  ///   regions; `accessDenied` above a region's maximum.
  public mutating func protect(
    _ base: UserAddress, length: Word, _ permissions: Permissions
  ) throws(MemoryError) {
    try complete(try beginProtect(base, length: length, permissions))
  }

  /// Begins a mprotect: `protect` in steps. Pages of a region that is not complete yet may have
  /// their permissions from before.
  ///
  /// - Throws: the errors of `protect` that change nothing; the steps throw the others.
  public func beginProtect(
    _ base: UserAddress, length: Word, _ permissions: Permissions
  ) throws(MemoryError) -> SpaceChange {
    guard base.isPageAligned else { throw .invalid }
    guard length != 0 else { return SpaceChange(result: 0) }
    let rounded = Page.roundedUp(length)
    guard rounded != 0, base <= UserRange.limit, rounded <= UserRange.limit - base
    else { throw .outOfMemory }
    let end = base + rounded
    guard !touchesSealed(base, end) else { throw .notPermitted }
    return SpaceChange(.protect(permissions.intersection(.allAccess)), from: base, to: end)
  }

  /// One step of a mprotect.
  mutating func protectStep(
    _ change: inout SpaceChange, _ permissions: Permissions
  ) throws(MemoryError) {
    var allowance = StepAllowance.step
    while allowance.isLeft, !change.isDone {
      let from = change.position
      guard let node = tree.firstEnding(above: from), node.base <= from else {
        throw .outOfMemory
      }
      var part = node
      if node.permissions != permissions {
        part = try separate(node, from, change.end, for: permissions)
        part.permissions = permissions
      } else if !change.isBegun || node.base == from {  // It had these permissions before.
        change.position = min(node.end, change.end)
        allowance.spend(StepAllowance.look)
        continue
      }
      change.position = protectPages(of: part, from: from, &allowance)
      guard change.position >= part.end else { return }
      mergeWithNeighbours(part)
      allowance.spend(StepAllowance.region)
    }
  }

  /// Checks that the part of `node` in `from ..< end` may get `permissions`, and makes it a region
  /// of its own.
  ///
  /// - Returns: that region.
  /// - Throws: the errors of `protect`; nothing is changed.
  private mutating func separate(
    _ node: RegionReference, _ from: UserAddress, _ end: UserAddress, for permissions: Permissions
  ) throws(MemoryError) -> RegionReference {
    guard permissions.isSubset(of: node.region.maximum) else { throw .accessDenied }
    guard
      node.permissions.contains(.write)
        || canCommit(min(node.end, end) - from, permissions, node.traits)
    else { throw .outOfMemory }
    let splits: UInt32 = (node.base < from ? 1 : 0) + (node.end > end ? 1 : 0)
    guard tree.count + splits <= Self.regionLimit else { throw .outOfMemory }
    try slab.reserve(splits)
    return isolate(node, from, end)
  }

  /// Makes the part of `node` in `from ..< end` a region of its own. The caller has reserved up to
  /// two nodes.
  mutating func isolate(
    _ node: RegionReference, _ from: UserAddress, _ end: UserAddress
  ) -> RegionReference {
    let part = node.base < from ? split(node, at: from) : node
    if part.end > end { _ = split(part, at: end) }
    return part
  }

  /// Updates the table with the permissions of `node`, from `base` on, as long as the allowance
  /// lasts.
  ///
  /// - Returns: the address below which all is updated.
  private mutating func protectPages(
    of node: RegionReference, from base: UserAddress, _ allowance: inout StepAllowance
  ) -> UserAddress {
    let permissions = node.permissions.union(.user)
    let mayShare = permissions.contains(.write) && !node.traits.contains(.shared)
    let limit = VirtualPage(containing: node.end)
    var page = VirtualPage(containing: base)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      if mayShare, let there = table.lookup(mapped), pool.referenceCount(of: there.frame) > 1 {
        table.protect(mapped, permissions.subtracting(.write))  // Copy-on-write.
      } else {
        table.protect(mapped, permissions)
      }
    }
    return page.address
  }
}
