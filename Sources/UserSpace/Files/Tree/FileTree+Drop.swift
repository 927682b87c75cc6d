// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// Dropping the pages of inodes that no longer need them: the last name and use have ended, or the
/// last mapping of a file that is as in the initrd. That may happen inside a change of an address
/// space, where no other thread may run. Many pages are therefore dropped later, in steps, before
/// the thread returns to user mode. So is a file with watches, to which its end is reported.
extension FileTree {
  /// The most pages that are dropped at once.
  private static var fewPages: UInt32 { 4 }

  /// Drops the pages of an inode, at once if they are few and no one watches it.
  ///
  /// - Returns: whether none is left.
  static func dropPages(of node: FileNode, _ inode: InodeReference) -> Bool {
    guard !inode.pointee.isDropping else { return false }
    guard inode.pointee.pages.count > fewPages || Watches<P>.exist(of: node) else {
      var position: UInt32 = 0
      _ = removePages(of: inode, from: &position, through: .max, most: fewPages)
      return true
    }
    inode.pointee.isDropping = true
    inode.pointee.nextDropping = P.tree.pointee.firstDropping
    P.tree.pointee.firstDropping = node
    P.requestPageDrop()
    return false
  }

  /// Drops the pages of all inodes in the list, with preemption points; before, the files of the
  /// volumes that have gone.
  static func dropPages() {
    if P.tree.pointee.hasAbandonedVolume { dropVolumes() }
    var position: UInt32 = 0
    while let node = P.tree.pointee.firstDropping {
      let inode = inode(node)
      let isUnused = inode.pointee.users == 0 && inode.pointee.links == 0
      if isUnused || inode.pointee.hasCleanPages,
        removePages(of: inode, from: &position, through: .max, most: batch) == batch
      {
        _ = P.mustEnd()
        // Another thread may have taken this inode from the list, and begun with the next one.
        if P.tree.pointee.firstDropping != node { position = 0 }
        continue
      }
      if isUnused, Watches<P>.exist(of: node) {
        Watches<P>.reportEnd(of: node)
        position = 0
        continue
      }
      P.tree.pointee.firstDropping = inode.pointee.nextDropping
      inode.pointee.isDropping = false
      position = 0
      freeIfUnused(node, inode)
    }
  }
}
