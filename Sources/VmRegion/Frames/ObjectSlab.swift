// SPDX-License-Identifier: Apache-2.0
import RTOSCore

// SAFETY: an object's address is in a slot of a frame that `SlabFrames` holds; only the slab hands out
// the slots.
/// A slab allocator for kernel objects of one type. It divides frames of the pool into slots of
/// equal size and releases a frame when all of its slots are unused.
///
/// A slab has no lock: its owner serialises the calls. One empty frame may be kept, so that an
/// owner that alternates between allocating and freeing at the edge of a frame does not allocate a
/// frame each time. Freeing an object twice, or one that is not of a slab, traps, as in
/// `FramePool`.
@safe public struct ObjectSlab<Object, CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private typealias Frames = SlabFrames<CPU, Memory>

  private var frames: SlabFrames<CPU, Memory>

  /// The number of frames that the slab holds.
  public var frameCount: UInt32 { frames.count }
  /// The number of objects per frame: as many as fit, at most one per bit of the header.
  public static var capacity: UInt32 {
    min(128, UInt32((Int(Page.size) - objectsOffset) / MemoryLayout<Object>.stride))
  }
  private static var objectsOffset: Int {
    let alignment = MemoryLayout<Object>.alignment
    return (MemoryLayout<Frames.Header>.size + alignment - 1) & ~(alignment - 1)
  }

  /// Creates a slab without frames.
  public init(pool: FramePool<CPU, Memory>) {
    precondition(Self.capacity > 0, "an object that is larger than a frame")
    frames = SlabFrames(pool: pool, capacity: Self.capacity)
  }

  /// The number of objects in use.
  public var objectCount: UInt32 { frames.count * Self.capacity - frames.unusedCount }

  /// Ensures that the next `count` (up to 4) calls of `allocateReserved` succeed.
  ///
  /// - Throws: `outOfMemory`; the slab is then unchanged.
  @inline(__always)
  public mutating func reserve(_ count: UInt32) throws(MemoryError) {
    if frames.unusedCount < count { try frames.grow() }
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
    let (page, slot) = frames.takeSlot()
    // SAFETY: the memory after the header of a slab's frame contains slots for objects only.
    return unsafe (UnsafeMutableRawPointer(page.address) + Self.objectsOffset)
      .assumingMemoryBound(to: Object.self) + slot
  }

  /// Frees an object's memory. Nothing may refer to it any more, and it must be deinitialised.
  @unsafe public mutating func free(_ object: UnsafeMutablePointer<Object>) {
    let address = UInt(bitPattern: object)
    let page = frames.page(at: address)
    // Wrapping: an address before the slots yields a huge offset.
    let bytes = unsafe address &- UInt(bitPattern: page.address) &- UInt(Self.objectsOffset)
    let offset = UInt32(truncatingIfNeeded: bytes)
    let stride = UInt32(MemoryLayout<Object>.stride)
    let slot = offset / stride
    precondition(slot * stride == offset, "not the start of an object")
    frames.freeSlot(slot, of: page)
  }

  /// Releases the empty frame that the slab kept. All objects must have been freed.
  public mutating func releaseReserve() { frames.releaseReserve() }
}
