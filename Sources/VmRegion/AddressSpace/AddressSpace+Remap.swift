// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The allowed destinations of `AddressSpace.remap`.
public enum RemapDestination: Equatable, Sendable {
  /// The old address only.
  case inPlace
  /// The old address if the new length fits there, else any free range.
  case anywhere
  /// The given address; mappings there are replaced.
  case fixed(UserAddress)
}

/// mremap: resizes or moves a region, or a part of one, with its pages.
extension AddressSpace where Table: ~Copyable {
  /// mremap: resizes `oldLength` bytes at `base` to `newLength` bytes, and moves them if necessary.
  /// `oldLength` 0 creates a second mapping of shared memory. With `keepsOld` the old region stays,
  /// without its pages.
  ///
  /// - Returns: the address of the result.
  /// - Throws: the errors of Linux' mremap; the space is then unchanged. `invalid`; `fault` if
  ///   nothing is mapped or the range crosses regions; `notPermitted` if source or destination
  ///   touch a sealed region; `outOfMemory`: mappings at a fixed destination may then be removed.
  public mutating func remap(
    _ base: UserAddress, oldLength: Word, newLength: Word, to destination: RemapDestination,
    keepsOld: Bool = false
  ) throws(MemoryError) -> UserAddress {
    try complete(
      try beginRemap(
        base, oldLength: oldLength, newLength: newLength, to: destination, keepsOld: keepsOld))
  }

  /// Begins a mremap: `remap` in steps.
  ///
  /// - Throws: the errors of `remap`; the steps throw `outOfMemory` only.
  public mutating func beginRemap(
    _ base: UserAddress, oldLength: Word, newLength: Word, to destination: RemapDestination,
    keepsOld: Bool = false
  ) throws(MemoryError) -> SpaceChange {
    let old = Page.roundedUp(oldLength)
    let new = Page.roundedUp(newLength)
    guard base.isPageAligned, new != 0, old != 0 || oldLength == 0 else { throw .invalid }
    guard let node = tree.firstEnding(above: base), node.base <= base else { throw .fault }
    if case .fixed(let target) = destination {
      try checkTarget(target, new, apartFrom: base, old)
    }
    guard !touchesSealed(base, UserAddress(base.word &+ max(old, 1))) else {
      throw .notPermitted
    }
    try checkSpecialMove(node, base, old, new, keepsOld: keepsOld)
    if case .fixed(let target) = destination {
      return try beginMove(base, old, to: target, new, keepsOld: keepsOld)
    }
    if keepsOld { return try beginMove(base, old, to: nil, new, keepsOld: true) }
    if old >= new {
      guard new <= UserRange.limit - base else { throw .invalid }
      guard old > new else { return SpaceChange(result: base) }
      var change = try beginUnmap(base + new, length: old - new)
      change.result = base
      return change
    }
    try checkSource(base, old, new)
    if old != 0, base + old == node.end, canExtend(node, by: new - old) {
      node.end = base + new
      tree.boundsChanged(node)
      mergeWithNeighbours(node)
      return SpaceChange(result: base)
    }
    guard destination == .anywhere else { throw .outOfMemory }
    return try beginMove(base, old, to: nil, new, keepsOld: false)
  }

  /// Checks a fixed destination with the errors of Linux' mremap_to.
  private mutating func checkTarget(
    _ target: UserAddress, _ length: Word, apartFrom base: UserAddress, _ old: Word
  ) throws(MemoryError) {
    guard target.isPageAligned, length <= UserRange.limit.word, target <= UserRange.limit - length
    else { throw .invalid }
    // The old range is not checked yet: one that wraps ends above every target.
    let endsBelow = if let end = base.adding(old) { end <= target } else { false }
    guard endsBelow || target + length <= base else { throw .invalid }
    guard target >= UserRange.lowest else { throw .notPermitted }
    guard !touchesSealed(target, target + length) else { throw .notPermitted }
  }

  /// Checks that `old` bytes at `base` can be resized to `new` bytes, as Linux' vma_to_resize does.
  private mutating func checkSource(
    _ base: UserAddress, _ old: Word, _ new: Word
  ) throws(MemoryError) {
    guard let node = tree.firstEnding(above: base), node.base <= base else { throw .fault }
    let left = node.end - base
    guard old != 0 || node.traits.contains(.shared) && new <= left else { throw .invalid }
    guard old <= left else { throw .fault }
    if new != old, case .file = node.region.name {
      // Below 2^32, because every page of the region has an offset in the file.
      let first = node.region.pageOffset + Page.count(base - node.base)
      guard !first.addingReportingOverflow(Page.count(new)).overflow else { throw .invalid }
    }
    guard new <= UserRange.limit - UserRange.lowest,
      new <= old || canCommit(new - old, node.permissions, node.traits)
    else { throw .outOfMemory }
  }

  private mutating func canExtend(_ node: RegionReference, by count: Word) -> Bool {
    guard count <= UserRange.limit - node.end else { return false }
    guard let next = node.next else { return true }
    return node.end + count <= tree.effectiveBase(next)
  }

  /// Begins to move `old` bytes at `base` to a region of `new` bytes: at free addresses, or at a
  /// fixed `target`, from which other mappings are removed first. All checks are made now.
  private mutating func beginMove(
    _ base: UserAddress, _ old: Word, to target: UserAddress?, _ new: Word, keepsOld: Bool
  ) throws(MemoryError) -> SpaceChange {
    try checkSource(base, min(old, new), new)
    guard tree.count + 3 <= Self.regionLimit else { throw .outOfMemory }
    // For splits around the target and around the source, and the result.
    try slab.reserve(4)
    var move = RegionMove(
      phase: .clear, base: base, old: old, target: target, new: new, keepsOld: keepsOld)
    var change = SpaceChange(.move(move), from: base, to: base + new)
    if let target {
      change.restart(from: target, to: target + new)
    } else {
      beginMoving(&change, &move)
    }
    change.work = .move(move)
    return change
  }
}
