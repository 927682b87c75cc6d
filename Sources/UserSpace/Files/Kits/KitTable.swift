// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

/// A kit that programs can map: what its image says, and where its pages are.
struct Kit {
  let image: KitImage
  /// The inode that has its pages, without a name in the tree. The page offset in the inode is that
  /// in the group.
  let pages: FileNode
  /// The writer of the kernel's pages; nil if there are none.
  let writer: KitWriter?
  /// The page that tells of the members; nil if the kit has no member pages.
  let members: PhysicalFrame?
}

/// All kits by number, in a frame. The boot enters them, and none is removed. Part of `TreeState`.
struct KitTable {
  /// The most kits.
  static var capacity: Int { 8 }

  /// The kits; nil before there is one.
  private var kits: RecordTable<Kit>?
  /// The number of kits.
  private(set) var count = 0
  /// The number of kits that are built into the kernel, which are the first ones.
  var builtInCount = 0
  /// What the pages of kits tell of the machine.
  var facts = KitFacts(possibleCount: 1, slotCount: 0, tickHertz: 0, board: "")

  /// The kit with this number, which is less than `count`.
  subscript(_ number: Int) -> RecordReference<Kit> {
    guard let kits, number < count else { preconditionFailure("no such kit") }
    return kits.reference(number)
  }

  /// Makes room for the kits.
  ///
  /// - Throws: `outOfMemory`.
  mutating func makeRoom<CPU, Memory>(_ pool: FramePool<CPU, Memory>) throws(Errno) {
    guard kits == nil else { return }
    do throws(MemoryError) {
      kits = RecordTable(in: try pool.allocateCold(zeroed: true), of: Memory.self)
    } catch {
      throw Errno(error)
    }
  }

  /// Adds a kit; there are fewer than `capacity`, and there is room.
  mutating func add(_ kit: Kit) {
    kits?[count] = kit
    count += 1
  }

  /// The number of the kit that `isWanted` selects; nil if there is none.
  @inline(__always)
  func number(where isWanted: (RecordReference<Kit>) -> Bool) -> Int? {
    for number in 0..<count where isWanted(self[number]) { return number }
    return nil
  }
}
