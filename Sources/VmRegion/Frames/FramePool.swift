// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A run of consecutive frames: an allocation, or memory that the pool must not allocate.
public struct FrameRange: Equatable, Sendable {
  /// The first frame.
  public let first: PhysicalFrame
  /// The number of frames.
  public let count: UInt32

  /// Creates a run from its first frame and its length.
  public init(first: PhysicalFrame, count: UInt32) {
    self.first = first
    self.count = count
  }

  /// The frames that contain any of the physical bytes `address ..< address + length`.
  public init(address: PhysicalAddress, length: Word) {
    first = PhysicalFrame(containing: address)
    guard length > 0 else {
      count = 0
      return
    }
    // By the last byte, because a range may extend to the end of the address space.
    count = Page.count(address.word + (length - 1)) - first.number + 1
  }
}

// SAFETY: the caller of `init` passes metadata of the documented size that is never freed; indices
// are checked against the pool before use.
/// The machine's only frame allocator: a copyable handle to state that a spin lock protects.
///
/// Each frame or block in use has a reference count; the last `release` frees it. The pool's lock
/// (level `frames`) masks interrupts and is a leaf: no other lock is acquired under it. A frame
/// that is not in use is refused with a trap, because it is a bug of the caller.
@safe public struct FramePool<CPU: Processor, Memory: PhysicalMemory> {
  /// The state that all handles share, at the start of the metadata.
  @safe struct Shared: ~Copyable {
    let buddies: Guarded<CPU, BuddyAllocator>
    let records: UnsafeMutablePointer<FrameRecord>
    let first: UInt32
    let frameCount: UInt32
    var totalCount: UInt32
    var zeroFrame: PhysicalFrame?
  }

  private let address: UnsafePointer<Shared>

  var shared: Shared {
    // SAFETY: the pool's state is initialised and never freed; its lock protects what changes.
    @inline(__always) unsafeAddress { unsafe address }
  }

  /// The size in bytes of the metadata for `count` frames.
  public static func metadataSize(frameCount count: UInt32) -> Int {
    recordsOffset + Int(count) * MemoryLayout<FrameRecord>.stride
  }

  /// Creates a pool that manages `count` frames from `first` on, except those in `reserved` (in any
  /// order; ranges may overlap and extend beyond the run).
  ///
  /// `metadata` points to `metadataSize(frameCount:)` zeroed bytes, aligned to 16, that are never
  /// freed; the frames that contain it must be reserved. The cost is a few hundred instructions per
  /// reserved range and a few dozen per 4 MiB block.
  public init(
    first: PhysicalFrame, count: UInt32, metadata: UnsafeMutableRawPointer,
    reserved: Span<FrameRange>
  ) {
    let base = unsafe metadata.bindMemory(to: Shared.self, capacity: 1)
    let state = unsafe (metadata + Self.stateOffset).bindMemory(
      to: BuddyAllocator.self, capacity: 1)
    let records = unsafe (metadata + Self.recordsOffset).bindMemory(
      to: FrameRecord.self, capacity: Int(count))
    var buddies = unsafe BuddyAllocator(first: first.number, count: count, records: records)
    let usable = Self.addUnreserved(first, count, reserved, to: &buddies)
    // SAFETY: the caller passes unused memory of the documented size that is never freed.
    unsafe base.initialize(
      to: Shared(
        buddies: Guarded(buddies, level: .frames, in: state), records: records, first: first.number,
        frameCount: count, totalCount: usable))
    unsafe address = UnsafePointer(base)
  }

  private static var stateOffset: Int { (MemoryLayout<Shared>.size + 15) & ~15 }
  private static var recordsOffset: Int {
    stateOffset + (MemoryLayout<BuddyAllocator>.size + 15) & ~15
  }

  /// Adds the frames between the reserved ranges; returns their number.
  private static func addUnreserved(
    _ first: PhysicalFrame, _ count: UInt32, _ reserved: Span<FrameRange>,
    to buddies: inout BuddyAllocator
  ) -> UInt32 {
    let end = first.number + count
    var cursor = first.number
    while cursor < end {
      var nextStart = end
      var nextEnd = end
      for index in reserved.indices where reserved[index].count > 0 {
        let start = reserved[index].first.number
        let stop = start + reserved[index].count
        guard stop > cursor, start < nextStart else { continue }
        nextStart = max(start, cursor)
        nextEnd = min(stop, end)
      }
      buddies.add(cursor - first.number..<nextStart - first.number)
      cursor = nextEnd
    }
    return buddies.freeCount
  }

  /// Adds frames that were reserved until now. Called once, after boot and before a second program
  /// runs; the caller must not use them any more. Acquires the pool's lock.
  @inline(never)
  public func adopt(_ range: FrameRange) {
    let first = index(of: range.first)
    shared.buddies.withLock { $0.adopt(first..<first + range.count) }
    // SAFETY: written only here, once; a concurrent reader loads the old or the new word.
    unsafe UnsafeMutablePointer(mutating: address).pointee.totalCount += range.count
  }

  /// Allocates a block of 2^`order` frames (0 to 10), aligned to its size, with one reference.
  ///
  /// Acquires the pool's lock with interrupts masked; the block is zeroed without it.
  ///
  /// - Throws: `outOfMemory`; the pool is then unchanged.
  @inline(__always)
  public func allocate(order: Int = 0, zeroed: Bool) throws(MemoryError) -> PhysicalFrame {
    let index = shared.buddies.withLock { $0.allocate(order) }
    guard let index else { throw .outOfMemory }
    // Wrapping: the frame is in the pool.
    let frame = PhysicalFrame(number: shared.first &+ index)
    if zeroed {
      // Without the lock, because it takes long; only this call knows the block.
      for index: UInt32 in 0..<1 << UInt32(order) {
        Memory.zero(PhysicalFrame(number: frame.number &+ index))  // Wrapping: inside the block.
      }
    }
    return frame
  }

  /// Allocates a block of 2^`order` frames (0 to 10), aligned to its size, with one reference. Out
  /// of line, for cold paths: keeps code small. Acquires the pool's lock.
  ///
  /// - Throws: `outOfMemory`; the pool is then unchanged.
  @inline(never)
  public func allocateCold(order: Int = 0, zeroed: Bool) throws(MemoryError) -> PhysicalFrame {
    try allocate(order: order, zeroed: zeroed)
  }

  /// Adds a reference to the block that begins with `frame`. Acquires the pool's lock.
  public func retain(_ frame: PhysicalFrame) {
    shared.buddies.withLock { $0.retain(index(of: frame)) }
  }

  /// Adds a reference to each of `frames`, which begin blocks. Acquires the pool's lock once.
  @inline(never)
  public func retain(_ frames: Span<PhysicalFrame>) {
    shared.buddies.withLock {
      for place in frames.indices { $0.retain(index(of: frames[place])) }
    }
  }

  /// Drops a reference of the block that begins with `frame`, and frees it with the last one.
  /// Acquires the pool's lock.
  ///
  /// - Returns: the order of the free block that it is part of then, of which each takes about 50
  ///   instructions; 0 if it was not merged.
  @discardableResult
  public func release(_ frame: PhysicalFrame) -> Int {
    shared.buddies.withLock { $0.release(index(of: frame)) }
  }

  /// Runs `body` on a word for the use of the holder of `frame`; it is 0 after allocation. The
  /// holder's lock protects it, not the pool's.
  @inline(__always)
  public func withOwnerWord<Result>(
    of frame: PhysicalFrame, _ body: (inout UInt32) -> Result
  ) -> Result {
    let index = index(of: frame)
    precondition(index < shared.frameCount, "a frame outside the pool")
    // SAFETY: the precondition checks the index; only the holder of the frame accesses this word.
    return unsafe body(&shared.records[Int(index)].owner)
  }

  /// The number of references of the block that begins with `frame`; 0 if the frame is free or not
  /// managed by the pool. Acquires the pool's lock.
  public func referenceCount(of frame: PhysicalFrame) -> UInt32 {
    shared.buddies.withLock { $0.referenceCount(index(of: frame)) }
  }

  /// Whether `frame`, which the caller's address space maps, begins a block of the pool, so that it
  /// can be retained. Acquires no lock: as long as the frame is mapped, that does not change.
  @inline(__always)
  public func manages(_ frame: PhysicalFrame) -> Bool {
    let index = index(of: frame)
    // SAFETY: the index is checked, and the state of a frame in use does not change.
    return unsafe index < shared.frameCount && shared.records[Int(index)].state == .used
  }

  /// The number of the CPU that holds the pool's lock at the moment, nil if it is free.
  public var lockHolder: UInt32? { shared.buddies.holderNumber }

  /// The number of free frames. Acquires the pool's lock.
  public var freeCount: UInt32 { shared.buddies.withLock { $0.freeCount } }

  /// The number of managed frames, free or in use.
  public var totalCount: UInt32 { shared.totalCount }

  /// Allocates the zero frame that all address spaces share. Called once at boot, before the first
  /// address space is created; without it every first load allocates a frame.
  ///
  /// - Throws: `outOfMemory`.
  public func makeZeroFrame() throws(MemoryError) {
    let frame = try allocate(zeroed: true)
    // SAFETY: called at boot, when no other code uses the pool yet.
    unsafe UnsafeMutablePointer(mutating: address).pointee.zeroFrame = frame
  }

  /// The shared frame of zeros, mapped read-only for private pages that were only read so far. The
  /// pool holds one reference of it. nil before `makeZeroFrame`.
  @inline(__always)
  public var zeroFrame: PhysicalFrame? { shared.zeroFrame }

  /// The index of `frame` in the pool. Wrapping: a frame below the first one gets a huge index,
  /// which every user of the index refuses.
  @inline(__always)
  func index(of frame: PhysicalFrame) -> UInt32 {
    frame.number &- shared.first
  }
}
