// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A translation table for host tests: a dictionary that records every call and can fail at the
/// n-th `map`. Its `Journal` outlives it, so that a test can check it afterwards.
public struct MockMMU: MMU, ~Copyable {
  /// The calls of a table and their result.
  public final class Journal {
    /// One call.
    public enum Call: Equatable {
      case map(VirtualPage, PhysicalFrame, Permissions)
      case unmap(VirtualPage)
      case protect(VirtualPage, Permissions)
      case release
    }

    /// All calls that had an effect, in order.
    public var calls: [Call] = []
    /// The current mappings.
    public var mappings: [VirtualPage: Translation] = [:]
    /// The `map` that fails, counted from 1; nil for none.
    public var failingMap: Int?
    /// Calls of `map` so far, failed ones included.
    public var mapCount = 0

    /// A journal of nothing.
    public init() {}
  }

  /// The calls of this table and their result.
  public let journal: Journal

  /// An empty table.
  public init(journal: Journal = Journal()) { self.journal = journal }

  /// Records the mapping, or fails if it is the one to fail.
  public mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    journal.mapCount += 1
    if journal.mapCount == journal.failingMap { throw .outOfMemory }
    journal.calls.append(.map(page, frame, permissions))
    journal.mappings[page] = Translation(frame: frame, permissions: permissions)
  }

  /// Records the call if something was mapped.
  public mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    guard let old = journal.mappings.removeValue(forKey: page) else { return nil }
    journal.calls.append(.unmap(page))
    return old.frame
  }

  /// Records the call if something was mapped.
  public mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    guard let old = journal.mappings[page] else { return }
    journal.calls.append(.protect(page, permissions))
    journal.mappings[page] = Translation(frame: old.frame, permissions: permissions)
  }

  /// The contents of the journal.
  public borrowing func lookup(_ page: VirtualPage) -> Translation? { journal.mappings[page] }

  /// The least of the journal's pages in the range.
  public borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    if limit.number < page.number + 256 {
      return (page.number..<max(limit.number, page.number)).first {
        journal.mappings[VirtualPage(number: $0)] != nil
      }.map { VirtualPage(number: $0) }
    }
    return journal.mappings.keys.map(\.number)
      .filter { $0 >= page.number && $0 < limit.number }.min()
      .map { VirtualPage(number: $0) }
  }

  /// Records the call and forgets all mappings.
  public mutating func release() -> Bool {
    journal.calls.append(.release)
    journal.mappings = [:]
    return true
  }
}

/// An address space over mocks.
public typealias MockSpace = AddressSpace<MockMMU, MockProcessor, MockMemory>
