// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: pages are frames of the pool that this slab holds; their headers link only such pages.
/// Kernel objects of one type in frames of the pool, cut into equal places, given back when empty.
///
/// A slab has no lock: whoever owns it serialises the calls. One empty frame may be kept, so that
/// who takes and gives at the edge of a frame does not take a frame every time. An object that is
/// given twice, or that is not the slab's, stops the kernel, as a frame would in `FramePool`.
@safe public struct ObjectSlab<Object, CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  /// The start of each of the slab's frames: 36 bytes on the target, the places behind it.
  @safe private struct Header {
    let frame: PhysicalFrame
    /// `seal` of this header: tells a frame of a slab from other memory.
    let seal: UInt32
    var unusedCount: UInt32
    /// A bit for each place, set where it is unused.
    var unused: InlineArray<4, UInt32>
    var previous: UnsafeMutablePointer<Header>?
    var next: UnsafeMutablePointer<Header>?
  }

  private let pool: FramePool<CPU, Memory>
  private var partial: UnsafeMutablePointer<Header>?
  /// Objects that can be taken without a new frame.
  private var unusedCount: UInt32 = 0
  /// Frames that the slab holds.
  public private(set) var frameCount: UInt32 = 0

  /// More unused places than this elsewhere, and an empty frame goes back: nobody reserves more.
  private static var reserveLimit: UInt32 { 4 }
  /// Objects in a frame: as many as fit, and no more than the header has bits for.
  public static var capacity: UInt32 {
    min(128, UInt32((Int(Page.size) - objectsOffset) / MemoryLayout<Object>.stride))
  }
  private static var objectsOffset: Int {
    let alignment = MemoryLayout<Object>.alignment
    return (MemoryLayout<Header>.size + alignment - 1) & ~(alignment - 1)
  }

  /// A slab without a frame.
  public init(pool: FramePool<CPU, Memory>) {
    precondition(Self.capacity > 0, "an object that is larger than a frame")
    self.pool = pool
  }

  /// Objects that are in use.
  public var objectCount: UInt32 { frameCount * Self.capacity - unusedCount }

  /// Makes sure that the next `count` (up to 4) calls of `takeReserved` succeed.
  ///
  /// - Throws: `outOfMemory`, and nothing has changed.
  @inline(__always)
  public mutating func reserve(_ count: UInt32) throws(MemoryError) {
    if unusedCount < count { try grow() }
  }

  /// Takes memory for one object, which is not initialised.
  ///
  /// - Throws: `outOfMemory`, and nothing has changed.
  @unsafe public mutating func take() throws(MemoryError) -> UnsafeMutablePointer<Object> {
    try reserve(1)
    return unsafe takeReserved()
  }

  /// Takes memory for one object, which is not initialised; `reserve` has been called for it.
  @unsafe public mutating func takeReserved() -> UnsafeMutablePointer<Object> {
    guard let page = unsafe partial else { preconditionFailure("an object that was not reserved") }
    // SAFETY: pages in the list are frames of this slab with an unused place.
    var word = 0
    while unsafe page.pointee.unused[word] == 0 { word += 1 }
    let bit = unsafe page.pointee.unused[word].trailingZeroBitCount
    unsafe page.pointee.unused[word] &= ~(1 << UInt32(bit))
    unsafe page.pointee.unusedCount -= 1
    if unsafe page.pointee.unusedCount == 0 { unsafe unlink(page) }
    unusedCount -= 1
    return unsafe Self.objects(of: page) + (word * 32 + bit)
  }

  /// Takes an object's memory back; nothing may lead to it any more, and it holds nothing.
  @unsafe public mutating func give(_ object: UnsafeMutablePointer<Object>) {
    let page = unsafe Self.header(of: object)
    let index = unsafe Self.index(of: object, in: page)
    let bit = UInt32(1) << (index & 31)
    // SAFETY: the header is a frame's of a slab, and the index was checked with it.
    precondition(
      unsafe page.pointee.unused[Int(index >> 5)] & bit == 0, "an object is given back twice")
    unsafe page.pointee.unused[Int(index >> 5)] |= bit
    unsafe page.pointee.unusedCount += 1
    unusedCount += 1
    if unsafe page.pointee.unusedCount == 1 { unsafe link(page) }
    if unsafe page.pointee.unusedCount == Self.capacity,
      unusedCount - Self.capacity >= Self.reserveLimit
    {
      unsafe giveBack(page)
    }
  }

  /// Gives the frame back that is kept for later. All objects must have been given back.
  public mutating func releaseReserve() {
    if let page = unsafe partial { unsafe giveBack(page) }
    precondition(frameCount == 0, "an object outlives its slab")
  }

  /// Takes one more frame.
  @inline(never)
  private mutating func grow() throws(MemoryError) {
    let frame = try pool.allocate(zeroed: false)
    // SAFETY: the frame is ours; the header and `capacity` objects fit it.
    let page = unsafe Memory.pointer(to: frame).bindMemory(to: Header.self, capacity: 1)
    unsafe page.initialize(
      to: Header(
        frame: frame, seal: Self.seal(of: page), unusedCount: Self.capacity,
        unused: InlineArray { Self.bits(inWord: UInt32($0)) }))
    unsafe link(page)
    unusedCount += Self.capacity
    frameCount += 1
  }

  /// Which places of a frame the 32 bits of `word` stand for.
  private static func bits(inWord word: UInt32) -> UInt32 {
    guard capacity > word * 32 else { return 0 }
    return capacity >= word * 32 + 32 ? .max : 1 << (capacity - word * 32) - 1
  }

  /// The header of the frame that would hold `object`: frames are aligned to their size.
  @inline(__always)
  private static func header(
    of object: UnsafeMutablePointer<Object>
  ) -> UnsafeMutablePointer<Header> {
    let bits = UInt(bitPattern: object) & ~UInt(Page.offsetMask)
    guard let start = unsafe UnsafeMutablePointer<Header>(bitPattern: bits) else {
      preconditionFailure("an object in the first page of memory")
    }
    return unsafe start
  }

  /// The number of an object's place, checked to be one of a slab of this type.
  @inline(__always)
  private static func index(
    of object: UnsafeMutablePointer<Object>, in page: UnsafeMutablePointer<Header>
  ) -> UInt32 {
    // SAFETY: any page of the linear map can be read as a header. Wrapping: an object in front of
    // the places gets a huge offset.
    precondition(
      unsafe page.pointee.seal == seal(of: page), "an object that is not a slab's")
    let bytes = UInt(bitPattern: object) &- UInt(bitPattern: page) &- UInt(objectsOffset)
    let offset = UInt32(truncatingIfNeeded: bytes)
    let stride = UInt32(MemoryLayout<Object>.stride)
    let index = offset / stride
    precondition(index < capacity && index * stride == offset, "not the start of an object")
    return index
  }

  /// What the header at `page` is known by: its address and what stands behind it.
  @inline(__always)
  private static func seal(of page: UnsafeMutablePointer<Header>) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt(bitPattern: page)) ^ 0x5ab0_0b1e ^ capacity
  }

  @inline(__always)
  private static func objects(
    of page: UnsafeMutablePointer<Header>
  ) -> UnsafeMutablePointer<Object> {
    // SAFETY: behind the header a frame of the slab has places for objects only.
    unsafe (UnsafeMutableRawPointer(page) + objectsOffset).assumingMemoryBound(to: Object.self)
  }

  private mutating func giveBack(_ page: UnsafeMutablePointer<Header>) {
    unsafe unlink(page)
    unusedCount -= Self.capacity
    frameCount -= 1
    let frame = unsafe page.pointee.frame
    unsafe page.initialize(
      to: Header(frame: frame, seal: 0, unusedCount: 0, unused: InlineArray(repeating: 0)))
    pool.release(frame)
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
