// SPDX-License-Identifier: Apache-2.0
// A program's table, as the portable modules make and activate it.
#if arch(arm)
  import System
  import VmRegion

  extension ShortDescriptorTable: ProgramTable {
    /// Makes an empty table without an ASID: its first activation assigns one.
    ///
    /// - Throws: `outOfMemory`.
    public static func make(
      in pool: FramePool<CPU, Memory>
    ) throws(MemoryError) -> ShortDescriptorTable {
      try ShortDescriptorTable(pool: pool, identifier: AddressSpaceIdentifier(rawValue: 0))
    }

    /// The address space for `ARMv7A.activate`. The table must not move as long as a task may have
    /// it active: the encoding has the address of the identifier.
    public mutating func encode() -> UInt64 {
      let root = rootAddress
      // SAFETY: the identifier is part of the table, which does not move.
      return unsafe withUnsafeMutablePointer(to: &identifier) { identifier in
        unsafe ARMv7A.encode(root: root, identifier: identifier)
      }
    }
  }
#endif
