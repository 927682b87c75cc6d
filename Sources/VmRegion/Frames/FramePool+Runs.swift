// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The numbers of total and free frames of a pool at one moment.
public struct FrameStatistics: Sendable {
  /// Managed frames, free or in use.
  public let total: UInt32
  /// Free frames.
  public let free: UInt32
  /// The number of free blocks of 1, 2, 4, … 1,024 frames.
  public let freeBlocks: InlineArray<11, UInt32>
  /// Allocations that failed since boot. Wraps.
  public let failures: UInt32
}

/// Allocation of runs whose length is no power of two, and statistics.
extension FramePool {
  /// Allocates `count` consecutive frames (1 to 1,024), the first at a multiple of `alignment`
  /// frames (a power of two up to 1,024). Each frame has its own reference and may be released
  /// alone.
  ///
  /// Acquires the pool's lock with interrupts masked; frames are zeroed without it.
  ///
  /// - Throws: `invalid` for other numbers; `outOfMemory`. The pool is then unchanged.
  public func allocateRun(
    of count: UInt32, alignedTo alignment: UInt32 = 1, zeroed: Bool
  ) throws(MemoryError) -> FrameRange {
    let largest: UInt32 = 1 << UInt32(BuddyAllocator.largestOrder)
    guard 1...largest ~= count, 1...largest ~= alignment, alignment.nonzeroBitCount == 1 else {
      throw .invalid
    }
    let beyond = max(count, alignment) - 1
    let order = beyond.bitWidth - beyond.leadingZeroBitCount
    let first = try allocate(order: order, zeroed: false)
    shared.buddies.withLock { $0.split(index(of: first), keeping: count) }
    if zeroed {
      for offset in 0..<count { Memory.zero(PhysicalFrame(number: first.number + offset)) }
    }
    return FrameRange(first: first, count: count)
  }

  /// Drops one reference of each frame of a run. Acquires the pool's lock once per frame.
  public func release(_ run: FrameRange) {
    for offset in 0..<run.count { release(PhysicalFrame(number: run.first.number + offset)) }
  }

  /// The current statistics, after a merge of the recently freed frames. Acquires the pool's lock.
  public var statistics: FrameStatistics {
    let total = totalCount
    return shared.buddies.withLock { buddies in
      buddies.mergeRecent()
      return FrameStatistics(
        total: total, free: buddies.freeCount, freeBlocks: buddies.freeBlocks,
        failures: buddies.failureCount)
    }
  }
}
