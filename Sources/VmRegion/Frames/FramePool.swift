// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A run of frames, for what the pool must not give away.
public struct FrameRange: Equatable, Sendable {
  /// The first frame.
  public let first: PhysicalFrame
  /// How many.
  public let count: UInt32

  /// A run of its parts.
  public init(first: PhysicalFrame, count: UInt32) {
    self.first = first
    self.count = count
  }

  /// The frames that hold any of the physical bytes `address ..< address + length`.
  public init(address: UInt32, length: UInt32) {
    first = PhysicalFrame(containing: address)
    // In 64 bits, because the last byte of the address space is a legal end.
    let end = (UInt64(address) + UInt64(length) + UInt64(Page.offsetMask)) >> UInt64(Page.shift)
    count = length == 0 ? 0 : UInt32(end) - first.number
  }
}

// SAFETY: the caller of `init` hands over metadata of the documented size for ever; indices are checked
// against the pool before they are used.
/// The machine's one allocator of frames: a handle that may be copied, to state behind a lock.
///
/// Each frame or block in use has a reference count; the last `release` frees it. The pool's lock
/// is a leaf: nothing else is taken under it. A frame that is not in use is never accepted.
@safe public struct FramePool<CPU: Processor, Memory: PhysicalMemory> {
  /// What all handles share, at the start of the metadata.
  @safe struct Shared: ~Copyable {
    let buddies: Guarded<CPU, BuddyAllocator>
    let records: UnsafeMutablePointer<FrameRecord>
    let first: UInt32
    let frameCount: UInt32
    var totalCount: UInt32
    var zeroFrame: PhysicalFrame?
  }

  let shared: UnsafePointer<Shared>

  /// Bytes of metadata for `count` frames.
  public static func metadataSize(frameCount count: UInt32) -> Int {
    recordsOffset + Int(count) * MemoryLayout<FrameRecord>.stride
  }

  /// Takes `count` frames from `first` on under management, except what `reserved` names (in any
  /// order; ranges may overlap and reach beyond the run).
  ///
  /// `metadata` are `metadataSize(frameCount:)` zeroed bytes, aligned to 16, that live for ever;
  /// frames that hold it must be reserved. Costs a few hundred instructions a reserved range and a
  /// few dozen a 4 MiB block, whatever the size of the memory.
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
    // SAFETY: the caller hands over memory of the documented size, unused and for ever.
    unsafe base.initialize(
      to: Shared(
        buddies: Guarded(buddies, level: .frames, in: state), records: records, first: first.number,
        frameCount: count, totalCount: usable))
    unsafe shared = UnsafePointer(base)
  }

  private static var stateOffset: Int { (MemoryLayout<Shared>.size + 15) & ~15 }
  private static var recordsOffset: Int {
    stateOffset + (MemoryLayout<BuddyAllocator>.size + 15) & ~15
  }

  /// Adds what lies between the reserved ranges; returns how many frames that is.
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

  /// Takes frames on that were reserved until now. Once, when the boot is over and before a second
  /// program runs; the caller has nothing in them any more.
  @inline(never)
  public func adopt(_ range: FrameRange) {
    let first = index(of: range.first)
    unsafe shared.pointee.buddies.withLock { $0.adopt(first..<first + range.count) }
    // SAFETY: only this changes it, once; a reader sees the old or the new number.
    unsafe UnsafeMutablePointer(mutating: shared).pointee.totalCount += range.count
  }

  /// Takes a block of 2^`order` frames (0 to 10), aligned to its size, with one reference.
  ///
  /// - Throws: `outOfMemory`, and nothing has changed.
  @inline(__always)
  public func allocate(order: Int = 0, zeroed: Bool) throws(MemoryError) -> PhysicalFrame {
    let index = unsafe shared.pointee.buddies.withLock { $0.allocate(order) }
    guard let index else { throw .outOfMemory }
    // Wrapping: inside the pool.
    let frame = unsafe PhysicalFrame(number: shared.pointee.first &+ index)
    if zeroed {
      // Outside the lock, because it takes long; the block is nobody else's yet.
      for index: UInt32 in 0..<1 << UInt32(order) {
        Memory.zero(PhysicalFrame(number: frame.number &+ index))  // Wrapping: in the block.
      }
    }
    return frame
  }

  /// `allocate` by a call: for what is rare, and code that is small.
  @inline(never)
  public func allocateRarely(order: Int = 0, zeroed: Bool) throws(MemoryError) -> PhysicalFrame {
    try allocate(order: order, zeroed: zeroed)
  }

  /// Adds a reference to the block that begins with `frame`.
  public func retain(_ frame: PhysicalFrame) {
    unsafe shared.pointee.buddies.withLock { $0.retain(index(of: frame)) }
  }

  /// Drops a reference of the block that begins with `frame`; the last one frees it.
  public func release(_ frame: PhysicalFrame) {
    unsafe shared.pointee.buddies.withLock { $0.release(index(of: frame)) }
  }

  /// Runs `body` on a word that belongs to the holder of `frame`, 0 when it was allocated. The
  /// holder's own lock protects it, not the pool's.
  @inline(__always)
  public func withOwnerWord<Result>(
    of frame: PhysicalFrame, _ body: (inout UInt32) -> Result
  ) -> Result {
    let index = index(of: frame)
    precondition(unsafe index < shared.pointee.frameCount, "a frame outside the pool")
    // SAFETY: checked just above; only the holder of the frame touches this word.
    return unsafe body(&shared.pointee.records[Int(index)].owner)
  }

  /// How many references the block that begins with `frame` has; 0 for a frame that is free or
  /// not the pool's.
  public func referenceCount(of frame: PhysicalFrame) -> UInt32 {
    unsafe shared.pointee.buddies.withLock { $0.referenceCount(index(of: frame)) }
  }

  // SAFETY: the shared state outlives every handle.
  /// The CPU that holds the lock at the moment.
  public var lockHolder: UInt32? { unsafe shared.pointee.buddies.holderNumber }

  /// Frames that can be had now, as single frames.
  public var freeCount: UInt32 { unsafe shared.pointee.buddies.withLock { $0.freeCount } }

  /// Frames under management: free ones and those in use.
  public var totalCount: UInt32 { unsafe shared.pointee.totalCount }

  /// Sets a frame of zeros aside for all address spaces. Once, at boot, before the first of them;
  /// without it every first load takes a frame.
  ///
  /// - Throws: `outOfMemory`.
  public func makeZeroFrame() throws(MemoryError) {
    let frame = try allocate(zeroed: true)
    // SAFETY: nobody else uses the pool yet.
    unsafe UnsafeMutablePointer(mutating: shared).pointee.zeroFrame = frame
  }

  /// A frame of zeros that the pool holds one reference of, for pages that were only read so far;
  /// nobody writes to it. nil before `makeZeroFrame`.
  @inline(__always)
  public var zeroFrame: PhysicalFrame? { unsafe shared.pointee.zeroFrame }

  /// Wrapping: a frame below the first one gets a huge index, which every use refuses.
  @inline(__always)
  func index(of frame: PhysicalFrame) -> UInt32 {
    unsafe frame.number &- shared.pointee.first
  }
}
