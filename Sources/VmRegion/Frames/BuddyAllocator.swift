// SPDX-License-Identifier: Apache-2.0
/// The buddy system over one run of frames: free blocks of 2^order frames, aligned to their size.
///
/// It works on indices from the first frame and on the records alone; it never touches a frame,
/// knows no lock and cannot fail but by being empty. `FramePool` is what others use.
@safe struct BuddyAllocator: ~Copyable {
  /// The largest order: blocks of 4 MiB.
  static let largestOrder = 10

  private let records: UnsafeMutablePointer<FrameRecord>
  private let count: UInt32
  /// Number of the first frame; alignment is that of physical addresses.
  private let first: UInt32
  private var heads: InlineArray<11, UInt32>
  /// Free blocks of each order.
  private(set) var freeBlocks = InlineArray<11, UInt32>(repeating: 0)
  /// Calls of `allocate` that found nothing. Wraps.
  private(set) var failureCount: UInt32 = 0

  /// Frames in free blocks.
  var freeCount: UInt32 {
    var count: UInt32 = 0
    for order in freeBlocks.indices { count += freeBlocks[order] << UInt32(order) }
    return count
  }

  // SAFETY: the caller hands over zeroed records for ever.
  /// An allocator that has nothing to give yet. `records` are `count` zeroed records.
  init(first: UInt32, count: UInt32, records: UnsafeMutablePointer<FrameRecord>) {
    self.first = first
    self.count = count
    unsafe self.records = records
    heads = InlineArray(repeating: FrameRecord.end)
  }

  /// Takes the frames `range` in, in the largest aligned blocks, so that a gigabyte costs 256
  /// steps. The frames must not be known yet, and no free block beside the range be their buddy.
  mutating func add(_ range: Range<UInt32>) {
    var index = range.lowerBound
    while index < range.upperBound {
      var order = min((first + index).trailingZeroBitCount, BuddyAllocator.largestOrder)
      while (UInt32(1) << UInt32(order)) > range.upperBound - index { order -= 1 }
      push(index, order)
      index += UInt32(1) << UInt32(order)
    }
  }

  /// The first index of a block of 2^`order` frames with one reference, nil if there is none.
  mutating func allocate(_ order: Int) -> UInt32? {
    var found = order
    while heads[found] == FrameRecord.end {
      found += 1
      guard found <= BuddyAllocator.largestOrder else {
        failureCount &+= 1  // Wrapping: a statistic.
        return nil
      }
    }
    let index = heads[found]
    remove(index, found)
    while found > order {  // The upper halves go back; the caller gets the lowest part.
      found -= 1
      push(index &+ 1 << UInt32(found), found)  // Wrapping: inside the block.
    }
    // SAFETY: the index came from a free list, so it is below `count`.
    unsafe records[Int(index)] = FrameRecord(.used, order: UInt32(order), link: 1)
    return index
  }

  /// Takes a block that `allocate` has just given apart: its first `kept` frames become blocks of one
  /// frame with one reference each, the others are free again.
  mutating func split(_ index: UInt32, keeping kept: UInt32) {
    checkUsed(index)
    // SAFETY: a block in use, so all of its frames are below `count`.
    let end = unsafe index + 1 << records[Int(index)].order
    for frame in index..<index + kept {
      unsafe records[Int(frame)] = FrameRecord(.used, order: 0, link: 1)
    }
    // In the largest aligned blocks; none of them has a free buddy, which would lie in the block.
    add(index + kept..<end)
  }

  /// Takes frames in that were reserved, and joins them with what is free beside them.
  mutating func adopt(_ range: Range<UInt32>) {
    precondition(range.upperBound <= count, "frames outside the pool")
    for index in range {
      // SAFETY: checked just above.
      precondition(unsafe records[Int(index)].state == .none, "a frame that the pool has")
      free(index)
    }
  }

  /// Adds a reference to the block at `index`.
  mutating func retain(_ index: UInt32) {
    checkUsed(index)
    // SAFETY: checked just above.
    unsafe records[Int(index)].link += 1
  }

  /// Drops a reference of the block at `index`; the last one frees it.
  mutating func release(_ index: UInt32) {
    checkUsed(index)
    // SAFETY: checked just above; a block in use has at least one reference.
    unsafe records[Int(index)].link &-= 1
    guard unsafe records[Int(index)].link == 0 else { return }
    free(index)
  }

  /// References of the block at `index`, 0 for anything else.
  func referenceCount(_ index: UInt32) -> UInt32 {
    // SAFETY: checked in the condition before.
    guard index < count, unsafe records[Int(index)].state == .used else { return 0 }
    return unsafe records[Int(index)].link
  }

  /// Puts a block back and joins it with its buddy for as long as that one is free, too.
  private mutating func free(_ freed: UInt32) {
    var index = freed
    // SAFETY: the caller has checked the index; a buddy's index is checked against `count`.
    var order = unsafe Int(records[Int(index)].order)
    unsafe records[Int(index)] = FrameRecord(.none, order: 0, link: 0)
    while order < BuddyAllocator.largestOrder {
      // Wrapping: a buddy below the first frame becomes huge and fails the comparison.
      let buddy = ((first &+ index) ^ (1 << UInt32(order))) &- first
      guard buddy < count, unsafe records[Int(buddy)].isFree(ofOrder: UInt32(order)) else { break }
      remove(buddy, order)
      index = min(index, buddy)
      order += 1
    }
    push(index, order)
  }

  /// A frame that is not the first of a block in use is a bug of the caller's: a double free, or
  /// a frame that was never the pool's.
  @inline(__always)
  private func checkUsed(_ index: UInt32) {
    precondition(index < count, "a frame outside the pool")
    // SAFETY: checked just above.
    precondition(unsafe records[Int(index)].state == .used, "a frame that is not in use")
  }

  /// Makes `index` the head of the list of `order`.
  private mutating func push(_ index: UInt32, _ order: Int) {
    let next = heads[order]
    // SAFETY: indices in lists are below `count`.
    unsafe records[Int(index)] = FrameRecord(
      .free, order: UInt32(order), link: next, previous: FrameRecord.end)
    if next != FrameRecord.end { unsafe records[Int(next)].previous = index }
    heads[order] = index
    freeBlocks[order] &+= 1  // Wrapping: never above `count`.
  }

  /// Takes `index` out of the list of `order`.
  private mutating func remove(_ index: UInt32, _ order: Int) {
    // SAFETY: indices in lists are below `count`.
    let record = unsafe records[Int(index)]
    unsafe records[Int(index)] = FrameRecord(.none, order: 0, link: 0)
    if record.previous == FrameRecord.end {
      heads[order] = record.link
    } else {
      unsafe records[Int(record.previous)].link = record.link
    }
    if record.link != FrameRecord.end {
      unsafe records[Int(record.link)].previous = record.previous
    }
    freeBlocks[order] &-= 1  // Wrapping: the block was counted when it was pushed.
  }
}
