// SPDX-License-Identifier: Apache-2.0
import System
import VmRegion
import VmRegionMocks

/// A program's table that maps in a dictionary. Making one costs no frame, but needs a free one.
package struct TestTable: ProgramTable, ~Copyable {
  package typealias CPU = TestProcessor
  package typealias Memory = MockMemory
  /// The `map` of the next tables that fails, counted from 1; nil for none, in older tables too.
  nonisolated(unsafe) package static var failingMap: Int? {
    didSet {
      if failingMap == nil { failing.forEach { $0.failingMap = nil } }
      failing = []
    }
  }
  nonisolated(unsafe) private static var failing: [MockMMU.Journal] = []
  private var pages: MockMMU

  /// A table whose calls are in a journal.
  package init(journal: MockMMU.Journal) { pages = MockMMU(journal: journal) }

  package static func make(
    in pool: FramePool<TestProcessor, MockMemory>
  ) throws(MemoryError) -> TestTable {
    pool.release(try pool.allocate(zeroed: false))
    let journal = MockMMU.Journal()
    if failingMap != nil {
      journal.failingMap = failingMap
      failing.append(journal)
    }
    return TestTable(journal: journal)
  }
  package mutating func encode() -> UInt64 { 0x5_0000_0001 }

  package mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) { try pages.map(page, to: frame, permissions) }
  package mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? { pages.unmap(page) }
  package mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    pages.protect(page, permissions)
  }
  package borrowing func lookup(_ page: VirtualPage) -> Translation? { pages.lookup(page) }
  package borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? { pages.firstMapped(from: page, below: limit) }
  package mutating func release() -> Bool { pages.release() }
}
