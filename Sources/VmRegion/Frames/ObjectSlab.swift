// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: pages are frames of the pool that this slab holds; their headers link only such pages.
/// A slab allocator for kernel objects of one type. It divides frames of the pool into slots of
/// equal size and releases a frame when all of its slots are unused.
///
/// A slab has no lock: its owner serialises the calls. One empty frame may be kept, so that an
/// owner that alternates between allocating and freeing at the edge of a frame does not allocate a
/// frame each time. Freeing an object twice, or one that is not of a slab, traps, as in
/// `FramePool`.
@safe public struct ObjectSlab<Object, CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  /// The header of each frame of the slab: 36 bytes on the target. The slots follow it.
  @safe private struct Header {
    let frame: PhysicalFrame
    /// `seal(of:)` of this header: distinguishes a frame of a slab from other memory.
    let seal: UInt32
    var unusedCount: UInt32
    /// One bit per slot, set if the slot is unused.
    var unused: InlineArray<4, UInt32>
    var previous: Frame?
    var next: Frame?
  }

  /// A reference to the header of one of the slab's frames.
  @safe private struct Frame: Equatable {
    let address: UnsafeMutablePointer<Header>

    @inline(__always)
    init(_ address: UnsafeMutablePointer<Header>) { unsafe self.address = address }

    /// The header; valid while the slab holds the frame.
    var header: Header {
      // SAFETY: the slab's list and the objects' addresses lead only to frames that it holds.
      @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
      // SAFETY: the slab's list and the objects' addresses lead only to frames that it holds.
      @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
    }

    @inline(__always)
    static func == (left: Frame, right: Frame) -> Bool { unsafe left.address == right.address }
  }

  private let pool: FramePool<CPU, Memory>
  private var partial: Frame?
  /// The number of objects that can be allocated without a new frame.
  private var unusedCount: UInt32 = 0
  /// The number of frames that the slab holds.
  public private(set) var frameCount: UInt32 = 0

  /// An empty frame is released if the other frames have at least this many unused slots: the most
  /// that a caller reserves at once.
  private static var reserveLimit: UInt32 { 4 }
  /// The number of objects per frame: as many as fit, at most one per bit of the header.
  public static var capacity: UInt32 {
    min(128, UInt32((Int(Page.size) - objectsOffset) / MemoryLayout<Object>.stride))
  }
  private static var objectsOffset: Int {
    let alignment = MemoryLayout<Object>.alignment
    return (MemoryLayout<Header>.size + alignment - 1) & ~(alignment - 1)
  }

  /// Creates a slab without frames.
  public init(pool: FramePool<CPU, Memory>) {
    precondition(Self.capacity > 0, "an object that is larger than a frame")
    self.pool = pool
  }

  /// The number of objects in use.
  public var objectCount: UInt32 { frameCount * Self.capacity - unusedCount }

  /// Ensures that the next `count` (up to 4) calls of `allocateReserved` succeed.
  ///
  /// - Throws: `outOfMemory`; the slab is then unchanged.
  @inline(__always)
  public mutating func reserve(_ count: UInt32) throws(MemoryError) {
    if unusedCount < count { try grow() }
  }

  /// Allocates uninitialised memory for one object.
  ///
  /// - Throws: `outOfMemory`; the slab is then unchanged.
  @unsafe public mutating func allocate() throws(MemoryError) -> UnsafeMutablePointer<Object> {
    try reserve(1)
    return unsafe allocateReserved()
  }

  /// Allocates uninitialised memory for one object that the caller has reserved with `reserve`.
  @unsafe public mutating func allocateReserved() -> UnsafeMutablePointer<Object> {
    guard let page = partial else { preconditionFailure("an object that was not reserved") }
    // SAFETY: pages in the list are frames of this slab with an unused slot.
    var word = 0
    while page.header.unused[word] == 0 { word += 1 }
    let bit = page.header.unused[word].trailingZeroBitCount
    page.header.unused[word] &= ~(1 << UInt32(bit))
    page.header.unusedCount -= 1
    if page.header.unusedCount == 0 { unlink(page) }
    unusedCount -= 1
    return unsafe Self.objects(of: page) + (word * 32 + bit)
  }

  /// Frees an object's memory. Nothing may refer to it any more, and it must be deinitialised.
  @unsafe public mutating func free(_ object: UnsafeMutablePointer<Object>) {
    let page = unsafe Self.header(of: object)
    let index = unsafe Self.index(of: object, in: page)
    let bit = UInt32(1) << (index & 31)
    precondition(
      page.header.unused[Int(index >> 5)] & bit == 0, "an object is freed twice")
    page.header.unused[Int(index >> 5)] |= bit
    page.header.unusedCount += 1
    unusedCount += 1
    if page.header.unusedCount == 1 { link(page) }
    if page.header.unusedCount == Self.capacity,
      unusedCount - Self.capacity >= Self.reserveLimit
    {
      releaseFrame(page)
    }
  }

  /// Releases the empty frame that the slab kept. All objects must have been freed.
  public mutating func releaseReserve() {
    if let page = partial { releaseFrame(page) }
    precondition(frameCount == 0, "an object outlives its slab")
  }

  /// Allocates one more frame.
  @inline(never)
  private mutating func grow() throws(MemoryError) {
    let frame = try pool.allocate(zeroed: false)
    // SAFETY: only the slab holds the frame; the header and `capacity` objects fit into it.
    let page = unsafe Frame(
      Memory.pointer(to: frame).bindMemory(to: Header.self, capacity: 1))
    unsafe page.address.initialize(
      to: Header(
        frame: frame, seal: Self.seal(of: page), unusedCount: Self.capacity,
        unused: InlineArray { Self.bits(inWord: UInt32($0)) }))
    link(page)
    unusedCount += Self.capacity
    frameCount += 1
  }

  /// The value of word `word` of `unused` in an empty frame: one bit set per existing slot.
  private static func bits(inWord word: UInt32) -> UInt32 {
    guard capacity > word * 32 else { return 0 }
    return capacity >= word * 32 + 32 ? .max : 1 << (capacity - word * 32) - 1
  }

  /// The header of the frame that contains `object`: frames are aligned to their size.
  @inline(__always)
  private static func header(
    of object: UnsafeMutablePointer<Object>
  ) -> Frame {
    let bits = UInt(bitPattern: object) & ~UInt(Page.offsetMask)
    guard let start = unsafe UnsafeMutablePointer<Header>(bitPattern: bits) else {
      preconditionFailure("an object in the first page of memory")
    }
    return unsafe Frame(start)
  }

  /// The slot index of an object. Traps unless `object` is a slot of a slab of this type.
  @inline(__always)
  private static func index(
    of object: UnsafeMutablePointer<Object>, in page: Frame
  ) -> UInt32 {
    // SAFETY: any page of the linear map can be read as a header. Wrapping: an address before the
    // slots yields a huge offset.
    precondition(
      page.header.seal == seal(of: page), "not an object of a slab")
    let bytes =
      unsafe UInt(bitPattern: object) &- UInt(bitPattern: page.address) &- UInt(objectsOffset)
    let offset = UInt32(truncatingIfNeeded: bytes)
    let stride = UInt32(MemoryLayout<Object>.stride)
    let index = offset / stride
    precondition(index < capacity && index * stride == offset, "not the start of an object")
    return index
  }

  /// The value that identifies a valid header at `page`: made of its address and the slot count.
  @inline(__always)
  private static func seal(of page: Frame) -> UInt32 {
    unsafe UInt32(truncatingIfNeeded: UInt(bitPattern: page.address)) ^ 0x5ab0_0b1e ^ capacity
  }

  @inline(__always)
  private static func objects(
    of page: Frame
  ) -> UnsafeMutablePointer<Object> {
    // SAFETY: the memory after the header of a slab's frame contains slots for objects only.
    unsafe (UnsafeMutableRawPointer(page.address) + objectsOffset).assumingMemoryBound(
      to: Object.self)
  }

  private mutating func releaseFrame(_ page: Frame) {
    unlink(page)
    unusedCount -= Self.capacity
    frameCount -= 1
    let frame = page.header.frame
    unsafe page.address.initialize(
      to: Header(frame: frame, seal: 0, unusedCount: 0, unused: InlineArray(repeating: 0)))
    pool.release(frame)
  }

  private mutating func link(_ page: Frame) {
    page.header.previous = nil
    page.header.next = partial
    partial?.header.previous = page
    partial = page
  }

  private mutating func unlink(_ page: Frame) {
    if let previous = page.header.previous {
      previous.header.next = page.header.next
    } else {
      partial = page.header.next
    }
    page.header.next?.header.previous = page.header.previous
  }
}
