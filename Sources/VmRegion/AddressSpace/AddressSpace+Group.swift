// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A part of a group: the next pages of its file, with permissions of their own.
public struct GroupPart: Equatable, Sendable {
  /// The number of pages; a part without pages is left out.
  public let pageCount: UInt32
  /// The permissions of programs, which never change.
  public let permissions: Permissions
  /// The traits besides those that all parts have.
  public let traits: RegionTraits

  /// Creates a part.
  public init(pageCount: UInt32, permissions: Permissions, traits: RegionTraits = []) {
    self.pageCount = pageCount
    self.permissions = permissions
    self.traits = traits
  }
}

/// Groups: adjacent regions, of which programs can change none. A kit is one, of the pages of a
/// file; the time image with its pages is one, of frames of the kernel.
extension AddressSpace where Table: ~Copyable {
  /// Finds a free range for a group of `pageCount` pages in up to `regionCount` regions, at the
  /// layout's place for special mappings if `isSpecial`, and reserves their nodes.
  ///
  /// - Returns: the base of the range, and the region below it.
  /// - Throws: `outOfMemory`; the space is then unchanged.
  @inline(never)
  private mutating func reserveGroup(
    _ pageCount: UInt32, _ regionCount: Int, isSpecial: Bool
  ) throws(MemoryError) -> (base: UserAddress, previous: RegionReference?) {
    guard tree.count + UInt32(regionCount) <= Self.regionLimit else { throw .outOfMemory }
    let length = Word(pageCount) << Page.shift
    let place = isSpecial ? try freeRange(length) : try gap(length)
    try slab.reserve(UInt32(regionCount))
    return place
  }

  /// Maps two special mappings, one after the other. Their pages are mapped on first access.
  ///
  /// - Returns: the address of the second one.
  /// - Throws: `outOfMemory`; the space is then unchanged.
  public mutating func mapGroup(
    _ first: SpecialMapping, _ second: SpecialMapping
  ) throws(MemoryError) -> UserAddress {
    guard let slot = freeSlot(after: 0), let next = freeSlot(after: slot) else {
      throw .outOfMemory
    }
    let place = try reserveGroup(first.pageCount + second.pageCount, 2, isSpecial: true)
    let node = insert(first, slot, at: place.base, after: place.previous)
    return insert(second, next, at: node.end, after: node).base
  }

  /// Maps the file with number `path` from its first page on, each part in a sealed region of its
  /// own. There are at most six parts, with one page at least. Pages get frames on first access.
  ///
  /// - Returns: the address of the first part.
  /// - Throws: `outOfMemory`; the space is then unchanged.
  public mutating func mapGroup(
    of path: UInt16, _ parts: Span<GroupPart>
  ) throws(MemoryError) -> UserAddress {
    var pages: UInt32 = 0
    for index in parts.indices { pages += parts[index].pageCount }
    var (base, previous) = try reserveGroup(pages, parts.count, isSpecial: false)
    let start = base
    var page: UInt32 = 0
    for index in parts.indices where parts[index].pageCount > 0 {
      let part = parts[index]
      let region = Region(
        base: base, end: base + Word(part.pageCount) << Page.shift,
        permissions: part.permissions, maximum: part.permissions, name: .file(path: path),
        traits: part.traits.union([.sealed, .unmergeable]), pageOffset: page)
      previous = insert(region, after: previous)
      base = region.end
      page += part.pageCount
    }
    return start
  }

  /// Gives programs of this space the right to write `pageCount` shared pages at `base`, which are
  /// inside of one region of a group. The child of a fork does not inherit the right.
  ///
  /// - Throws: `outOfMemory`; the space is then unchanged.
  public mutating func grantWriting(
    _ pageCount: UInt32, at base: UserAddress
  ) throws(MemoryError) {
    let end = base + Word(pageCount) << Page.shift
    guard let node = tree.firstEnding(above: base), tree.count + 2 <= Self.regionLimit else {
      throw .outOfMemory
    }
    try slab.reserve(2)
    // Pages that are mapped already get the right when they are written first.
    let part = isolate(node, base, end)
    (part.permissions, part.region.maximum) = ([.read, .write], [.read, .write])
    part.traits.insert(.wipedByFork)
  }

  /// The frame that the page at `address` reads from. It gets one as by a fault if it has none.
  ///
  /// - Throws: `fault`, `outOfMemory`.
  public mutating func frame(readAt address: UserAddress) throws(MemoryError) -> PhysicalFrame {
    try frame(under: VirtualPage(containing: address), for: .read)
  }

  /// Removes a group, which begins at `base`, for the error paths of the code that
  /// mapped it; programs cannot cause it.
  public mutating func removeGroup(of path: UInt16, at base: UserAddress) {
    while let node = tree.firstEnding(above: base), node.region.name == .file(path: path) {
      discardRegion(node)
    }
  }

  /// The first region of the group of the file with number `path`; nil if it is not mapped.
  /// O(log n) for each group, and the regions of groups.
  public func firstRegion(of path: UInt16) -> Region? {
    firstSealed(from: 0, to: UserRange.limit) { $0.name == .file(path: path) }
  }

  /// Adds `value` to the word of 32 bits at `address`, a multiple of four, in a writable region.
  ///
  /// - Throws: `fault`, `outOfMemory`.
  public mutating func add(_ value: UInt32, toWordAt address: UserAddress) throws(MemoryError) {
    let frame = try frame(under: VirtualPage(containing: address), for: .write)
    let offset = Int(address.pageOffset)
    Memory.withBytes(of: frame) { bytes in
      // Wrapping: addresses are numbers modulo 2^32.
      let sum = (bytes.bytes.word(at: offset) ?? 0) &+ value
      bytes.storeBytes(of: sum.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
  }
}
