// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The advice of madvise.
public enum MemoryAdvice: Equatable, Sendable {
  /// A hint that needs no action.
  case hint
  /// The content is not needed: private memory reads as zeros again, or as the content of its file.
  case discard
  /// The content is not needed; the memory must be private and anonymous.
  case free
  /// Shared memory reads as zeros again in all of its mappings.
  case remove
  /// Map frames for all pages, for reading.
  case populateRead
  /// Map frames for all pages, for writing.
  case populateWrite
  /// Sets a trait for later forks: `wipedByFork`, for private anonymous memory only, or
  /// `excludedFromFork`.
  case setTrait(RegionTraits)
  /// Clears such a trait.
  case clearTrait(RegionTraits)
}

/// madvise, mlock, mincore and msync: advice and queries about mapped memory.
extension AddressSpace where Table: ~Copyable {
  /// madvise: applies `advice` to the `length` bytes at `base`, rounded up to pages.
  ///
  /// - Throws: `invalid` for a misaligned base, a range that wraps, or advice that a region cannot
  ///   take; `accessDenied` for `remove` on shared memory that can never be writable;
  ///   `notPermitted` if the range touches a sealed region; `outOfMemory` if it has a hole: as in
  ///   Linux, the mapped parts are processed first.
  public mutating func advise(
    _ base: UserAddress, length: Word, _ advice: MemoryAdvice
  ) throws(MemoryError) {
    try complete(try beginAdvise(base, length: length, advice))
  }

  /// Begins a madvise: `advise` in steps.
  ///
  /// - Throws: `invalid` for a misaligned base or a range that wraps; `notPermitted`; the steps
  ///   throw the others.
  public func beginAdvise(
    _ base: UserAddress, length: Word, _ advice: MemoryAdvice
  ) throws(MemoryError) -> SpaceChange {
    let rounded = Page.roundedUp(length)
    guard base.isPageAligned, length == 0 || rounded != 0, let end = base.adding(rounded)
    else { throw .invalid }
    guard end != base else { return SpaceChange(result: 0) }
    let last = min(end, UserRange.limit)
    guard base < last else { throw .outOfMemory }
    guard !touchesSealed(base, last) else { throw .notPermitted }
    var change = SpaceChange(.advise(advice), from: base, to: last)
    change.hasHole = last != end
    return change
  }

  /// One step of a madvise.
  mutating func adviseStep(
    _ change: inout SpaceChange, _ advice: MemoryAdvice
  ) throws(MemoryError) {
    var allowance = StepAllowance.step
    while allowance.isLeft, !change.isDone {
      guard let node = tree.firstEnding(above: change.position), node.base < change.end else {
        throw .outOfMemory
      }
      if node.base > change.position {
        change.hasHole = true
        change.position = node.base
      }
      let end = min(change.end, node.end)
      change.position = try apply(advice, from: change.position, to: end, of: node, &allowance)
      allowance.spend(StepAllowance.look)
    }
    if change.isDone, change.hasHole { throw .outOfMemory }
  }

  /// Applies `advice` to `base ..< end`, a part of `node`, as long as the allowance lasts.
  ///
  /// - Returns: the address below which it is applied.
  private mutating func apply(
    _ advice: MemoryAdvice, from base: UserAddress, to end: UserAddress, of node: RegionReference,
    _ allowance: inout StepAllowance
  ) throws(MemoryError) -> UserAddress {
    let isShared = node.traits.contains(.shared)
    let beginsWithZeros = node.region.name.beginsWithZeros
    switch advice {
    case .hint: break
    case .discard:
      guard !isShared, beginsWithZeros || comesFromFile(node) else { break }
      return releasePages(from: base, to: end, of: node, &allowance)
    case .free:
      guard beginsWithZeros, !isShared else { throw .invalid }
      return releasePages(from: base, to: end, of: node, &allowance)
    case .remove:
      guard isShared else { throw .invalid }
      guard node.region.maximum.contains(.write) else { throw .accessDenied }
      if case .file(let path) = node.region.name, path != .max, let source = fileSource,
        source(FileRequest.removal.rawValue, path, 0) != 0
      {
        throw .notPermitted
      }
      return zeroPages(from: base, to: end, &allowance)
    case .populateRead, .populateWrite:
      let access: Access = advice == .populateRead ? .read : .write
      guard node.permissions.allows(access) else { throw .invalid }
      return try preparePages(from: base, to: end, for: access, &allowance)
    case .setTrait(let trait):
      guard trait != .wipedByFork || beginsWithZeros && !isShared else { throw .invalid }
      try mark(node, from: base, to: end, node.traits.union(trait), &allowance)
    case .clearTrait(let trait):
      try mark(node, from: base, to: end, node.traits.subtracting(trait), &allowance)
    }
    return end
  }

  /// Sets the traits of `base ..< end`, a part of `node`.
  @inline(never)
  private mutating func mark(
    _ node: RegionReference, from base: UserAddress, to end: UserAddress, _ traits: RegionTraits,
    _ allowance: inout StepAllowance
  ) throws(MemoryError) {
    guard node.traits != traits else { return }
    guard tree.count + 2 <= Self.regionLimit else { throw .outOfMemory }
    try slab.reserve(2)
    let part = isolate(node, base, end)
    part.traits = traits
    mergeWithNeighbours(part)
    allowance.spend(StepAllowance.region)
  }

  /// Whether the pages of a region can be read from its file again.
  private func comesFromFile(_ node: RegionReference) -> Bool {
    guard case .file(let path) = node.region.name else { return false }
    return fileSource != nil && path != .max
  }

  /// Zeroes the frames of mapped pages, as long as the allowance lasts; other address spaces may
  /// have mapped them, too.
  ///
  /// - Returns: the address below which all are zeros.
  private func zeroPages(
    from base: UserAddress, to end: UserAddress, _ allowance: inout StepAllowance
  ) -> UserAddress {
    let limit = VirtualPage(containing: end)
    var page = VirtualPage(containing: base)
    while let mapped = nextMapped(&page, below: limit, &allowance) {
      if let there = table.lookup(mapped) { Memory.zero(there.frame) }
      allowance.spend(StepAllowance.newPage)
    }
    return page.address
  }

  /// Maps frames for all of `range`, as MAP_POPULATE and mlock do: for writing where the region
  /// allows it, else for reading.
  ///
  /// - Throws: `outOfMemory`, also for a hole and for a region that allows no access. Pages before
  ///   the failing one stay mapped.
  public mutating func populate(_ range: UserRange) throws(MemoryError) {
    try complete(beginPopulate(range))
  }

  /// Begins to map frames for all of `range`: `populate` in steps, which throw its errors.
  public func beginPopulate(_ range: UserRange) -> SpaceChange {
    SpaceChange(.populate, from: range.base, to: range.end)
  }

  /// One step of `populate`.
  mutating func populateStep(_ change: inout SpaceChange) throws(MemoryError) {
    var allowance = StepAllowance.step
    while allowance.isLeft, !change.isDone {
      guard let node = tree.firstEnding(above: change.position), node.base <= change.position,
        node.permissions.allows(.read)
      else { throw .outOfMemory }
      change.position = try preparePages(
        from: change.position, to: min(change.end, node.end),
        for: node.permissions.allows(.write) ? .write : .read, &allowance)
    }
  }

  /// Maps frames for `base ..< end`, so that `access` causes no fault, as long as the allowance
  /// lasts.
  ///
  /// - Returns: the address below which all pages have frames.
  /// - Throws: `outOfMemory`.
  mutating func preparePages(
    from base: UserAddress, to end: UserAddress, for access: Access,
    _ allowance: inout StepAllowance
  ) throws(MemoryError) -> UserAddress {
    var page = VirtualPage(containing: base)
    while page.address < end, allowance.isLeft {
      if !(table.lookup(page)?.permissions.allows(access) ?? false) {
        allowance.spend(StepAllowance.newPage)
      }
      allowance.spend(StepAllowance.page)
      _ = try frame(under: page, for: access)
      page = VirtualPage(number: page.number &+ 1)  // Wrapping: below 2^20.
    }
    return page.address
  }

  /// Checks that regions cover all of `base ..< end`.
  ///
  /// - Throws: `outOfMemory` if there is a hole.
  public mutating func checkMapped(_ base: UserAddress, _ end: UserAddress) throws(MemoryError) {
    try complete(beginCheck(base, end))
  }

  /// Begins `checkMapped`, whose steps throw its error.
  public func beginCheck(_ base: UserAddress, _ end: UserAddress) -> SpaceChange {
    SpaceChange(.check, from: base, to: end)
  }

  /// One step of `checkMapped`: up to 64 regions.
  mutating func checkStep(_ change: inout SpaceChange) throws(MemoryError) {
    for _ in 0..<64 where !change.isDone {
      guard let node = tree.firstEnding(above: change.position), node.base <= change.position
      else { throw .outOfMemory }
      change.position = node.end
    }
  }

  /// mincore of one page: whether a frame is mapped.
  ///
  /// - Throws: `outOfMemory` if the page lies in no region.
  public mutating func isResident(_ page: VirtualPage) throws(MemoryError) -> Bool {
    guard let node = tree.firstEnding(above: page.address), node.base <= page.address else {
      throw .outOfMemory
    }
    return table.lookup(page) != nil
  }
}

extension RegionName {
  /// Whether memory of this kind reads as zeros before it is written.
  var beginsWithZeros: Bool {
    switch self {
    case .anonymous, .heap, .stack: true
    case .vdso, .vvar, .file: false
    }
  }
}
