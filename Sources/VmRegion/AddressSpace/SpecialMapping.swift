// SPDX-License-Identifier: Apache-2.0
/// What stands behind a mapping of the kernel's own, as in Linux's vm_special_mapping: where its
/// frames come from, and what mremap may do. It lives in the address space, four of them at most.
public struct SpecialMapping: Sendable {
  /// Gives the frame number of page `page` of the mapping when it is touched first. Called with the
  /// space's lock held; it must not touch the space.
  public typealias FrameSource =
    @convention(c) (_ context: UInt64, _ page: UInt32) -> UInt32
  /// Is told where the mapping is from now on, after mremap has moved all of it.
  public typealias MoveObserver =
    @convention(c) (_ context: UInt64, _ address: UInt32) -> Void

  /// Pages, at least one.
  public let pageCount: UInt32
  /// What programs may do; never write.
  public let permissions: Permissions
  /// The name in /proc/self/maps.
  public let name: RegionName
  /// Where frames come from. They stay their owner's and need not be the pool's.
  public let source: FrameSource
  /// nil: mremap is refused and the mapping sealed against everything. With an observer a program
  /// may unmap it, or move it as a whole, as checkpointing does.
  public let observer: MoveObserver?
  /// The owner's own; both callbacks get it.
  public let context: UInt64

  /// A special mapping of its parts.
  public init(
    pageCount: UInt32, permissions: Permissions, name: RegionName, context: UInt64,
    source: @escaping FrameSource, observer: MoveObserver? = nil
  ) {
    self.pageCount = pageCount
    self.permissions = permissions
    self.name = name
    self.context = context
    self.source = source
    self.observer = observer
  }

  /// A mapping of the frames `list`, in their order, which nobody may move.
  public init(list: FrameRange, permissions: Permissions, name: RegionName) {
    self.init(
      pageCount: list.count, permissions: permissions, name: name,
      context: UInt64(list.first.number),
      source: { first, page in UInt32(truncatingIfNeeded: first) + page })
  }
}

/// A special mapping that a space has, and where.
struct PlacedSpecial {
  var mapping: SpecialMapping
  /// The address of its first page, also when that one has been unmapped.
  var base: UInt32
}

extension AddressSpace where Table: ~Copyable {
  /// Makes a region for `mapping` whose pages come when they are touched.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: as `map`; `invalid` also for writable permissions; `outOfMemory` also for a fifth
  ///   mapping. The space is then as it was, except that `.fixed` has removed what was there.
  @inline(never)
  public mutating func mapSpecial(
    _ placement: MapRequest.Placement, _ mapping: SpecialMapping
  ) throws(MemoryError) -> UInt32 {
    guard !mapping.permissions.contains(.write),
      mapping.pageCount <= UserRange.limit >> Page.shift
    else { throw .invalid }
    guard let slot = freeSlot() else { throw .outOfMemory }
    var traits: RegionTraits = [.borrowsFrames, .separate]
    if mapping.observer == nil { traits.insert(.sealed) }
    let request = MapRequest(
      placement, length: mapping.pageCount << Page.shift, permissions: mapping.permissions,
      maximum: mapping.permissions.intersection(.allAccess), name: mapping.name, traits: traits,
      pageOffset: slot + 1)
    let place = try makePlace(for: request)
    _ = insert(Region(request, at: place.base), after: place.previous)
    specials[Int(slot)] = PlacedSpecial(mapping: mapping, base: place.base)
    return place.base
  }

  /// The frame for a first touch of a page in a region that borrows its frames: `notMapped` where
  /// nobody gives one, which a LiteOS region is until its frames are mapped.
  mutating func touchSpecial(_ page: VirtualPage, _ node: RegionReference) -> FaultOutcome {
    guard let placed = special(of: node) else { return .notMapped }
    let index = page.number - placed.base >> Page.shift
    let frame = PhysicalFrame(number: placed.mapping.source(placed.mapping.context, index))
    do {
      try table.map(page, to: frame, node.permissions.union(.user))
    } catch {
      return .outOfMemory
    }
    return .resolved
  }

  /// What stands behind a region, nil for one that is not special or has all of its pages.
  func special(of node: RegionReference) -> PlacedSpecial? {
    let slot = node.region.pageOffset
    guard node.traits.contains(.borrowsFrames), slot > 0, Int(slot) <= specials.count else {
      return nil
    }
    return specials[Int(slot) - 1]
  }

  /// Checks a mremap of `old` to `new` bytes at `base` in a region that borrows its frames.
  ///
  /// - Throws: `invalid` unless all of a mapping with an observer is to keep its size.
  func checkSpecialMove(
    _ node: RegionReference, _ base: UInt32, _ old: UInt32, _ new: UInt32, keepsOld: Bool
  ) throws(MemoryError) {
    guard node.traits.contains(.borrowsFrames) else { return }
    guard let placed = special(of: node), !keepsOld, old == new, placed.base == base,
      placed.mapping.pageCount << Page.shift == old, node.base == base, node.end - base == old
    else { throw .invalid }
  }

  /// Notes that the region's mapping is at its base now, and tells its owner.
  mutating func specialMoved(_ node: RegionReference) {
    guard let placed = special(of: node) else { return }
    let base = node.base
    specials[Int(node.region.pageOffset) - 1]?.base = base
    placed.mapping.observer?(placed.mapping.context, base)
  }

  /// A slot that no region uses: those of mappings that were unmapped are found again here.
  private mutating func freeSlot() -> UInt32? {
    for index in specials.indices {
      guard let placed = specials[index] else { return UInt32(index) }
      let slot = UInt32(index) + 1
      let end = placed.base + placed.mapping.pageCount << Page.shift
      var isUsed = false
      var position = tree.firstEnding(above: placed.base)
      while let node = position, node.base < end {
        if node.traits.contains(.borrowsFrames), node.region.pageOffset == slot { isUsed = true }
        position = node.next
      }
      if !isUsed { return UInt32(index) }
    }
    return nil
  }
}
