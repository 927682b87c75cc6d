// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A mremap that moves pages to a new region, or maps those of shared memory a second time.
///
/// While pages are moved, both regions allow no access: a fault there would change a page of one
/// of them only. Accesses that cause no fault go on until the page is unmapped at its old address.
struct RegionMove {
  /// What the change's range is used for.
  enum Phase {
    /// The mappings at a fixed target are removed.
    case clear
    /// What is too long for the new size is unmapped.
    case cut
    /// Shared memory gets all its frames.
    case fill
    /// The new region is created, in a step of its own.
    case prepare
    /// The pages are mapped at the target, too.
    case duplicate
    /// The pages are unmapped at the old address.
    case leave
    /// After an error, they are unmapped at the target.
    case undo
  }

  var phase: Phase
  /// The old address, and the number of bytes there; 0 for a second mapping.
  let base: UserAddress
  let old: Word
  /// The new address, at first only if it is fixed, and the number of bytes there.
  var target: UserAddress?
  let new: Word
  /// Whether the old region stays, without its pages.
  let keepsOld: Bool
  /// The permissions of both regions at the end.
  var permissions: Permissions = []

  /// The bytes at the old address that are moved or mapped a second time.
  var count: Word { old == 0 ? new : min(old, new) }
  /// Whether the pages stay at the old address, too.
  var isSecond: Bool { old == 0 }
}

extension AddressSpace where Table: ~Copyable {
  /// One step of a move.
  mutating func moveStep(_ change: inout SpaceChange, _ begun: RegionMove) throws(MemoryError) {
    var move = begun
    switch move.phase {
    case .clear, .cut: unmapStep(&change)
    case .fill: try populateStep(&change)
    case .prepare: change.position = change.end
    case .duplicate: duplicateStep(&change, &move)
    case .leave: leaveStep(&change, releases: false)
    case .undo: leaveStep(&change, releases: move.isSecond)
    }
    if change.isDone { try beginNextPhase(&change, &move) }
    change.work = .move(move)
  }

  /// Begins what follows a phase that is complete.
  ///
  /// - Throws: `fault`, `outOfMemory`.
  private mutating func beginNextPhase(
    _ change: inout SpaceChange, _ move: inout RegionMove
  ) throws(MemoryError) {
    switch move.phase {
    case .clear:
      if move.old > move.new {
        move.phase = .cut
        change.restart(from: move.base + move.new, to: move.base + move.old)
      } else {
        beginMoving(&change, &move)
      }
    case .cut: beginMoving(&change, &move)
    case .fill:
      move.phase = .prepare
      change.restart(from: move.base, to: move.base + move.count)
    case .prepare: try beginDuplicates(&change, &move)
    case .duplicate:
      guard !move.isSecond else { return endMove(move) }
      move.phase = .leave
      change.restart(from: move.base, to: move.base + move.count)
    case .leave: endMove(move)
    case .undo:
      undoMove(move)
      throw .outOfMemory
    }
  }

  /// Begins to move pages, or to fill the memory of a second mapping.
  func beginMoving(_ change: inout SpaceChange, _ move: inout RegionMove) {
    move.phase = move.isSecond ? .fill : .prepare
    change.restart(from: move.base, to: move.base + move.count)
  }

  /// Creates the new region, and isolates the old one. Four nodes are reserved for a change that
  /// splits a region at each end of both ranges.
  private mutating func beginDuplicates(
    _ change: inout SpaceChange, _ move: inout RegionMove
  ) throws(MemoryError) {
    guard let source = tree.firstEnding(above: move.base) else { throw .fault }
    let place = if let target = move.target { target } else { try gap(move.new).base }
    var region = source.region
    region.cutFront(to: move.base)
    region.base = place
    region.end = place + move.new
    move.permissions = region.permissions
    region.permissions = []
    if !move.isSecond {
      isolate(source, move.base, move.base + move.count).permissions = []
    }
    _ = insert(region, after: tree.lastBeginning(below: place))
    move.target = place
    move.phase = .duplicate
    change.result = place
    change.restart(from: move.base, to: move.base + move.count)
  }

  /// Maps frames of the pages at the target, too, with the same permissions. If there is no memory
  /// for a table, the move is undone from here on.
  private mutating func duplicateStep(_ change: inout SpaceChange, _ move: inout RegionMove) {
    guard let target = move.target else { return }
    var allowance = StepAllowance.step
    let limit = VirtualPage(containing: change.end)
    var page = VirtualPage(containing: change.position)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      guard let there = table.lookup(mapped) else { continue }
      let other = VirtualPage(containing: target + (mapped.address - move.base))
      do {
        try table.map(other, to: there.frame, there.permissions)
      } catch {
        move.phase = .undo
        return change.restart(from: target, to: target + move.new)
      }
      guard move.isSecond else { continue }
      pool.retain(there.frame)
      residentCount += 1
    }
    change.position = page.address
  }

  /// Unmaps pages that stay mapped elsewhere in this space. `releases` means that the space holds a
  /// reference of their frames for each mapping.
  private mutating func leaveStep(_ change: inout SpaceChange, releases: Bool) {
    var allowance = StepAllowance.step
    let limit = VirtualPage(containing: change.end)
    var page = VirtualPage(containing: change.position)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      guard let frame = table.unmap(mapped), releases else { continue }
      pool.release(frame)
      residentCount -= 1
    }
    change.position = page.address
  }

  /// Completes a move: the regions get their permissions, and the old one is removed.
  private mutating func endMove(_ move: RegionMove) {
    guard let target = move.target else { return }
    if !move.isSecond, let source = tree.firstEnding(above: move.base) {
      source.permissions = move.permissions
      if move.keepsOld {
        mergeWithNeighbours(source)
      } else {
        tree.remove(source)
        free(source)
      }
    }
    guard let node = tree.firstEnding(above: target) else { return }
    node.permissions = move.permissions
    specialMoved(node)
    mergeWithNeighbours(node)
  }

  /// Removes the new region, whose pages are unmapped, and gives the old one its permissions.
  private mutating func undoMove(_ move: RegionMove) {
    guard let target = move.target, let node = tree.firstEnding(above: target) else { return }
    tree.remove(node)
    free(node)
    guard !move.isSecond, let source = tree.firstEnding(above: move.base) else { return }
    source.permissions = move.permissions
    mergeWithNeighbours(source)
  }
}
