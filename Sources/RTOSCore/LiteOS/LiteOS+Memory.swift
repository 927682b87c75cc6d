// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: the C caller passes a pool's memory, of which at least the first word is readable and
// aligned, and pointers that the pool checks. One lock protects all pools and box pools.
/// LiteOS' functions for memory pools and fixed-size boxes.
extension LiteOS {
  /// `LOS_MemInit`: makes a pool. Only the caller knows the memory yet, so no lock is needed.
  public func memInit(_ pool: UnsafeMutableRawPointer?, _ size: UInt32) -> UInt32 {
    let memory = unsafe UnsafeMutableRawBufferPointer(
      start: pool, count: pool == nil ? 0 : Int(size))
    return unsafe MemoryPool(in: memory) == nil ? LOS_NOK : LOS_OK
  }

  /// `LOS_MemDeInit`: dissolves a pool.
  public func memDeInit(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe withPool(pool, or: LOS_NOK) {
      $0.delete()
      return LOS_OK
    }
  }

  /// `LOS_MemAlloc`: allocates `size` bytes; nil if there is no room.
  public func memAlloc(
    _ pool: UnsafeMutableRawPointer?, _ size: UInt32
  ) -> UnsafeMutableRawPointer? {
    unsafe withPool(pool, or: nil) { unsafe $0.allocate(size) }
  }

  /// `LOS_MemAllocAlign`: allocates `size` bytes at a multiple of `boundary`; nil if there is no
  /// room.
  public func memAllocAlign(
    _ pool: UnsafeMutableRawPointer?, _ size: UInt32, _ boundary: UInt32
  ) -> UnsafeMutableRawPointer? {
    guard boundary >= MemoryLayout<UInt>.size else { return nil }
    return unsafe withPool(pool, or: nil) { unsafe $0.allocate(size, alignment: max(boundary, 8)) }
  }

  /// `LOS_MemRealloc`: resizes a block. If the block must move, it is copied without the lock,
  /// because the caller owns both blocks.
  public func memRealloc(
    _ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?, _ size: UInt32
  ) -> UnsafeMutableRawPointer? {
    guard let memory = unsafe memory else { return unsafe memAlloc(pool, size) }
    guard size > 0 else {
      _ = unsafe memFree(pool, memory)
      return nil
    }
    var capacity: UInt32 = 0
    let isDone = unsafe withPool(pool, or: true) { pool in
      do throws(MemoryPool.PoolError) {
        capacity = try unsafe pool.capacity(of: memory)
        return try unsafe pool.resize(memory, to: size)
      } catch {
        capacity = 0
        return true
      }
    }
    if isDone { return capacity == 0 ? nil : unsafe memory }
    guard let new = unsafe memAlloc(pool, size) else { return nil }
    unsafe new.copyMemory(from: memory, byteCount: Int(capacity))
    _ = unsafe memFree(pool, memory)
    return unsafe new
  }

  /// `LOS_MemFree`: frees a block.
  public func memFree(
    _ pool: UnsafeMutableRawPointer?, _ memory: UnsafeMutableRawPointer?
  ) -> UInt32 {
    guard let memory = unsafe memory else { return LOS_NOK }
    return unsafe withPool(pool, or: LOS_NOK) { pool in
      do throws(MemoryPool.PoolError) {
        try unsafe pool.free(memory)
        return LOS_OK
      } catch {
        return LOS_NOK
      }
    }
  }

  /// `LOS_MemPoolSizeGet`: the pool's size in bytes; `LOS_NOK` if there is no pool.
  public func memPoolSizeGet(_ pool: UnsafeRawPointer?) -> UInt32 {
    unsafe withPool(UnsafeMutableRawPointer(mutating: pool), or: LOS_NOK) { $0.byteCount }
  }

  /// `LOS_MemTotalUsedGet`: the used bytes; `LOS_NOK` if there is no pool.
  public func memTotalUsedGet(_ pool: UnsafeMutableRawPointer?) -> UInt32 {
    unsafe withPool(pool, or: LOS_NOK) { $0.usedBytes }
  }

  /// `LOS_MemIntegrityCheck`: checks the bookkeeping headers of all blocks.
  public func memIntegrityCheck(_ pool: UnsafeRawPointer?) -> UInt32 {
    unsafe walk(UnsafeMutableRawPointer(mutating: pool)) == nil ? LOS_NOK : LOS_OK
  }

  /// `LOS_MemInfoGet`: the pool's statistics; `LOS_NOK` also if a bookkeeping header is damaged.
  public func memInfoGet(
    _ pool: UnsafeMutableRawPointer?, _ status: UnsafeMutablePointer<LOS_MEM_POOL_STATUS>?
  ) -> UInt32 {
    guard let status = unsafe status, let figures = unsafe walk(pool) else { return LOS_NOK }
    unsafe status.pointee = LOS_MEM_POOL_STATUS(
      totalUsedSize: figures.used, totalFreeSize: figures.free,
      maxFreeNodeSize: figures.largestFree, usedNodeNum: figures.usedBlocks,
      freeNodeNum: figures.freeBlocks, usageWaterLine: figures.peak)
    return LOS_OK
  }

  /// The statistics of a pool; nil if a bookkeeping header is damaged. The lock is released between
  /// steps.
  private func walk(_ pool: UnsafeMutableRawPointer?) -> PoolWalk.Statistics? {
    var walk = PoolWalk()
    while true {
      // 0: not finished; 1: finished; 2: there is no pool.
      let state = unsafe withPool(pool, or: 2) { walk.advance(in: $0) ? 1 : 0 }
      if state == 1 { return walk.inconsistency == nil ? walk.statistics : nil }
      if state == 2 { return nil }
    }
  }

  /// `LOS_MemboxInit`: makes a pool of boxes of `boxSize` bytes.
  public func memboxInit(
    _ pool: UnsafeMutableRawPointer?, _ poolSize: UInt32, _ boxSize: UInt32
  ) -> UInt32 {
    state.poolLock.withLock {
      let memory = unsafe UnsafeMutableRawBufferPointer(
        start: pool, count: pool == nil ? 0 : Int(poolSize))
      return unsafe MemoryBoxes(in: memory, boxSize: boxSize) == nil ? LOS_NOK : LOS_OK
    }
  }

  /// `LOS_MemboxAlloc`: allocates a box; nil if all are in use.
  public func memboxAlloc(_ pool: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    unsafe withBoxes(pool, or: nil) { unsafe $0.allocate() }
  }

  /// `LOS_MemboxFree`: frees a box.
  public func memboxFree(
    _ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?
  ) -> UInt32 {
    guard let box = unsafe box else { return LOS_NOK }
    return unsafe withBoxes(pool, or: LOS_NOK) { unsafe $0.free(box) ? LOS_OK : LOS_NOK }
  }

  /// `LOS_MemboxClr`: fills a box with zeros. It has no effect on an address that is not a box in
  /// use.
  public func memboxClr(_ pool: UnsafeMutableRawPointer?, _ box: UnsafeMutableRawPointer?) {
    guard let box = unsafe box else { return }
    _ = unsafe withBoxes(pool, or: false) { unsafe $0.clear(box) }
  }

  /// `LOS_MemboxStatisticsGet`: the number of boxes, the number in use, and the size of a box.
  public func memboxStatisticsGet(
    _ pool: UnsafeRawPointer?, _ most: UnsafeMutablePointer<UInt32>?,
    _ used: UnsafeMutablePointer<UInt32>?, _ size: UnsafeMutablePointer<UInt32>?
  ) -> UInt32 {
    guard let most = unsafe most, let used = unsafe used, let size = unsafe size else {
      return LOS_NOK
    }
    return unsafe withBoxes(UnsafeMutableRawPointer(mutating: pool), or: LOS_NOK) {
      unsafe most.pointee = $0.count
      unsafe used.pointee = $0.used
      unsafe size.pointee = $0.boxSize
      return LOS_OK
    }
  }

  @inline(__always)
  private func withPool<Result>(
    _ address: UnsafeMutableRawPointer?, or failure: Result, _ body: (MemoryPool) -> Result
  ) -> Result {
    guard let address = unsafe address else { return failure }
    return state.poolLock.withLock {
      guard let pool = unsafe MemoryPool(at: address) else { return failure }
      return body(pool)
    }
  }

  @inline(__always)
  private func withBoxes<Result>(
    _ address: UnsafeMutableRawPointer?, or failure: Result, _ body: (MemoryBoxes) -> Result
  ) -> Result {
    guard let address = unsafe address else { return failure }
    return state.poolLock.withLock {
      guard let boxes = unsafe MemoryBoxes(at: address) else { return failure }
      return body(boxes)
    }
  }
}
