// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// mmap2: creates regions, and maps images and files eagerly.
extension AddressSpace where Table: ~Copyable {
  /// mmap2: creates a region whose pages get frames on first access, zeroed or from its file.
  ///
  /// - Returns: the address of the mapping.
  /// - Throws: the errors of Linux' do_mmap; the space is then unchanged. `invalid` for length 0 or
  ///   a misaligned fixed address; `outOfMemory` if the request does not fit; `notPermitted` for a
  ///   fixed address below the user range or over a sealed region; `exists`.
  public mutating func map(_ request: MapRequest) throws(MemoryError) -> UserAddress {
    try complete(try beginMap(request))
  }

  /// Begins a mmap2: `map` in steps. Only one that replaces other regions has any; all else is
  /// mapped at the return.
  ///
  /// - Throws: the errors of `map`; no step fails afterwards.
  public mutating func beginMap(_ request: MapRequest) throws(MemoryError) -> SpaceChange {
    let length = try checkedLength(of: request)
    let place: (base: UserAddress, previous: RegionReference?)
    if case .fixed(let base) = request.placement {
      if let first = try prepareReplacement(base, length) {
        let region = Region(request, at: base)
        if region.end > first.base {
          return SpaceChange(.replace(by: region), from: base, to: region.end, result: base)
        }
      }
      place = (base, tree.lastBeginning(below: base))
    } else {
      place = try reserveRange(for: request, length)
    }
    add(Region(request, at: place.base), after: place.previous)
    return SpaceChange(result: place.base)
  }

  /// One step of a replacement: `region` grows over what is unmapped. So each address is always
  /// in its old or in its new region, if it was mapped before.
  mutating func replaceStep(_ change: inout SpaceChange, by region: Region) {
    let isFirst = !change.isBegun
    unmapStep(&change, .stepWithInsertion)
    guard isFirst else {
      guard let node = tree.firstEnding(above: region.base) else { return }
      node.end = change.position
      tree.boundsChanged(node)
      if change.isDone { mergeWithNeighbours(node) }
      return
    }
    var part = region
    part.end = change.position
    let previous = tree.lastBeginning(below: region.base)
    if change.isDone {
      add(part, after: previous)
    } else {
      _ = insert(part, after: previous)
    }
  }

  /// Adds a region to its neighbours, or inserts it.
  @inline(__always)
  private mutating func add(_ region: Region, after previous: RegionReference?) {
    if !extend(previous, with: region) { _ = insert(region, after: previous) }
  }

  /// Creates a region and maps a frame for each of its pages. For images and private copies of
  /// files.
  ///
  /// `fill` is called with the index of each page in the mapping and its 4,096 bytes. They are
  /// zeroed, or, with `writesAll`, undefined, and `fill` must write all of them.
  ///
  /// - Throws: the errors of `map`, and what `fill` throws; the new mapping is then removed. With
  ///   `.fixed` the previous mappings of the range are removed as well, as in Linux.
  public mutating func mapFilled(
    _ request: MapRequest, writesAll: Bool = false,
    _ fill: (UInt32, inout MutableRawSpan) throws(MemoryError) -> Void
  ) throws(MemoryError) -> UserAddress {
    let place = try reserveRange(for: request, checkedLength(of: request))
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

  /// A free address for `length` bytes, whole pages, of special mappings: the layout's `specialBase`
  /// if it is set and free, else the address that `map` without a hint would choose.
  ///
  /// - Returns: the address, and the region below it.
  /// - Throws: `outOfMemory`.
  mutating func freeRange(
    _ length: Word
  ) throws(MemoryError) -> (base: UserAddress, previous: RegionReference?) {
    let base = layout.specialBase
    guard base != 0, length <= UserRange.limit - base else { return try gap(length) }
    let next = tree.firstEnding(above: base)
    if let next, base + length > tree.effectiveBase(next) { return try gap(length) }
    return (base, tree.previous(of: next))
  }

  /// The free address for `length` bytes that `map` without a hint would choose.
  ///
  /// - Throws: `invalid` for length 0; `outOfMemory`.
  public mutating func findGap(length: Word) throws(MemoryError) -> UserAddress {
    try gap(Self.roundedLength(length)).base
  }

  /// Finds the address range of `length` bytes for a request; for `.fixed` it removes the regions
  /// in it. Afterwards one region node is reserved, and the range is free.
  ///
  /// - Returns: the base of the range, and the region below it.
  mutating func reserveRange(
    for request: MapRequest, _ length: Word
  ) throws(MemoryError) -> (base: UserAddress, previous: RegionReference?) {
    switch request.placement {
    case .anywhere(let hint):
      let place = try findRange(near: hint, length)
      try slab.reserve(1)
      return place
    case .fixed(let base):
      let first = try prepareReplacement(base, length)
      clear(base, base + length, from: first)
      return (base, tree.lastBeginning(below: base))
    case .fixedNoReplace(let base):
      try Self.checkFixed(base, length)
      let next = tree.firstEnding(above: base)
      if let next, next.base < base + length { throw .exists }
      try slab.reserve(1)
      return (base, tree.previous(of: next))
    }
  }

  /// The length of a request in bytes, rounded up to pages.
  ///
  /// - Throws: `invalid` for 0; `outOfMemory` if the space cannot have one more region of it.
  @inline(__always)
  func checkedLength(of request: MapRequest) throws(MemoryError) -> Word {
    let length = try Self.roundedLength(request.length)
    guard tree.count < Self.regionLimit,
      canCommit(length, request.permissions, request.traits)
    else { throw .outOfMemory }
    return length
  }

  /// Checks that a region of `length` bytes may replace others at `base`, and reserves its node and
  /// one for the upper part of a region that extends below `base`.
  ///
  /// - Returns: the lowest region that ends above `base`.
  private mutating func prepareReplacement(
    _ base: UserAddress, _ length: Word
  ) throws(MemoryError) -> RegionReference? {
    try Self.checkFixed(base, length)
    let first = tree.firstEnding(above: base)
    guard !touchesSealed(base, base + length) else { throw .notPermitted }
    try slab.reserve(2)
    return first
  }

  /// `length` rounded up to pages, in bytes.
  ///
  /// - Throws: `invalid` for 0; `outOfMemory` for more than a space can contain.
  static func roundedLength(_ length: Word) throws(MemoryError) -> Word {
    guard length != 0 else { throw .invalid }
    let rounded = Page.roundedUp(length)
    guard rounded != 0, rounded <= UserRange.limit - UserRange.lowest else { throw .outOfMemory }
    return rounded
  }

  /// Checks a fixed address with the errors of Linux' get_unmapped_area and cap_mmap_addr.
  private static func checkFixed(_ base: UserAddress, _ length: Word) throws(MemoryError) {
    guard base <= UserRange.limit - length else { throw .outOfMemory }
    guard base.isPageAligned else { throw .invalid }
    guard base >= UserRange.lowest else { throw .notPermitted }
  }

  /// The hint if its range is free and outside of guard gaps, else the highest gap.
  private mutating func findRange(
    near hint: UserAddress, _ length: Word
  ) throws(MemoryError) -> (base: UserAddress, previous: RegionReference?) {
    let base = max(UserAddress(Page.roundedUp(hint.word)), UserRange.lowest)
    if hint != 0, base <= UserRange.limit - length {
      let next = tree.firstEnding(above: base)
      if next.map({ base + length <= tree.effectiveBase($0) }) ?? true {
        return (base, tree.previous(of: next))
      }
    }
    return try gap(length)
  }

  /// The highest free range of `length` bytes below the mmap base, or above it if there is none. It
  /// changes nothing; it is `mutating` only because the compiler copies a borrowed space to the
  /// stack.
  ///
  /// - Throws: `outOfMemory` if there is no such range.
  mutating func gap(
    _ length: Word
  ) throws(MemoryError) -> (base: UserAddress, previous: RegionReference?) {
    if let place = tree.highestGap(of: length, floor: UserRange.lowest) { return place }
    guard
      let place = tree.highestGap(
        of: length, floor: UserRange.lowest, aboveTopAndBelow: UserRange.limit)
    else { throw .outOfMemory }
    return place
  }

  /// Linux' heuristic overcommit: refuses only writable memory that exceeds the RAM of the pool.
  func canCommit(_ length: Word, _ permissions: Permissions, _ traits: RegionTraits) -> Bool {
    !permissions.contains(.write) || !traits.isDisjoint(with: [.noReserve, .borrowsFrames])
      || length >> Page.shift <= Word(pool.totalCount)
  }

  /// Inserts a new region after `previous`. The caller has reserved its node.
  mutating func insert(_ region: Region, after previous: RegionReference?) -> RegionReference {
    let node = allocate(region)
    tree.insert(node, after: previous)
    if region.traits.contains(.sealed) { sealed.insert(region.base, region.end) }
    return node
  }

  /// Removes a region, unmaps its pages and releases their frames.
  mutating func discardRegion(_ node: RegionReference) {
    releasePages(from: node.base, to: node.end, of: node)
    if node.traits.contains(.sealed) { sealed.remove(node.base, node.end) }
    tree.remove(node)
    free(node)
  }

  /// Maps a filled frame for every page of `node`; on failure the caller discards the region.
  private mutating func populate(
    _ node: RegionReference, zeroed: Bool,
    _ fill: (UInt32, inout MutableRawSpan) throws(MemoryError) -> Void
  ) throws(MemoryError) {
    let first = VirtualPage(containing: node.base).number
    let permissions = node.permissions.union(.user)
    for number in first..<VirtualPage(containing: node.end).number {
      let frame = try pool.allocate(zeroed: zeroed)
      do {
        // Only this call accesses the new frame until it is mapped.
        try Memory.withBytes(of: frame) { (bytes) throws(MemoryError) in
          try fill(number - first, &bytes)
        }
        try mapOwned(VirtualPage(number: number), frame, permissions)
      } catch {
        pool.release(frame)
        throw error
      }
    }
  }

  /// Maps a frame whose reference passes from the caller to this space; on failure the caller keeps
  /// it.
  @inline(__always)
  mutating func mapOwned(
    _ page: VirtualPage, _ frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MemoryError) {
    do {
      try table.map(page, to: frame, permissions)
    } catch {
      throw .outOfMemory  // The only error of a table.
    }
    residentCount += 1
  }
}

extension Region {
  /// Creates the region that `request` describes, at `base`.
  init(_ request: MapRequest, at base: UserAddress) {
    self.init(
      base: base, end: base + Page.roundedUp(request.length), permissions: request.permissions,
      maximum: request.maximum, name: request.name, traits: request.traits,
      pageOffset: request.pageOffset)
  }
}
