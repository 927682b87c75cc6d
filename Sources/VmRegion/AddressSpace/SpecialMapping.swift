// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The description of a kernel mapping, like Linux' vm_special_mapping: the source of its frames
/// and the rules for mremap. It is stored in the address space, which has at most four.
public struct SpecialMapping: Sendable {
  /// Returns the frame number for page `page` of the mapping on its first access. Called while the
  /// space's owner serialises access to it; it must not access the space.
  public typealias FrameSource =
    @convention(c) (_ context: UInt64, _ page: UInt32) -> UInt32
  /// Called with the new address after mremap has moved all of the mapping.
  public typealias MoveObserver =
    @convention(c) (_ context: UInt64, _ address: Word) -> Void

  /// The number of pages, at least one.
  public let pageCount: UInt32
  /// The permissions of programs; never write.
  public let permissions: Permissions
  /// The name in /proc/self/maps.
  public let name: RegionName
  /// Provides the frames. The space gets no references of them, and they need not be managed by the
  /// pool.
  public let source: FrameSource
  /// nil: the mapping is sealed, and programs can neither move nor unmap it. With an observer a
  /// program may unmap it, or move it as a whole, as checkpointing does.
  public let observer: MoveObserver?
  /// A value for the owner, passed to both callbacks.
  public let context: UInt64

  /// The size in bytes.
  var byteCount: Word { Word(pageCount) << Page.shift }

  /// Creates a description.
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

  /// Creates the description of a mapping of consecutive frames that programs cannot move.
  public init(list: FrameRange, permissions: Permissions, name: RegionName) {
    self.init(
      pageCount: list.count, permissions: permissions, name: name,
      context: UInt64(list.first.number),
      source: { first, page in UInt32(truncatingIfNeeded: first) + page })
  }
}

/// A special mapping of a space with its address.
struct PlacedSpecial {
  var mapping: SpecialMapping
  /// The address of its first page, even if that page has been unmapped.
  var base: UserAddress
}

extension AddressSpace where Table: ~Copyable {
  /// Creates a region for `mapping`, whose pages are mapped on first access.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: the errors of `map`; `invalid` also for writable permissions; `outOfMemory` also for
  ///   a fifth mapping. The space is then unchanged.
  @inline(never)
  public mutating func mapSpecial(
    _ placement: MapRequest.Placement, _ mapping: SpecialMapping
  ) throws(MemoryError) -> UserAddress {
    guard !mapping.permissions.contains(.write),
      mapping.pageCount <= VirtualPage(containing: UserRange.limit).number
    else { throw .invalid }
    guard let slot = freeSlot(after: 0) else { throw .outOfMemory }
    let request = MapRequest(
      placement, length: mapping.byteCount, permissions: mapping.permissions)
    let place = try reserveRange(for: request, checkedLength(of: request))
    _ = insert(mapping, slot, at: place.base, after: place.previous)
    return place.base
  }

  /// Inserts the region of a mapping that gets the free slot `slot`. The caller has reserved its
  /// node.
  mutating func insert(
    _ mapping: SpecialMapping, _ slot: UInt32, at base: UserAddress,
    after previous: RegionReference?
  ) -> RegionReference {
    var traits: RegionTraits = [.borrowsFrames, .unmergeable]
    if mapping.observer == nil { traits.insert(.sealed) }
    let region = Region(
      base: base, end: base + mapping.byteCount, permissions: mapping.permissions,
      maximum: mapping.permissions.intersection(.allAccess), name: mapping.name, traits: traits,
      pageOffset: slot)
    specials[Int(slot) - 1] = PlacedSpecial(mapping: mapping, base: base)
    return insert(region, after: previous)
  }

  /// Resolves the first access to a page in a region that borrows its frames. `notMapped` if the
  /// region has no frame source: a LiteOS region whose frames are not mapped yet.
  mutating func faultSpecial(_ page: VirtualPage, _ node: RegionReference) -> FaultOutcome {
    guard let placed = special(of: node) else { return .notMapped }
    let index = page.number - VirtualPage(containing: placed.base).number
    let frame = PhysicalFrame(number: placed.mapping.source(placed.mapping.context, index))
    do {
      try table.map(page, to: frame, node.permissions.union(.user))
    } catch {
      return .outOfMemory
    }
    return .resolved
  }

  /// The special mapping of a region; nil if the region is not special, or was created with its
  /// pages.
  func special(of node: RegionReference) -> PlacedSpecial? {
    let slot = node.region.pageOffset
    guard node.traits.contains(.borrowsFrames), slot > 0, Int(slot) <= specials.count else {
      return nil
    }
    return specials[Int(slot) - 1]
  }

  /// Checks a mremap from `old` to `new` bytes at `base` if the region borrows its frames.
  ///
  /// - Throws: `invalid` unless a whole special mapping moves with its size unchanged and leaves no
  ///   old region.
  func checkSpecialMove(
    _ node: RegionReference, _ base: UserAddress, _ old: Word, _ new: Word, keepsOld: Bool
  ) throws(MemoryError) {
    guard node.traits.contains(.borrowsFrames) else { return }
    guard let placed = special(of: node), !keepsOld, old == new, placed.base == base,
      placed.mapping.byteCount == old, node.base == base, node.end - base == old
    else { throw .invalid }
  }

  /// Records the region's base as the new address of its special mapping, and calls the observer.
  mutating func specialMoved(_ node: RegionReference) {
    guard let placed = special(of: node) else { return }
    let base = node.base
    specials[Int(node.region.pageOffset) - 1]?.base = base
    placed.mapping.observer?(placed.mapping.context, base.word)
  }

  /// The first free slot after `last`, as the page offset of a region; nil if there is none. The slot
  /// of a mapping of which no region is left is free.
  mutating func freeSlot(after last: UInt32) -> UInt32? {
    for index in Int(last)..<specials.count {
      let slot = UInt32(index) + 1
      guard let placed = specials[index] else { return slot }
      let end = placed.base + placed.mapping.byteCount
      var isUsed = false
      var position = tree.firstEnding(above: placed.base)
      while let node = position, node.base < end {
        if node.traits.contains(.borrowsFrames), node.region.pageOffset == slot { isUsed = true }
        position = node.next
      }
      if !isUsed { return slot }
    }
    return nil
  }
}
