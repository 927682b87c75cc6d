// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A change of an address space whose time grows with its pages or regions. It is made in steps of
/// bounded work (`AddressSpace.advance`), between which the owner may let other threads run.
///
/// It goes up through the addresses. After each step everything below `position` is changed, and
/// nothing above it; the invariants of the space hold. Meanwhile faults may be resolved, because
/// they change single pages only. The owner keeps other changes out until the last step, or the
/// one that throws.
public struct SpaceChange {
  /// What is done to `position ..< end`.
  enum Work {
    /// The regions are removed, and their pages released.
    case unmap
    /// The regions are replaced by this one, which grows from its base up.
    case replace(by: Region)
    /// The regions get these permissions.
    case protect(Permissions)
    /// Advice is followed.
    case advise(MemoryAdvice)
    /// Absent pages get frames.
    case populate
    /// The range is searched for a hole.
    case check
    /// Pages are moved to another region.
    case move(RegionMove)
  }

  var work: Work
  /// Where the change begins.
  private(set) var base: UserAddress
  /// The first address that is not changed yet.
  var position: UserAddress
  private(set) var end: UserAddress
  /// Whether the part below `position` has an address without a region.
  var hasHole = false
  /// The address that the call returns at the end.
  public internal(set) var result: UserAddress

  /// Whether no step is left.
  @inline(__always)
  public var isDone: Bool { position >= end }

  /// Whether a step was made.
  var isBegun: Bool { position > base }

  /// Whether the owner may end the change after any step, for a thread that is dying.
  public var mayEnd: Bool {
    switch work {
    case .unmap, .replace, .move: false
    case .protect, .advise, .populate, .check: true
    }
  }

  /// A change of `base ..< end`.
  @inline(__always)
  init(_ work: Work, from base: UserAddress, to end: UserAddress, result: UserAddress = 0) {
    (self.work, self.base, position, self.end, self.result) = (work, base, base, end, result)
  }

  /// A change that is complete.
  @inline(__always)
  init(result: UserAddress) { self.init(.unmap, from: 0, to: 0, result: result) }

  /// Goes on with another range.
  mutating func restart(from base: UserAddress, to end: UserAddress) {
    (self.base, position, self.end) = (base, base, end)
  }
}

/// What a step may still do, in units of about 70 instructions.
struct StepAllowance {
  private var units: Int
  private let most: Int

  private init(units: Int) { (self.units, most) = (units, units) }

  /// The allowance of one step, which releases four pages if no blocks merge. Its last page may take
  /// more than what is left.
  static var step: StepAllowance { StepAllowance(units: 10) }
  /// The allowance of a step that also inserts or merges regions.
  static var stepWithInsertion: StepAllowance { StepAllowance(units: 7) }
  /// As many pages are released in any case, if the step does nothing before.
  static var surePages: Word { 1 }
  /// For work that is not divided.
  static var unlimited: StepAllowance { StepAllowance(units: .max) }
  /// The cost of the removal of a region from the tree.
  static var region: Int { 8 }
  /// The cost of a mapped page, its release included.
  static var page: Int { 3 }
  /// The cost of a look at a region.
  static var look: Int { 3 }
  /// The cost of a new table.
  static var newTable: Int { 11 }
  /// The cost of a new frame of zeros.
  static var newPage: Int { 9 }

  /// Whether the step may go on.
  @inline(__always)
  var isLeft: Bool { units > 0 }

  /// Whether no more than a page was spent.
  @inline(__always)
  var isAlmostWhole: Bool { units >= most - Self.page }

  /// Subtracts the cost of work. Wrapping: a step spends less than the greatest number.
  @inline(__always)
  mutating func spend(_ cost: Int) { units &-= cost }

  /// Subtracts what the merges of a released frame cost. `order` is that of the free block that it
  /// is part of.
  @inline(__always)
  mutating func spend(merged order: Int) { units &-= order }
}

extension AddressSpace where Table: ~Copyable {
  /// Makes the next step of a change.
  ///
  /// - Throws: the errors of the call that the change does not check when it begins; it has ended
  ///   then. An unmapping and a replacement throw nothing.
  @inline(never)
  public mutating func advance(_ change: inout SpaceChange) throws(MemoryError) {
    switch change.work {
    case .unmap: unmapStep(&change)
    case .replace(let region): replaceStep(&change, by: region)
    case .protect(let permissions): try protectStep(&change, permissions)
    case .advise(let advice): try adviseStep(&change, advice)
    case .populate: try populateStep(&change)
    case .check: try checkStep(&change)
    case .move(let move): try moveStep(&change, move)
    }
  }

  /// Makes all steps of a change, for an owner that lets no one run meanwhile.
  ///
  /// - Returns: the result of the call.
  /// - Throws: what the steps throw.
  @inline(__always)
  @discardableResult
  mutating func complete(_ begun: SpaceChange) throws(MemoryError) -> UserAddress {
    var change = begun
    while !change.isDone { try advance(&change) }
    return change.result
  }

  /// The next mapped page from `page` on, which is moved behind it. Ranges without tables are
  /// skipped in large steps.
  ///
  /// - Returns: nil if there is none below `limit`, where `page` is then, or if the allowance is
  ///   used up; `page` is then where the next step goes on.
  @inline(__always)
  func nextMapped(
    _ page: inout VirtualPage, below limit: VirtualPage, _ allowance: inout StepAllowance
  ) -> VirtualPage? {
    while page.number < limit.number, allowance.isLeft {
      // Mapped pages mostly lie together.
      if table.lookup(page) != nil {
        let found = page
        allowance.spend(StepAllowance.page)
        page = VirtualPage(number: found.number &+ 1)
        return found
      }
      // One table, or 32 of them if the search begins with the first page of one: most do not
      // exist. Wrapping, here and below: page numbers are below 2^20.
      let tables: UInt32 = page.number & 1023 == 0 ? 32 : 1
      let window = min(limit.number, (page.number & ~1023) &+ tables &* 1024)
      let found = table.firstMapped(from: page, below: VirtualPage(number: window))
      // A look at 32 empty entries takes about 75 instructions. There are at most 1,023 in front of
      // a page, because a table without a mapped page is freed.
      allowance.spend(
        StepAllowance.page + Int(min(1023, (found?.number ?? window) &- page.number) &>> 5))
      page = VirtualPage(number: found.map { $0.number &+ 1 } ?? window)
      if let found { return found }
    }
    return nil
  }
}
