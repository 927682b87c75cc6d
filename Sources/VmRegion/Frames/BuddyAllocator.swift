// SPDX-License-Identifier: Apache-2.0
/// The buddy allocator of one run of frames: free blocks of 2^order frames, aligned to their size.
///
/// Up to 16 freed frames are kept apart and allocated first: most frames are needed again soon, and
/// neither call then merges or splits blocks. They are merged when a block cannot be found without
/// them.
///
/// It uses indices relative to the first frame and works on the records only: it never accesses a
/// frame. It has no lock, and its only failure is that no block is free. Other code uses
/// `FramePool`.
@safe struct BuddyAllocator: ~Copyable {
  /// The largest order: blocks of 4 MiB.
  static let largestOrder = 10

  private let records: UnsafeMutablePointer<FrameRecord>
  private let count: UInt32
  /// Number of the first frame. Blocks are aligned by physical address, not by index.
  private let first: UInt32
  private var heads: InlineArray<11, UInt32>
  /// The number of free blocks of each order.
  private(set) var freeBlocks = InlineArray<11, UInt32>(repeating: 0)
  /// The head of the list of recently freed frames, and their number.
  private var recent = FrameRecord.endOfList
  private var recentCount: UInt32 = 0
  private static let recentLimit: UInt32 = 16
  /// The number of calls of `allocate` that failed. Wraps.
  private(set) var failureCount: UInt32 = 0

  // SAFETY: `address(of:)` checks the index.
  /// The record of a frame. Traps for a frame outside the pool.
  private subscript(index: UInt32) -> FrameRecord {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(address(of: index)) }
    @inline(__always) nonmutating unsafeMutableAddress { unsafe address(of: index) }
  }

  @inline(__always)
  private func address(of index: UInt32) -> UnsafeMutablePointer<FrameRecord> {
    precondition(index < count, "a frame outside the pool")
    // SAFETY: there are `count` records.
    return unsafe records + Int(index)
  }

  /// The number of free frames.
  var freeCount: UInt32 {
    var count = recentCount
    for order in freeBlocks.indices { count += freeBlocks[order] << UInt32(order) }
    return count
  }

  // SAFETY: the caller passes `count` zeroed records that are never freed or used otherwise.
  /// Creates an allocator without free frames. `records` are `count` zeroed records.
  init(first: UInt32, count: UInt32, records: UnsafeMutablePointer<FrameRecord>) {
    self.first = first
    self.count = count
    unsafe self.records = records
    heads = InlineArray(repeating: FrameRecord.endOfList)
  }

  /// Adds the frames in `range` as free blocks, as large as alignment allows, so that a gigabyte
  /// takes 256 steps. The frames must not be managed yet, and no free block next to the range may
  /// be a buddy of the new blocks, because `add` does not merge.
  mutating func add(_ range: Range<UInt32>) {
    var index = range.lowerBound
    while index < range.upperBound {
      var order = min((first + index).trailingZeroBitCount, BuddyAllocator.largestOrder)
      while (UInt32(1) << UInt32(order)) > range.upperBound - index { order -= 1 }
      push(index, order)
      index += UInt32(1) << UInt32(order)
    }
  }

  /// Allocates a block of 2^`order` frames with one reference.
  ///
  /// - Returns: the index of its first frame, nil if no block is large enough.
  mutating func allocate(_ order: Int) -> UInt32? {
    if order == 0, recent != FrameRecord.endOfList { return allocateRecent() }
    var found = order
    while heads[found] == FrameRecord.endOfList {
      found += 1
      guard found <= BuddyAllocator.largestOrder else {
        if recentCount > 0 {
          mergeRecent()
          return allocate(order)
        }
        failureCount &+= 1  // Wrapping: a statistic.
        return nil
      }
    }
    let index = heads[found]
    remove(index, self[index], found)
    while found > order {  // Frees the upper halves; the caller gets the lowest part.
      found -= 1
      push(index &+ 1 << UInt32(found), found)  // Wrapping: inside the block.
    }
    self[index] = FrameRecord(.used, order: UInt32(order), link: 1)
    return index
  }

  /// Splits a newly allocated block: its first `kept` frames become blocks of one frame with one
  /// reference each, and the others are freed.
  mutating func split(_ index: UInt32, keeping kept: UInt32) {
    Self.checkUsed(self[index])
    let end = index + 1 << self[index].order
    for frame in index..<index + kept {
      self[frame] = FrameRecord(.used, order: 0, link: 1)
    }
    // `add` may be used: a buddy of the freed part lies in the block, so none of them is free.
    add(index + kept..<end)
  }

  /// Adds frames that were reserved until now, and merges them with free neighbours.
  mutating func adopt(_ range: Range<UInt32>) {
    precondition(range.upperBound <= count, "frames outside the pool")
    for index in range {
      precondition(self[index].state == .none, "a frame in the pool")
      free(index)
    }
  }

  /// Adds a reference to the block at `index`.
  mutating func retain(_ index: UInt32) { Self.retain(&self[index]) }

  @inline(__always)
  private static func retain(_ record: inout FrameRecord) {
    checkUsed(record)
    record.link += 1
  }

  /// Drops a reference of the block at `index`, and frees it with the last one.
  ///
  /// - Returns: the order of the free block that it is part of then; 0 if it was not merged.
  mutating func release(_ index: UInt32) -> Int {
    let left = Self.release(&self[index])
    return left == 0 ? free(index) : 0
  }

  /// Drops a reference, and returns how many are left.
  @inline(__always)
  private static func release(_ record: inout FrameRecord) -> UInt32 {
    checkUsed(record)
    record.link &-= 1
    return record.link
  }

  /// The number of references of the block at `index`; 0 if no block in use begins there.
  func referenceCount(_ index: UInt32) -> UInt32 {
    guard index < count, self[index].state == .used else { return 0 }
    return self[index].link
  }

  /// Frees a block. A single frame becomes a recently freed one if there are not too many.
  @discardableResult
  private mutating func free(_ freed: UInt32) -> Int {
    let order = Int(self[freed].order)
    guard order == 0, recentCount < BuddyAllocator.recentLimit else { return merge(freed, order) }
    self[freed] = FrameRecord(.recent, order: 0, link: recent)
    recent = freed
    recentCount &+= 1  // Wrapping: below the limit.
    return 0
  }

  /// Allocates the frame that was freed last.
  private mutating func allocateRecent() -> UInt32 {
    let index = recent
    recent = self[index].link
    recentCount &-= 1  // Wrapping: the list was not empty.
    self[index] = FrameRecord(.used, order: 0, link: 1)
    return index
  }

  /// Makes the recently freed frames part of free blocks.
  mutating func mergeRecent() {
    while recent != FrameRecord.endOfList { merge(allocateRecent(), 0) }
  }

  /// Frees a block of 2^`order` frames, and merges it with its buddy as long as the buddy is free.
  ///
  /// - Returns: the order of the merged block.
  @discardableResult
  private mutating func merge(_ freed: UInt32, _ order: Int) -> Int {
    var (index, order) = (freed, order)
    self[index] = FrameRecord(.none, order: 0, link: 0)
    while order < BuddyAllocator.largestOrder {
      // Wrapping: the index of a buddy below the first frame becomes huge and fails the comparison.
      let buddy = ((first &+ index) ^ (1 << UInt32(order))) &- first
      guard buddy < count, removeIfFree(buddy, order) else { break }
      index = min(index, buddy)
      order += 1
    }
    push(index, order)
    return order
  }

  /// Traps unless a block in use begins at the record. Anything else is a bug of the caller: a double
  /// free, or a frame that is not managed by the pool.
  @inline(__always)
  private static func checkUsed(_ record: FrameRecord) {
    precondition(record.state == .used, "a frame that is not in use")
  }

  /// Inserts `index` at the head of the free list of `order`.
  private mutating func push(_ index: UInt32, _ order: Int) {
    let next = heads[order]
    self[index] = FrameRecord(
      .free, order: UInt32(order), link: next, previous: FrameRecord.endOfList)
    if next != FrameRecord.endOfList { self[next].previous = index }
    heads[order] = index
    freeBlocks[order] &+= 1  // Wrapping: never above `count`.
  }

  /// Removes `index` from the free list of `order`, if it begins a block there.
  ///
  /// - Returns: whether it does.
  @inline(__always)
  private mutating func removeIfFree(_ index: UInt32, _ order: Int) -> Bool {
    let record = self[index]
    guard record.isFree(ofOrder: UInt32(order)) else { return false }
    remove(index, record, order)
    return true
  }

  /// Removes `index`, whose record is `record`, from the free list of `order`.
  private mutating func remove(_ index: UInt32, _ record: FrameRecord, _ order: Int) {
    self[index] = FrameRecord(.none, order: 0, link: 0)
    if record.previous == FrameRecord.endOfList {
      heads[order] = record.link
    } else {
      self[record.previous].link = record.link
    }
    if record.link != FrameRecord.endOfList {
      self[record.link].previous = record.previous
    }
    freeBlocks[order] &-= 1  // Wrapping: the block was counted when it was pushed.
  }
}
