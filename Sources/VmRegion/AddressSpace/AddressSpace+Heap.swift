// SPDX-License-Identifier: Apache-2.0
/// The two regions that move by themselves: the heap by brk, the stack by faults.
extension AddressSpace where Table: ~Copyable {
  /// Says where the heap begins: behind the image, before the program runs. Rounded up to a page,
  /// and the layout's offset further, unless that leads to where mappings go.
  public mutating func setHeapBase(_ base: UInt32) {
    heapBase = Page.roundedUp(base)
    if heapBase < layout.mapTop / 2 { heapBase += layout.heapOffset }
    heapEnd = heapBase
  }

  /// The end of the heap.
  public var heapLimit: UInt32 { heapEnd }

  /// brk: moves the end of the heap; up to the next page boundary it costs nothing.
  ///
  /// - Returns: the end afterwards. It is the old one if `end` lies below the heap, if another
  ///   region is in the way or if there is no memory, as Linux's system call answers.
  public mutating func setBreak(to end: UInt32) -> UInt32 {
    guard heapBase != 0, end >= heapBase, end <= UserRange.limit - Page.size else {
      return heapEnd
    }
    let oldTop = Page.roundedUp(heapEnd)
    let newTop = Page.roundedUp(end)
    do {
      if newTop < oldTop {
        try unmap(newTop, length: oldTop - newTop)
      } else if newTop > oldTop {
        try growHeap(from: oldTop, to: newTop)
      }
    } catch {
      return heapEnd
    }
    heapEnd = end
    return end
  }

  /// A page stays free above the heap, and a stack's guard gap is not the heap's to take.
  private mutating func growHeap(from base: UInt32, to end: UInt32) throws(MemoryError) {
    if let next = tree.firstEnding(above: base), end + Page.size > tree.effectiveBase(next) {
      throw .outOfMemory
    }
    _ = try map(
      MapRequest(
        .fixedNoReplace(base), length: end - base, permissions: [.read, .write], name: .heap))
  }

  /// Makes the [stack] region at the layout's place, `initial` bytes long at first; it grows
  /// down to the layout's limit.
  ///
  /// - Throws: as `map`; `exists` if something is there.
  public mutating func mapStack(initial: UInt32) throws(MemoryError) {
    guard initial <= layout.stackLimit else { throw .outOfMemory }
    let length = try Self.roundedLength(initial)
    _ = try map(
      MapRequest(
        .fixedNoReplace(layout.stackTop - length), length: length, permissions: [.read, .write],
        name: .stack, traits: .growsDown))
  }

  /// Whether a fault at `base`, below `node`, may extend it: within the limit, with the guard gap
  /// kept to what a program can reach below (Linux's expand_downwards).
  func canGrow(_ node: RegionReference, downTo base: UInt32) -> Bool {
    guard node.traits.contains(.growsDown), node.end - base <= layout.stackLimit,
      base >= UserRange.lowest
    else { return false }
    guard let previous = node.previous else { return true }
    if previous.permissions.isEmpty || previous.traits.contains(.growsDown) { return true }
    return base - previous.end >= layout.stackGuard
  }
}
