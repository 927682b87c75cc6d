import RTOSCore

// SAFETY: pages are frames of the pool that this slab holds; their headers link only such pages.
/// The memory of region nodes: frames of the pool, cut into nodes, given back when empty.
///
/// Each address space has its own, so no lock is needed. A frame begins with a `Header`; frames
/// with unused nodes are in one list. One empty frame may be kept, so that a program that maps
/// and unmaps at the edge of a frame does not take and zero one every time.
@safe struct RegionSlab<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  /// The start of each of the slab's frames.
  @safe private struct Header {
    var frame: PhysicalFrame
    var unusedCount: UInt32
    var unused: RegionReference?
    var previous: UnsafeMutablePointer<Header>?
    var next: UnsafeMutablePointer<Header>?
  }

  private let pool: FramePool<CPU, Memory>
  private var partial: UnsafeMutablePointer<Header>?
  /// Nodes that `take` can hand out without a new frame.
  private var unusedCount: UInt32 = 0
  /// Frames that the slab holds.
  private(set) var frameCount: UInt32 = 0

  /// More unused nodes than this elsewhere, and an empty frame goes back: no operation needs more.
  private static var reserveLimit: UInt32 { 4 }
  private static var capacity: UInt32 {
    UInt32((Int(Page.size) - MemoryLayout<Header>.stride) / MemoryLayout<RegionNode>.stride)
  }

  /// A slab without a frame.
  init(pool: FramePool<CPU, Memory>) { self.pool = pool }

  /// Makes sure that the next `count` (up to 4) calls of `take` succeed.
  ///
  /// - Throws: `outOfMemory`, and nothing has changed.
  @inline(__always)
  mutating func reserve(_ count: UInt32) throws(MemoryError) {
    if unusedCount < count { try grow() }
  }

  /// Takes a node out; `reserve` has been called for it.
  mutating func take(_ region: Region) -> RegionReference {
    guard let page = unsafe partial, let node = unsafe page.pointee.unused else {
      preconditionFailure("a region node that was not reserved")
    }
    // SAFETY: pages in the list are frames of this slab, nodes in their lists unused.
    unsafe page.pointee.unused = node.next
    unsafe page.pointee.unusedCount -= 1
    if unsafe page.pointee.unusedCount == 0 { unsafe unlink(page) }
    unusedCount -= 1
    // SAFETY: `node` is memory for one node that nobody uses; nodes are trivial.
    unsafe node.pointer.initialize(to: RegionNode(region: region))
    return node
  }

  /// Takes a node back; nothing may lead to it any more.
  mutating func give(_ node: RegionReference) {
    let page = unsafe Self.header(of: node)
    // SAFETY: the header stands at the start of the frame that holds the node.
    node.next = unsafe page.pointee.unused
    unsafe page.pointee.unused = node
    unsafe page.pointee.unusedCount += 1
    unusedCount += 1
    if unsafe page.pointee.unusedCount == 1 { unsafe link(page) }
    if unsafe page.pointee.unusedCount == Self.capacity,
      unusedCount - Self.capacity >= Self.reserveLimit
    {
      unsafe giveBack(page)
    }
  }

  /// Gives the frame back that is kept for later. All nodes must have been given back.
  mutating func releaseReserve() {
    if let page = unsafe partial { unsafe giveBack(page) }
    precondition(frameCount == 0, "a region outlives its address space")
  }

  /// Takes one more frame and cuts it into nodes.
  private mutating func grow() throws(MemoryError) {
    let frame = try pool.allocate(zeroed: false)
    // SAFETY: the frame is ours; the header and `capacity` nodes fit it.
    let page = unsafe Memory.pointer(to: frame).bindMemory(to: Header.self, capacity: 1)
    unsafe page.initialize(to: Header(frame: frame, unusedCount: Self.capacity))
    let nodes = unsafe (Memory.pointer(to: frame) + MemoryLayout<Header>.stride).bindMemory(
      to: RegionNode.self, capacity: Int(Self.capacity))
    var index = Int(Self.capacity)
    while index > 0 {
      index -= 1
      let node = unsafe RegionReference(nodes + index)
      node.next = unsafe page.pointee.unused
      unsafe page.pointee.unused = node
    }
    unsafe link(page)
    unusedCount += Self.capacity
    frameCount += 1
  }

  /// The header of the frame that holds `node`: frames are aligned to their size.
  @inline(__always)
  private static func header(of node: RegionReference) -> UnsafeMutablePointer<Header> {
    let bits = unsafe UInt(bitPattern: node.pointer) & ~UInt(Page.offsetMask)
    guard let start = unsafe UnsafeMutablePointer<Header>(bitPattern: bits) else {
      preconditionFailure("a region node in the first page of memory")
    }
    return unsafe start
  }

  private mutating func giveBack(_ page: UnsafeMutablePointer<Header>) {
    unsafe unlink(page)
    unusedCount -= Self.capacity
    frameCount -= 1
    pool.release(unsafe page.pointee.frame)
  }

  private mutating func link(_ page: UnsafeMutablePointer<Header>) {
    unsafe page.pointee.previous = nil
    unsafe page.pointee.next = partial
    unsafe partial?.pointee.previous = page
    unsafe partial = page
  }

  private mutating func unlink(_ page: UnsafeMutablePointer<Header>) {
    if let previous = unsafe page.pointee.previous {
      unsafe previous.pointee.next = page.pointee.next
    } else {
      unsafe partial = page.pointee.next
    }
    unsafe page.pointee.next?.pointee.previous = page.pointee.previous
  }
}
