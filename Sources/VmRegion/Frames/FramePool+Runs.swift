// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What a frame pool has, at one moment.
public struct FrameStatistics: Sendable {
  /// Frames under management.
  public let total: UInt32
  /// Frames that can be had now.
  public let free: UInt32
  /// Free blocks of 1, 2, 4, … 1,024 frames.
  public let freeBlocks: InlineArray<11, UInt32>
  /// Requests that were refused since boot. Wraps.
  public let failures: UInt32
}

// SAFETY: `shared` is the pool's state, which lives for ever.
/// Runs of frames that are neither a power of two long nor one block, and what is left.
extension FramePool {
  /// Takes `count` frames (1 to 1,024) that follow each other in memory, the first of them at a
  /// multiple of `alignment` frames (a power of two up to 1,024). Each has a reference of its own
  /// and may be given back alone.
  ///
  /// - Throws: `invalid` for other numbers; `outOfMemory`. Nothing has changed then.
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
    unsafe shared.pointee.buddies.withLock { $0.split(index(of: first), keeping: count) }
    if zeroed {
      for offset in 0..<count { Memory.zero(PhysicalFrame(number: first.number + offset)) }
    }
    return FrameRange(first: first, count: count)
  }

  /// Drops a reference of each frame of a run.
  public func release(_ run: FrameRange) {
    for offset in 0..<run.count { release(PhysicalFrame(number: run.first.number + offset)) }
  }

  /// What there is now.
  public var statistics: FrameStatistics {
    let total = totalCount
    return unsafe shared.pointee.buddies.withLock { buddies in
      FrameStatistics(
        total: total, free: buddies.freeCount, freeBlocks: buddies.freeBlocks,
        failures: buddies.failureCount)
    }
  }
}
