// SPDX-License-Identifier: Apache-2.0
import VdsoModule

/// A kit that programs can map: what its image says, and where its pages are.
struct Kit {
  let image: KitImage
  /// The inode that has its pages, without a name in the tree. The page offset in the inode is that
  /// in the group.
  let pages: FileNode
  /// Who writes the pages that the kernel writes; nil if there are none.
  let writer: KitWriter?
}

/// All kits by number. The boot enters them, and none is removed. Part of `TreeState`.
struct KitTable {
  /// The most kits.
  static var capacity: Int { 8 }

  private var kits = InlineArray<8, Kit?>(repeating: nil)
  /// The number of kits.
  private(set) var count = 0
  /// What the pages of kits tell of the machine.
  var facts = KitFacts(possibleCount: 1, slotCount: 0, tickHertz: 0, board: "")

  /// The kit with this number, which is less than `count`.
  subscript(_ number: Int) -> Kit {
    guard let kit = kits[number] else { preconditionFailure("no such kit") }
    return kit
  }

  /// Adds a kit; there are fewer than `capacity`.
  mutating func add(_ kit: Kit) {
    kits[count] = kit
    count += 1
  }

  /// The number of the kit that `isWanted` selects; nil if there is none.
  @inline(__always)
  func number(where isWanted: (borrowing Kit) -> Bool) -> Int? {
    for number in 0..<count {
      if let kit = kits[number], isWanted(kit) { return number }
    }
    return nil
  }
}
