// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: a node is a frame of its own with a word for each slot; slot numbers are below
// `slotCount`.
/// The pages of a file that are in frames: a tree of nodes with 1,024 slots each, so that a sparse
/// file costs what it holds. A file of one page is that page alone.
///
/// The index has one reference of each of its frames. The owner word of a node's frame counts its
/// used slots.
struct PageIndex {
  /// The slot of the topmost node, or of page 0 if `height` is 0.
  private var root = Slot()
  /// Levels of nodes.
  private var height: UInt32 = 0
  /// The number of pages.
  private(set) var count: UInt32 = 0

  /// A frame, or none.
  private struct Slot {
    /// The number of the frame plus one; 0 for none.
    var value: UInt32 = 0

    init() {}
    init(_ frame: PhysicalFrame) { value = frame.number + 1 }

    var frame: PhysicalFrame? { value == 0 ? nil : PhysicalFrame(number: value - 1) }
  }

  private static var slotCount: UInt32 { 1024 }

  private static func slots<Memory: PhysicalMemory>(
    of node: PhysicalFrame, _: Memory.Type
  ) -> RecordTable<Slot> {
    unsafe RecordTable(
      Memory.pointer(to: node).assumingMemoryBound(to: Slot.self), count: Int(slotCount))
  }

  /// The number of the slot that leads to `page` in a node at `level`, the lowest of which is 0.
  private static func slot(_ page: UInt32, _ level: UInt32) -> Int {
    Int(page >> (10 * level) & (slotCount - 1))
  }

  /// Whether the present levels reach `page`.
  private func reaches(_ page: UInt32) -> Bool { height > 3 || page >> (10 * height) == 0 }

  /// The frame of `page`; nil if it has none. O(levels), of which a file up to 4 MiB has one.
  @inline(never)
  func frame<Memory: PhysicalMemory>(of page: UInt32, _: Memory.Type) -> PhysicalFrame? {
    guard reaches(page) else { return nil }
    var slot = root
    var level = height
    while level > 0, let node = slot.frame {
      level -= 1
      slot = Self.slots(of: node, Memory.self)[Self.slot(page, level)]
    }
    return slot.frame
  }

  /// The first page at or after `page` that has a frame; nil if there is none.
  func firstPage<Memory: PhysicalMemory>(from page: UInt32, _: Memory.Type) -> UInt32? {
    var page = page
    while reaches(page) {
      var slot = root
      var level = height
      while level > 0, let node = slot.frame {
        level -= 1
        slot = Self.slots(of: node, Memory.self)[Self.slot(page, level)]
      }
      if slot.frame != nil { return page }
      guard level < height else { return nil }
      // The first page to which the empty slot at this level does not lead.
      let (next, isBehind) = (page | (1 << (10 * level) - 1)).addingReportingOverflow(1)
      guard !isBehind else { return nil }
      page = next
    }
    return nil
  }

  /// Adds `frame` as `page`, which has none; its reference passes to the index.
  ///
  /// - Throws: `outOfMemory`; the index is unchanged then, and the caller keeps the frame.
  mutating func insert<CPU, Memory>(
    _ frame: PhysicalFrame, as page: UInt32, _ pool: FramePool<CPU, Memory>
  ) throws(MemoryError) {
    do throws(MemoryError) {
      while !reaches(page) { try grow(pool) }
      guard height > 0 else {
        root = Slot(frame)
        count += 1
        return
      }
      if root.frame == nil { root = Slot(try pool.allocateCold(zeroed: true)) }
      var node = root.frame
      var level = height - 1
      while level > 0, let upper = node {
        let slots = Self.slots(of: upper, Memory.self)
        let place = Self.slot(page, level)
        if slots[place].frame == nil {
          slots[place] = Slot(try pool.allocateCold(zeroed: true))
          pool.withOwnerWord(of: upper) { $0 += 1 }
        }
        node = slots[place].frame
        level -= 1
      }
      guard let node else { return }
      Self.slots(of: node, Memory.self)[Self.slot(page, 0)] = Slot(frame)
      pool.withOwnerWord(of: node) { $0 += 1 }
      count += 1
    } catch {
      var first = page
      _ = remove(from: &first, through: page, most: 1, pool)
      throw error
    }
  }

  /// Adds a level above the present ones.
  private mutating func grow<CPU, Memory>(_ pool: FramePool<CPU, Memory>) throws(MemoryError) {
    if root.frame != nil {
      let node = try pool.allocateCold(zeroed: true)
      Self.slots(of: node, Memory.self)[0] = root
      pool.withOwnerWord(of: node) { $0 = 1 }
      root = Slot(node)
    }
    height += 1
  }

  /// Releases up to `most` frames of the pages `first` to `last`, and the nodes that become empty.
  /// `first` becomes the page after the last one released, where the next call goes on.
  ///
  /// - Returns: the number of pages; less than `most` if none of the range is left.
  mutating func remove<CPU, Memory>(
    from first: inout UInt32, through last: UInt32, most: UInt32, _ pool: FramePool<CPU, Memory>
  ) -> UInt32 {
    let removed = Self.remove(&root, height, 0, &first, last, most, pool)
    count -= removed
    trim(pool)
    return removed
  }

  /// Removes pages below `slot`, whose first page is `start`. The recursion is as deep as the tree:
  /// five levels at most.
  private static func remove<CPU, Memory>(
    _ slot: inout Slot, _ height: UInt32, _ start: UInt32, _ first: inout UInt32, _ last: UInt32,
    _ most: UInt32, _ pool: FramePool<CPU, Memory>
  ) -> UInt32 {
    guard let frame = slot.frame else { return 0 }
    guard height > 0 else {
      guard first <= start, start <= last, most > 0 else { return 0 }
      pool.release(frame)
      slot = Slot()
      first = start &+ 1
      return 1
    }
    let shift = 10 * (height - 1)
    let slots = Self.slots(of: frame, Memory.self)
    // Wrapping, here and below: five levels reach more pages than there are numbers.
    let end = height > 3 ? UInt32.max : start &+ (1 << (10 * height) &- 1)
    guard first <= end, last >= start else { return 0 }
    var place = Int((max(first, start) &- start) >> shift)
    let final = Int((min(last, end) &- start) >> shift)
    var removed: UInt32 = 0
    while place <= final, removed < most {
      if slots[place].frame != nil {
        removed += remove(
          &slots[place], height - 1, start &+ UInt32(place) << shift, &first, last, most - removed,
          pool)
        if slots[place].frame == nil { pool.withOwnerWord(of: frame) { $0 -= 1 } }
      }
      place += 1
    }
    if pool.withOwnerWord(of: frame, { $0 == 0 }) {
      pool.release(frame)
      slot = Slot()
    }
    return removed
  }

  /// Removes levels that only lead to page 0 of the level below.
  private mutating func trim<CPU, Memory>(_ pool: FramePool<CPU, Memory>) {
    while height > 0 {
      if let node = root.frame {
        let first = Self.slots(of: node, Memory.self)[0]
        guard first.frame != nil, pool.withOwnerWord(of: node, { $0 == 1 }) else { return }
        pool.release(node)
        root = first
      }
      height -= 1
    }
  }
}
