// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Special mappings: named regions with frames of the kernel, sealed so that programs cannot change
/// them.
extension AddressSpace where Table: ~Copyable {
  /// Maps `frames` in one sealed region. The space gets no references of them, and they need not be
  /// managed by the pool.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: the errors of `map`; `invalid` also for writable permissions. The space is then
  ///   unchanged, except that `.fixed` has removed the previous mappings of the range.
  public mutating func mapSpecial(
    _ placement: MapRequest.Placement, frames: Span<PhysicalFrame>, permissions: Permissions,
    name: RegionName
  ) throws(MemoryError) -> UserAddress {
    guard !permissions.contains(.write),
      frames.count <= Int(VirtualPage(containing: UserRange.limit).number)
    else { throw .invalid }
    let request = MapRequest(
      placement, length: Word(frames.count) << Page.shift, permissions: permissions,
      maximum: permissions.intersection(.allAccess), name: name, traits: [.sealed, .borrowsFrames])
    let place = try reserveRange(for: request, checkedLength(of: request))
    let node = insert(Region(request, at: place.base), after: place.previous)
    var page = VirtualPage(containing: place.base)
    for index in frames.indices {
      do {
        try table.map(page, to: frames[index], permissions.union(.user))
      } catch {
        discardRegion(node)
        throw .outOfMemory  // The only error of a table.
      }
      page = VirtualPage(number: page.number + 1)
    }
    return place.base
  }

  /// Replaces the `context` of the special mapping at `base` and unmaps its pages; on the next
  /// access the source provides the frames for the new context. For a child that inherited a
  /// mapping with a page of its parent; no CPU may have the space active. Traps unless a special
  /// mapping begins at `base`.
  public mutating func replaceContext(ofSpecialAt base: UserAddress, by context: UInt64) {
    guard let node = tree.firstEnding(above: base), node.base == base,
      let placed = special(of: node)
    else { preconditionFailure("no special mapping begins there") }
    releasePages(from: node.base, to: node.end, of: node)
    let old = placed.mapping
    specials[Int(node.region.pageOffset) - 1]?.mapping = SpecialMapping(
      pageCount: old.pageCount, permissions: old.permissions, name: old.name, context: context,
      source: old.source, observer: old.observer)
  }
}
