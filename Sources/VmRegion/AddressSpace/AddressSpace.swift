// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The address space of one process: its regions and its translation table.
///
/// The value is small enough to be a field of a process; region nodes are stored in frames of the
/// pool. It has no lock: its owner serialises all calls. `teardown` frees everything and must be
/// called before the value is destroyed.
///
/// Invariants between calls:
/// - Regions do not overlap, also between the steps of a change.
/// - A page is mapped only inside a region, and with no more than that region's permissions.
/// - The space holds one reference of the frame for each mapped page, unless the region borrows its
///   frames.
public struct AddressSpace<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>:
  ~Copyable
{
  /// The translation table. The owner reads it to activate the space; only the space may change it.
  public var table: Table
  /// The pool from which frames are allocated.
  public let pool: FramePool<CPU, Memory>
  /// The addresses and limits of the movable parts.
  public private(set) var layout: SpaceLayout
  /// Answers for the files that regions map; nil: their pages are zeros.
  let fileSource: FileSource?
  var tree: RegionTree
  var slab: RegionSlab<CPU, Memory>
  /// The special mappings whose pages are mapped on first access. The page offset of such a region
  /// is 1 + its index here.
  var specials = InlineArray<4, PlacedSpecial?>(repeating: nil)
  /// The first address of the heap; 0 until `setHeapBase` is called.
  var heapBase: UserAddress = 0
  /// The end of the heap as the program set it, to the byte.
  var heapEnd: UserAddress = 0
  /// Where the sealed regions are.
  var sealed = SealedRanges()
  /// The number of mapped pages whose frame the space holds, without frames of tables and region
  /// nodes.
  public internal(set) var residentCount: UInt32 = 0
  /// The number of calls of `handleFault`. Wraps.
  public internal(set) var faultCount: UInt32 = 0

  /// The most regions of a space: Linux' default of vm.max_map_count.
  public static var regionLimit: UInt32 { 65530 }

  /// Creates an empty space with an empty table.
  public init(
    table: consuming Table, pool: FramePool<CPU, Memory>, layout: SpaceLayout = SpaceLayout(),
    fileSource: FileSource? = nil
  ) {
    self.table = table
    self.pool = pool
    self.layout = layout
    self.fileSource = fileSource
    tree = RegionTree(guardSize: layout.stackGuard, top: layout.mapTop)
    slab = RegionSlab(pool: pool)
  }

  /// Frees all frames, regions and the table. No CPU may have the table active, and nothing can be
  /// mapped afterwards.
  public mutating func teardown() {
    while !teardownStep() {}
  }

  /// One step of `teardown`. Between two of them the owner may let other threads run, but no one
  /// may use the space: neither the tree nor the table is kept consistent.
  ///
  /// - Returns: true if everything is freed.
  public mutating func teardownStep() -> Bool {
    var allowance = StepAllowance.step
    while let node = tree.first {
      guard allowance.isLeft else { return false }
      if !node.traits.contains(.borrowsFrames) {
        let limit = VirtualPage(containing: node.end)
        var page = VirtualPage(containing: node.base)
        while let mapped = nextMapped(&page, below: limit, &allowance) {
          if let there = table.lookup(mapped) { allowance.spend(merged: pool.release(there.frame)) }
        }
        node.base = page.address
        guard page.number >= limit.number else { return false }
      }
      tree.dropFirst()
      free(node)
      allowance.spend(StepAllowance.look)
    }
    // The table's frames are a step of their own.
    guard allowance.isAlmostWhole else { return false }
    residentCount = 0
    slab.releaseReserve()
    heapBase = 0
    heapEnd = 0
    return table.release()
  }

  /// Allocates the node of a region, which the caller has reserved.
  @inline(__always)
  mutating func allocate(_ region: Region) -> RegionReference {
    count(region, .retain, .retainWritable)
    return slab.allocate(region)
  }

  /// Frees a node that is not in the tree.
  @inline(__always)
  mutating func free(_ node: RegionReference) {
    count(node.region, .release, .releaseWritable)
    slab.free(node)
  }

  /// Counts a region of a file as a user of it, and says where it begins if programs may write it.
  @inline(__always)
  private func count(_ region: Region, _ plain: FileRequest, _ writable: FileRequest) {
    guard case .file(let path) = region.name, path != .max, let source = fileSource else { return }
    let isWritable = region.traits.contains(.shared) && region.maximum.contains(.write)
    let request = isWritable ? writable : plain
    _ = source(request.rawValue, path, region.permissions.contains(.write) ? region.pageOffset : 0)
  }

  /// Sets the most bytes that the stack may grow to from now on.
  public mutating func setStackLimit(_ limit: Word) { layout.stackLimit = limit }

  /// The number of regions.
  public var regionCount: UInt32 { tree.count }

  /// A copy of the region that contains `address`, nil if there is none. O(log n).
  public func region(at address: UserAddress) -> Region? {
    guard let node = tree.lowestEnding(above: address), node.base <= address else { return nil }
    return node.region
  }

  /// A copy of the lowest region that ends above `address`, nil if there is none: the next one of a
  /// walk that lets other threads change the space. O(log n).
  public func region(endingAbove address: UserAddress) -> Region? {
    tree.lowestEnding(above: address)?.region
  }

  /// Whether a region in the `length` bytes at `base` may be of a file; true also if there are too
  /// many to look at. A change of such a region changes the file, too.
  public func mayHaveFiles(_ base: UserAddress, length: Word) -> Bool {
    guard let end = base.adding(length) else { return true }
    var position = tree.lowestEnding(above: base)
    for _ in 0..<8 {
      guard let node = position, node.base < end else { return false }
      if case .file = node.region.name { return true }
      position = node.next
    }
    return true
  }

  /// Whether a region in `base ..< end` is sealed. O(log n).
  @inline(__always)
  func touchesSealed(_ base: UserAddress, _ end: UserAddress) -> Bool {
    guard base < sealed.hull.end, end > sealed.hull.base else { return false }
    return hasSealed(from: base, to: end)
  }

  @inline(never)
  private func hasSealed(from base: UserAddress, to end: UserAddress) -> Bool {
    firstSealed(from: base, to: end) { (_) in true } != nil
  }

  /// The lowest sealed region in `base ..< end` that `isWanted`; nil if there is none. O(log n) for
  /// each range of `sealed`, and its regions.
  @inline(__always)
  func firstSealed(
    from base: UserAddress, to end: UserAddress, _ isWanted: (Region) -> Bool
  ) -> Region? {
    var lowest: Region?
    for index in 0..<sealed.count {
      let range = sealed[index]
      guard base < range.end, end > range.base else { continue }
      let limit = min(min(end, range.end), lowest?.base ?? end)
      var position = tree.lowestEnding(above: max(base, range.base))
      while let node = position, node.base < limit {
        if node.traits.contains(.sealed), isWanted(node.region) {
          lowest = node.region
          break
        }
        position = node.next
      }
    }
    return lowest
  }

  /// Unmaps pages of `base ..< end`, which lies in `node`, and releases their frames, as long as
  /// the allowance lasts.
  ///
  /// - Returns: the address below which no page is mapped any more, at most `end`.
  @discardableResult
  @inline(never)
  mutating func releasePages(
    from base: UserAddress, to end: UserAddress, of node: RegionReference,
    _ allowance: inout StepAllowance
  ) -> UserAddress {
    let ownsFrames = !node.traits.contains(.borrowsFrames)
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      if let frame = table.unmap(mapped), ownsFrames {
        allowance.spend(merged: pool.release(frame))
        residentCount -= 1
      }
    }
    return page.address
  }

  /// Unmaps all pages of `base ..< end`, which lies in `node`, and releases their frames.
  mutating func releasePages(from base: UserAddress, to end: UserAddress, of node: RegionReference)
  {
    var allowance = StepAllowance.unlimited
    releasePages(from: base, to: end, of: node, &allowance)
  }
}
