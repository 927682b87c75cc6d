// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// A translation table that is a dictionary: the smallest MMU that keeps the contract. Apus' own for
/// ARMv7-A is Sources/PortARMv7A/Tables/ShortDescriptorTable.swift.
struct PageDirectory: MMU, ~Copyable {
  private var entries: [UInt32: Translation] = [:]

  mutating func map(
    _ page: VirtualPage, to frame: PhysicalFrame, _ permissions: Permissions
  ) throws(MapError) {
    entries[page.number] = Translation(frame: frame, permissions: permissions)
  }

  mutating func unmap(_ page: VirtualPage) -> PhysicalFrame? {
    entries.removeValue(forKey: page.number)?.frame
  }

  mutating func protect(_ page: VirtualPage, _ permissions: Permissions) {
    guard let old = entries[page.number] else { return }
    entries[page.number] = Translation(frame: old.frame, permissions: permissions)
  }

  borrowing func lookup(_ page: VirtualPage) -> Translation? { entries[page.number] }

  borrowing func firstMapped(
    from page: VirtualPage, below limit: VirtualPage
  ) -> VirtualPage? {
    entries.keys.filter { $0 >= page.number && $0 < limit.number }.min()
      .map { VirtualPage(number: $0) }
  }

  mutating func release() -> Bool {
    entries = [:]
    return true
  }
}
