// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The heap, which brk resizes, and the stack, which grows on faults.
extension AddressSpace where Table: ~Copyable {
  /// Sets the start of the heap, after the program's image and before the program runs: `base`
  /// rounded up to a page plus the layout's offset. Without the offset if `base` is not in the
  /// lower half of the range for mappings.
  public mutating func setHeapBase(_ base: UserAddress) {
    heapBase = UserAddress(Page.roundedUp(base.word))
    if heapBase.word < layout.mapTop.word / 2 { heapBase = heapBase + layout.heapOffset }
    heapEnd = heapBase
  }

  /// The end of the heap as the program set it, to the byte.
  public var heapLimit: UserAddress { heapEnd }

  /// brk: moves the end of the heap. Inside the last page no region changes.
  ///
  /// - Returns: the new end. As with Linux' system call it is the old one if `end` lies below the
  ///   heap, if another region is in the way or if there is no memory.
  public mutating func setBreak(to end: UserAddress) -> UserAddress {
    (try? complete(beginBreak(to: end))) ?? heapEnd  // An unmapping throws nothing.
  }

  /// Begins a brk: `setBreak` in steps, whose result it has at once.
  public mutating func beginBreak(to end: UserAddress) -> SpaceChange {
    guard heapBase != 0, end >= heapBase, end <= UserRange.limit - Page.size else {
      return SpaceChange(result: heapEnd)
    }
    let oldTop = UserAddress(Page.roundedUp(heapEnd.word))
    let newTop = UserAddress(Page.roundedUp(end.word))
    var change = SpaceChange(result: end)
    do {
      if newTop < oldTop {
        change = try beginUnmap(newTop, length: oldTop - newTop)
        change.result = end
      } else if newTop > oldTop {
        try growHeap(from: oldTop, to: newTop)
      }
    } catch {
      return SpaceChange(result: heapEnd)
    }
    heapEnd = end
    return change
  }

  /// Extends the heap from `base` to `end`, both page aligned. One page above it stays free, and it
  /// may not extend into the guard gap of a stack.
  private mutating func growHeap(from base: UserAddress, to end: UserAddress) throws(MemoryError) {
    if let next = tree.firstEnding(above: base), end + Page.size > tree.effectiveBase(next) {
      throw .outOfMemory
    }
    _ = try map(
      MapRequest(
        .fixedNoReplace(base), length: end - base, permissions: [.read, .write], name: .heap))
  }

  /// Creates the [stack] region below the layout's `stackTop`, at first `initial` bytes long. It
  /// grows down to the layout's limit.
  ///
  /// - Throws: `invalid` for length 0; `outOfMemory`; `exists` if the range is in use;
  ///   `notPermitted` below the user range.
  public mutating func mapStack(initial: Word) throws(MemoryError) {
    guard initial <= layout.stackLimit else { throw .outOfMemory }
    let length = try Self.roundedLength(initial)
    _ = try map(
      MapRequest(
        .fixedNoReplace(layout.stackTop - length), length: length, permissions: [.read, .write],
        name: .stack, traits: .growsDown))
  }

  /// Whether a fault in the page `base`, below `node`, may extend the region: within the limit, and
  /// with the guard gap kept to an accessible region below (Linux' expand_downwards).
  func canGrow(_ node: RegionReference, downTo base: UserAddress) -> Bool {
    guard node.traits.contains(.growsDown), node.end - base <= layout.stackLimit,
      base >= UserRange.lowest
    else { return false }
    guard let previous = node.previous else { return true }
    if previous.permissions.isEmpty || previous.traits.contains(.growsDown) { return true }
    return base - previous.end >= layout.stackGuard
  }
}
