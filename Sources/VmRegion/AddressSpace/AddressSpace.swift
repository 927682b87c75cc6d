// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The address space of one process: its regions and its translation table.
///
/// The value is small enough to be a field of a process; region nodes are stored in frames of the
/// pool. It has no lock: its owner serialises all calls. `teardown` frees everything and must be
/// called before the value is destroyed.
///
/// Invariants between calls:
/// - Regions do not overlap.
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
  /// Provides the pages of files; nil: they are zeros.
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
  /// The number of mapped pages whose frame the space holds, without frames of tables and region
  /// nodes.
  public internal(set) var residentCount: UInt32 = 0
  /// The number of calls of `handleFault`. Wraps.
  public internal(set) var faultCount: UInt32 = 0

  /// The most regions of a space: Linux' default of vm.max_map_count.
  static var regionLimit: UInt32 { 65530 }

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
    // Everything is freed at once, so neither the tree nor the table is kept consistent meanwhile.
    let pool = pool
    var position = tree.first
    while let node = position {
      position = node.next
      if !node.traits.contains(.borrowsFrames) {
        table.forEachFrame(
          from: VirtualPage(containing: node.base), below: VirtualPage(containing: node.end)
        ) { pool.release($0) }
      }
      slab.free(node)
    }
    tree.removeAll()
    residentCount = 0
    slab.releaseReserve()
    table.release()
    heapBase = 0
    heapEnd = 0
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

  /// Calls `body` with each region in ascending order.
  public func forEachRegion<Failure: Error>(
    _ body: (Region) throws(Failure) -> Void
  ) throws(Failure) {
    var position = tree.first
    while let node = position {
      try body(node.region)
      position = node.next
    }
  }

  /// Whether a region from `first` on that begins below `end` is sealed.
  func touchesSealed(from first: RegionReference?, below end: UserAddress) -> Bool {
    var position = first
    while let node = position, node.base < end {
      if node.traits.contains(.sealed) { return true }
      position = node.next
    }
    return false
  }

  /// Unmaps all pages of `base ..< end`, which lies in `node`, and releases their frames.
  mutating func releasePages(from base: UserAddress, to end: UserAddress, of node: RegionReference)
  {
    let ownsFrames = !node.traits.contains(.borrowsFrames)
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = table.firstMapped(from: page, below: limit) {
      if let frame = table.unmap(mapped), ownsFrames {
        pool.release(frame)
        residentCount -= 1
      }
      page = VirtualPage(number: mapped.number + 1)
    }
  }
}
