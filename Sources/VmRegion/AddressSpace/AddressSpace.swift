// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// One program's memory: its regions and the translation table that makes them real.
///
/// Small enough for a process's slot; regions live in frames of the pool. It has no lock: whoever
/// owns it serialises all calls. `teardown` gives everything back and must be called before the
/// value is dropped.
///
/// Three things hold between calls: regions do not overlap; a page is mapped only inside a region
/// and with that region's permissions; each mapped frame has one reference of this space, unless
/// its region borrows its frames.
public struct AddressSpace<Table: MMU & ~Copyable, CPU: Processor, Memory: PhysicalMemory>:
  ~Copyable
{
  /// The translation table. Read it to make the space active; change it through the space only.
  public var table: Table
  /// Where frames come from.
  public let pool: FramePool<CPU, Memory>
  /// Where the movable parts lie.
  public private(set) var layout: SpaceLayout
  /// Where the pages of files come from; without it they are zeros.
  let fileSource: FileSource?
  var tree: RegionTree
  var slab: RegionSlab<CPU, Memory>
  /// The special mappings whose pages come on first touch; a region's page offset is 1 + its index.
  var specials = InlineArray<4, PlacedSpecial?>(repeating: nil)
  /// The first address of the heap; 0 until it is known.
  var heapBase: UInt32 = 0
  /// The end of the heap as the program set it, to the byte.
  var heapEnd: UInt32 = 0
  /// Frames that this space holds a reference of, without those of tables and regions.
  public internal(set) var residentCount: UInt32 = 0
  /// Faults that `handleFault` has seen. Wraps.
  public internal(set) var faultCount: UInt32 = 0

  /// Linux's default of vm.max_map_count.
  static var regionLimit: UInt32 { 65530 }

  /// An empty space over an empty table.
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

  /// Gives everything back: frames, regions and the table. No CPU may have the table active, and
  /// nothing can be mapped afterwards.
  public mutating func teardown() {
    // All goes at once: neither the tree nor the table is kept in order for what follows.
    let pool = pool
    var position = tree.first
    while let node = position {
      position = node.next
      if !node.traits.contains(.borrowsFrames) {
        table.forEachFrame(
          from: VirtualPage(containing: node.base), below: VirtualPage(containing: node.end)
        ) { pool.release($0) }
      }
      slab.give(node)
    }
    tree.forgetAll()
    residentCount = 0
    slab.releaseReserve()
    table.release()
    heapBase = 0
    heapEnd = 0
  }

  /// Sets how far the stack grows from now on, in bytes.
  public mutating func setStackLimit(_ limit: UInt32) { layout.stackLimit = limit }

  /// How many regions there are.
  public var regionCount: UInt32 { tree.count }

  /// The region that holds `address`. O(log n).
  public func region(at address: UInt32) -> Region? {
    guard let node = tree.lowestEnding(above: address), node.base <= address else { return nil }
    return node.region
  }

  /// Runs `body` on each region in the order of addresses.
  public func forEachRegion<Failure: Error>(
    _ body: (Region) throws(Failure) -> Void
  ) throws(Failure) {
    var position = tree.first
    while let node = position {
      try body(node.region)
      position = node.next
    }
  }

  /// Whether `first` or a region above it that begins below `end` is sealed.
  func touchesSealed(from first: RegionReference?, below end: UInt32) -> Bool {
    var position = first
    while let node = position, node.base < end {
      if node.traits.contains(.sealed) { return true }
      position = node.next
    }
    return false
  }

  /// Unmaps all pages of `base ..< end`, which lies in `node`, and drops their frames.
  mutating func releasePages(from base: UInt32, to end: UInt32, of node: RegionReference) {
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
