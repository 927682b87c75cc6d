// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: pages are frames of the pool that the slab holds; their headers link only such pages.
/// The frames of a slab, and which slots of each are unused. It knows how many slots a frame has,
/// but not their size, so that slabs of all types share its code.
///
/// It has no lock: the slab's owner serialises the calls.
@safe struct SlabFrames<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  /// The header of each frame of the slab: 36 bytes on the target. The slots follow it.
  @safe struct Header {
    fileprivate let frame: PhysicalFrame
    /// `seal(of:)` of this header: distinguishes a frame of a slab from other memory.
    fileprivate let seal: UInt32
    fileprivate var unusedCount: UInt32
    /// One bit per slot, set if the slot is unused.
    fileprivate var unused: InlineArray<4, UInt32>
    fileprivate var previous: Frame?
    fileprivate var next: Frame?
  }

  /// A reference to the header of one of the slab's frames.
  @safe struct Frame: Equatable {
    let address: UnsafeMutablePointer<Header>

    @inline(__always)
    fileprivate init(_ address: UnsafeMutablePointer<Header>) { unsafe self.address = address }

    /// The header; valid while the slab holds the frame.
    fileprivate var header: Header {
      // SAFETY: the slab's list and the objects' addresses lead only to frames that it holds.
      @inline(__always) unsafeAddress { unsafe UnsafePointer(address) }
      // SAFETY: the slab's list and the objects' addresses lead only to frames that it holds.
      @inline(__always) nonmutating unsafeMutableAddress { unsafe address }
    }

    @inline(__always)
    static func == (left: Frame, right: Frame) -> Bool { unsafe left.address == right.address }
  }

  private let pool: FramePool<CPU, Memory>
  /// The number of slots of a frame: 1 to 128.
  private let capacity: UInt32
  private var partial: Frame?
  /// The number of unused slots of all frames.
  private(set) var unusedCount: UInt32 = 0
  /// The number of frames.
  private(set) var count: UInt32 = 0

  /// A frame without used slots is released if the other frames have at least this many unused
  /// ones: the most that a caller reserves at once.
  private static var reserveLimit: UInt32 { 4 }

  /// No frames yet, of `capacity` slots each.
  init(pool: FramePool<CPU, Memory>, capacity: UInt32) {
    self.pool = pool
    self.capacity = capacity
  }

  /// Allocates one more frame.
  ///
  /// - Throws: `outOfMemory`.
  @inline(never)
  mutating func grow() throws(MemoryError) {
    let frame = try pool.allocateCold(zeroed: false)
    // SAFETY: only the slab holds the frame; the header and `capacity` slots fit into it.
    let page = unsafe Frame(
      Memory.pointer(to: frame).bindMemory(to: Header.self, capacity: 1))
    unsafe page.address.initialize(
      to: Header(
        frame: frame, seal: seal(of: page), unusedCount: capacity,
        unused: InlineArray { bits(inWord: UInt32($0)) }))
    link(page)
    unusedCount += capacity
    count += 1
  }

  /// Takes an unused slot, which the caller has reserved.
  @inline(never)
  mutating func takeSlot() -> (page: Frame, slot: Int) {
    guard let page = partial else { preconditionFailure("an object that was not reserved") }
    var word = 0
    while page.header.unused[word] == 0 { word += 1 }
    let bit = page.header.unused[word].trailingZeroBitCount
    page.header.unused[word] &= ~(1 << UInt32(bit))
    page.header.unusedCount -= 1
    if page.header.unusedCount == 0 { unlink(page) }
    unusedCount -= 1
    return (page, word * 32 + bit)
  }

  /// Makes a used slot of `page` unused. It may release the frame.
  @inline(never)
  mutating func freeSlot(_ slot: UInt32, of page: Frame) {
    precondition(slot < capacity, "not an object of the slab")
    let bit = UInt32(1) << (slot & 31)
    precondition(page.header.unused[Int(slot >> 5)] & bit == 0, "an object is freed twice")
    page.header.unused[Int(slot >> 5)] |= bit
    page.header.unusedCount += 1
    unusedCount += 1
    if page.header.unusedCount == 1 { link(page) }
    if page.header.unusedCount == capacity, unusedCount - capacity >= Self.reserveLimit {
      release(page)
    }
  }

  /// Releases the frame without used slots that is kept. All slots must be unused.
  @inline(never)
  mutating func releaseReserve() {
    if let page = partial { release(page) }
    precondition(count == 0, "an object outlives its slab")
  }

  /// The frame that contains the object at `address`: frames are aligned to their size. Traps
  /// unless it is a frame of a slab with this number of slots.
  @inline(__always)
  func page(at address: UInt) -> Frame {
    let bits = address & ~UInt(Page.offsetMask)
    guard let start = unsafe UnsafeMutablePointer<Header>(bitPattern: bits) else {
      preconditionFailure("an object in the first page of memory")
    }
    // SAFETY: any page of the linear map can be read as a header.
    let page = unsafe Frame(start)
    precondition(page.header.seal == seal(of: page), "not an object of a slab")
    return page
  }

  /// The value of word `word` of `unused` in an empty frame: one bit set per existing slot.
  private func bits(inWord word: UInt32) -> UInt32 {
    guard capacity > word * 32 else { return 0 }
    return capacity >= word * 32 + 32 ? .max : 1 << (capacity - word * 32) - 1
  }

  /// The value that identifies a valid header at `page`: made of its address and the slot count.
  @inline(__always)
  private func seal(of page: Frame) -> UInt32 {
    unsafe UInt32(truncatingIfNeeded: UInt(bitPattern: page.address)) ^ 0x5ab0_0b1e ^ capacity
  }

  private mutating func release(_ page: Frame) {
    unlink(page)
    unusedCount -= capacity
    count -= 1
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
