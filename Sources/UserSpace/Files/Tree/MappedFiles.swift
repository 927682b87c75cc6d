// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Answers address spaces that map files of the file tree. The number of a file is that of its
/// inode.
public enum MappedFiles<P: FilePlatform> {
  /// Serves a `FileRequest`, as `FileSource` says. Called under the kernel lock.
  public static func serve(_ request: UInt8, _ path: UInt16, page: UInt32) -> UInt32 {
    let node = FileNode(.tree, UInt32(path))
    let request = FileRequest(rawValue: request)
    switch request {
    case .retain, .retainWritable:
      let inode = FileTree<P>.inode(node)
      inode.pointee.regions += 1
      // A region of a kit may become writable afterwards; a kit has no seals.
      if request == .retainWritable, !inode.pointee.isKit { inode.pointee.writers += 1 }
      FileTree<P>.retain(node)
    case .release, .releaseWritable:
      let inode = FileTree<P>.inode(node)
      inode.pointee.regions -= 1
      if request == .releaseWritable, !inode.pointee.isKit { inode.pointee.writers -= 1 }
      if inode.pointee.hasCleanPages { _ = FileTree<P>.dropPages(of: node, inode) }
      if inode.pointee.isKit { Kits<P>.released(page, of: node, inode) }
      FileTree<P>.release(node)
    case .privatePage:
      return answer(page, of: node) { (inode) throws(Errno) in try privatePage(inode, page) }
    case .readOnlyPage:
      return answer(page, of: node) { (inode) throws(Errno) in try readOnlyPage(inode, node, page) }
    case .sharedPage:
      return answer(page, of: node) { (inode) throws(Errno) in
        try FileTree<P>.makeFrame(of: page, in: inode).0
      }
    case .removal:
      return FileTree<P>.inode(node).pointee.seals.isDisjoint(with: .anyWriting) ? 0 : 1
    case nil: break
    }
    return 0
  }

  /// The number of the frame that `make` returns, with a reference for the caller.
  @inline(__always)
  private static func answer(
    _ page: UInt32, of node: FileNode, _ make: (InodeReference) throws(Errno) -> PhysicalFrame
  ) -> UInt32 {
    let inode = FileTree<P>.inode(node)
    guard UInt64(page) << 12 < inode.pointee.size else { return FileRequest.behindEnd }
    do throws(Errno) {
      let frame = try make(inode)
      // A copy has no reference but the caller's.
      if inode.pointee.pages.frame(of: page, P.Memory.self) == frame
        || frame == P.tree.pointee.pool.zeroFrame
      {
        P.tree.pointee.pool.retain(frame)
      }
      return frame.number
    } catch {
      // A volume that is full is no memory for a shared page: as Linux, SIGBUS.
      return error == .noSpace ? FileRequest.behindEnd : FileRequest.outOfMemory
    }
  }

  /// The frame of a page of the file, which gets one for what is in the initrd; a copy if its
  /// volume is full. A page of a kit that belongs to one process is new.
  private static func readOnlyPage(
    _ inode: InodeReference, _ node: FileNode, _ page: UInt32
  ) throws(Errno) -> PhysicalFrame {
    if inode.pointee.isKit, let frame = try Kits<P>.ownPage(page, of: node) { return frame }
    if UInt64(page) << 12 < UInt64(inode.pointee.archived.count),
      let (frame, _) = try? FileTree<P>.makeFrame(of: page, in: inode)
    {
      return frame
    }
    return try privatePage(inode, page)
  }

  /// The frame of a page that the file has, zeros for a hole, or a copy of what is in the initrd.
  private static func privatePage(
    _ inode: InodeReference, _ page: UInt32
  ) throws(Errno) -> PhysicalFrame {
    if let frame = inode.pointee.pages.frame(of: page, P.Memory.self) { return frame }
    let isArchived = UInt64(page) << 12 < UInt64(inode.pointee.archived.count)
    if !isArchived, let zeros = P.tree.pointee.pool.zeroFrame { return zeros }
    do throws(MemoryError) {
      let frame = try P.tree.pointee.pool.allocateCold(zeroed: !isArchived)
      if isArchived { FileTree<P>.fill(frame, page, of: inode) }
      return frame
    } catch {
      throw Errno(error)
    }
  }
}
