// SPDX-License-Identifier: Apache-2.0
/// Special mappings: frames of the kernel under a name, sealed against everything a program does.
extension AddressSpace where Table: ~Copyable {
  /// Maps `frames`, which stay their owner's and need not be the pool's, in one sealed region.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: as `map`; `invalid` also for writable permissions. The space is then as it was,
  ///   except that `.fixed` has removed what was at its place.
  public mutating func mapSpecial(
    _ placement: MapRequest.Placement, frames: Span<PhysicalFrame>, permissions: Permissions,
    name: RegionName
  ) throws(MemoryError) -> UInt32 {
    guard !permissions.contains(.write), frames.count <= Int(UserRange.limit >> Page.shift)
    else { throw .invalid }
    let request = MapRequest(
      placement, length: UInt32(frames.count) << Page.shift, permissions: permissions,
      maximum: permissions.intersection(.allAccess), name: name, traits: [.sealed, .borrowsFrames])
    let place = try makePlace(for: request)
    let node = insert(Region(request, at: place.base), after: place.previous)
    var page = VirtualPage(containing: place.base)
    for index in frames.indices {
      do {
        try table.map(page, to: frames[index], permissions.union(.user))
      } catch {
        discardRegion(node)
        throw .outOfMemory  // The only reason that a table has.
      }
      page = VirtualPage(number: page.number + 1)
    }
    return place.base
  }

  /// Gives the special mapping at `base` another `context`: what was touched is forgotten, and its
  /// pages come again from where the source then says. For a child that inherited a mapping with a
  /// page of its parent's; no CPU may be in it. `base` must be where such a mapping begins.
  public mutating func replaceContext(ofSpecialAt base: UInt32, by context: UInt64) {
    guard let node = tree.firstEnding(above: base), node.base == base,
      let placed = special(of: node)
    else { preconditionFailure("no special mapping begins there") }
    releasePages(from: node.base, to: node.end, of: node)
    let old = placed.mapping
    specials[Int(node.region.pageOffset) - 1]?.mapping = SpecialMapping(
      pageCount: old.pageCount, permissions: old.permissions, name: old.name, context: context,
      source: old.source, observer: old.observer)
  }

  /// Takes a special mapping back: for the failure paths of whoever made it, never for programs.
  /// `base` is what `mapSpecial` returned; anything else is a bug of the kernel.
  public mutating func removeSpecial(at base: UInt32) {
    guard let node = tree.firstEnding(above: base), node.base == base,
      node.traits.contains(.borrowsFrames)
    else { preconditionFailure("no special mapping begins there") }
    discardRegion(node)
  }
}
