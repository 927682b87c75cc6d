// SPDX-License-Identifier: Apache-2.0
/// mmap2: making regions, and the eager mappings of images and files.
extension AddressSpace where Table: ~Copyable {
  /// mmap2 for private memory that is filled with zeros on first touch.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: as Linux's do_mmap answers, and the space is then as it was: `invalid` for length 0
  ///   or a misaligned fixed address; `outOfMemory` for what does not fit; `notPermitted` for a
  ///   fixed address below the user range or over a sealed region; `exists`.
  public mutating func map(_ request: MapRequest) throws(MemoryError) -> UInt32 {
    let place = try makePlace(for: request)
    let region = Region(request, at: place.base)
    if !extend(place.previous, with: region) {
      _ = insert(region, after: place.previous)
    }
    return place.base
  }

  /// Maps like `map` and puts a frame under each page at once: `fill` gets the number of the page
  /// within the mapping and its 4,096 bytes, which are zeros, or, with `writesAll`, whatever they were:
  /// then it must write all of them. For images and private copies of files.
  ///
  /// - Throws: as `map`, and what `fill` throws; the new mapping is then gone, and with `.fixed`
  ///   so is what was there before, as in Linux.
  public mutating func mapFilled(
    _ request: MapRequest, writesAll: Bool = false,
    _ fill: (UInt32, inout MutableRawSpan) throws(MemoryError) -> Void
  ) throws(MemoryError) -> UInt32 {
    let place = try makePlace(for: request)
    let node = insert(Region(request, at: place.base), after: place.previous)
    do {
      try populate(node, zeroed: !writesAll, fill)
    } catch {
      discardRegion(node)
      throw error
    }
    mergeWithNeighbours(node)
    return place.base
  }

  /// A free place for `length` bytes of special mappings: the layout's if it has one and that is
  /// free, else where `map` without a wish would put them.
  ///
  /// - Throws: `invalid` for length 0; `outOfMemory`.
  public mutating func freePlace(length: UInt32) throws(MemoryError) -> UInt32 {
    let rounded = try Self.roundedLength(length)
    let base = layout.specialBase
    guard base != 0, rounded <= UserRange.limit - base else { return try gap(rounded).base }
    guard let next = tree.firstEnding(above: base) else { return base }
    return base + rounded <= tree.effectiveBase(next) ? base : try gap(rounded).base
  }

  /// Finds the place for a request, or makes it by removing what is there; afterwards one region
  /// node is reserved, and nothing is mapped at the place.
  mutating func makePlace(
    for request: MapRequest
  ) throws(MemoryError) -> (base: UInt32, previous: RegionReference?) {
    let length = try Self.roundedLength(request.length)
    guard tree.count < Self.regionLimit else { throw .outOfMemory }
    guard canCommit(length, request.permissions, request.traits) else { throw .outOfMemory }
    switch request.placement {
    case .anywhere(let hint):
      let place = try place(near: hint, length)
      try slab.reserve(1)
      return place
    case .fixed(let base):
      try Self.checkFixed(base, length)
      let end = base + length
      let first = tree.firstEnding(above: base)
      guard !touchesSealed(from: first, below: end) else { throw .notPermitted }
      // One node for the new region, one for what is above the place if a region surrounds it.
      try slab.reserve(first?.surrounds(base, end) == true ? 2 : 1)
      clear(base, end, from: first)
      return (base, tree.lastBeginning(below: base))
    case .fixedNoReplace(let base):
      try Self.checkFixed(base, length)
      let next = tree.firstEnding(above: base)
      if let next, next.base < base + length { throw .exists }
      try slab.reserve(1)
      return (base, tree.previous(of: next))
    }
  }

  /// The length in whole pages. More than a space can hold is out of memory, not invalid.
  static func roundedLength(_ length: UInt32) throws(MemoryError) -> UInt32 {
    guard length != 0 else { throw .invalid }
    let rounded = Page.roundedUp(length)
    guard rounded != 0, rounded <= UserRange.limit - UserRange.lowest else { throw .outOfMemory }
    return rounded
  }

  /// The answers of Linux's get_unmapped_area and cap_mmap_addr to a fixed address.
  private static func checkFixed(_ base: UInt32, _ length: UInt32) throws(MemoryError) {
    guard base <= UserRange.limit - length else { throw .outOfMemory }
    guard Page.isAligned(base) else { throw .invalid }
    guard base >= UserRange.lowest else { throw .notPermitted }
  }

  /// The hint if it is free with its guard gaps, else the highest gap.
  private mutating func place(
    near hint: UInt32, _ length: UInt32
  ) throws(MemoryError) -> (base: UInt32, previous: RegionReference?) {
    let base = max(Page.roundedUp(hint), UserRange.lowest)
    if hint != 0, base <= UserRange.limit - length {
      let next = tree.firstEnding(above: base)
      if next.map({ base + length <= tree.effectiveBase($0) }) ?? true {
        return (base, tree.previous(of: next))
      }
    }
    return try gap(length)
  }

  /// The highest gap below the mmap base, or above it when all is full. Nothing changes; but as long
  /// as the compiler copies all of a borrowed space to the stack, it is called as if.
  mutating func gap(
    _ length: UInt32
  ) throws(MemoryError) -> (base: UInt32, previous: RegionReference?) {
    if let place = tree.highestGap(of: length, floor: UserRange.lowest) { return place }
    guard
      let place = tree.highestGap(
        of: length, floor: UserRange.lowest, aboveTopAndBelow: UserRange.limit)
    else { throw .outOfMemory }
    return place
  }

  /// Linux's heuristic overcommit: only what could never be backed is refused.
  func canCommit(_ length: UInt32, _ permissions: Permissions, _ traits: RegionTraits) -> Bool {
    !permissions.contains(.write) || !traits.isDisjoint(with: [.noReserve, .borrowsFrames])
      || length >> Page.shift <= pool.totalCount
  }

  /// Puts a new node into the tree; it has been reserved.
  mutating func insert(_ region: Region, after previous: RegionReference?) -> RegionReference {
    let node = slab.take(region)
    tree.insert(node, after: previous)
    return node
  }

  /// Takes a region out with all of its pages.
  mutating func discardRegion(_ node: RegionReference) {
    releasePages(from: node.base, to: node.end, of: node)
    tree.remove(node)
    slab.give(node)
  }

  /// Puts a filled frame under every page of `node`; on failure the caller discards the region.
  private mutating func populate(
    _ node: RegionReference, zeroed: Bool,
    _ fill: (UInt32, inout MutableRawSpan) throws(MemoryError) -> Void
  ) throws(MemoryError) {
    let first = node.base >> Page.shift
    let permissions = node.permissions.union(.user)
    for number in first..<node.end >> Page.shift {
      let frame = try pool.allocate(zeroed: zeroed)
      do {
        // SAFETY: the frame is ours alone until it is mapped.
        var bytes = unsafe MutableRawSpan(
          _unsafeStart: Memory.pointer(to: frame), byteCount: Int(Page.size))
        try fill(number - first, &bytes)
        try mapOwned(VirtualPage(number: number), frame, permissions)
      } catch {
        pool.release(frame)
        throw error
      }
    }
  }

  /// Maps a frame whose one reference passes to this space; on failure the caller keeps it.
  @inline(__always)
  mutating func mapOwned(
    _ page: VirtualPage, _ frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MemoryError) {
    do {
      try table.map(page, to: frame, permissions)
    } catch {
      throw .outOfMemory  // The only reason that a table has.
    }
    residentCount += 1
  }
}

extension Region {
  /// The region that a request asks for.
  init(_ request: MapRequest, at base: UInt32) {
    self.init(
      base: base, end: base + Page.roundedUp(request.length), permissions: request.permissions,
      maximum: request.maximum, name: request.name, traits: request.traits,
      pageOffset: request.pageOffset)
  }
}
