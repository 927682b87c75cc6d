// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The beginnings of the files of one program, in memory that nothing changes while it is loaded:
/// all of a file that is in the initrd, or a copy of the first page, in a frame of its own.
@safe struct FileHeads<P: FilePlatform> {
  /// The copies: of the program and of its interpreter.
  private var copies = InlineArray<2, PhysicalFrame?>(repeating: nil)
  /// The files, which are used until `release`: other threads run while they are mapped.
  private var nodes = InlineArray<2, FileNode?>(repeating: nil)

  /// Whether a regular file of the file tree begins with `#!`.
  static func isScript(_ node: FileNode) -> Bool {
    let inode = FileTree<P>.inode(node)
    guard inode.pointee.size > 2 else { return false }
    if let frame = inode.pointee.pages.frame(of: 0, P.Memory.self) {
      // SAFETY: the frame is the file's first page, of which all bytes are initialised.
      return unsafe P.Memory.pointer(to: frame).load(as: UInt16.self) == 0x2123
    }
    let archived = FileTree<P>.archivedRange(of: inode.pointee)
    return P.tree.pointee.initrd.bytes.extracting(archived).hasText("#!", at: 0)
  }

  /// The beginning of a regular file of the file tree, until `release`.
  ///
  /// - Throws: `outOfMemory`.
  @_lifetime(immortal)
  mutating func bytes(of node: FileNode) throws(Errno) -> RawSpan {
    let inode = FileTree<P>.inode(node)
    nodes[nodes[0] == nil ? 0 : 1] = node
    Files<P>.retain(node)
    let size = inode.pointee.size
    guard inode.pointee.mayDiffer || UInt64(inode.pointee.archived.count) < size else {
      return P.tree.pointee.initrd.bytes.extracting(FileTree<P>.archivedRange(of: inode.pointee))
    }
    let copy: PhysicalFrame
    do throws(MemoryError) { copy = try P.tree.pointee.pool.allocateCold(zeroed: false) } catch {
      throw Errno(error)
    }
    copies[copies[0] == nil ? 0 : 1] = copy
    if let frame = inode.pointee.pages.frame(of: 0, P.Memory.self) {
      // SAFETY: both are frames, and the copy is this value's own.
      unsafe P.Memory.pointer(to: copy).copyMemory(
        from: P.Memory.pointer(to: frame), byteCount: Int(Page.size))
    } else {
      FileTree<P>.fill(copy, 0, of: inode)
    }
    // SAFETY: the frame is not written, and kept until `release`, after which the caller does not
    // use the bytes.
    let span = unsafe RawSpan(
      _unsafeStart: P.Memory.pointer(to: copy), byteCount: Int(min(size, UInt64(Page.size))))
    return unsafe _overrideLifetime(span, copying: ())
  }

  /// Releases the copies and the files.
  mutating func release() {
    for index in copies.indices {
      if let copy = copies[index] { P.tree.pointee.pool.release(copy) }
      copies[index] = nil
      if let node = nodes[index] { Files<P>.release(node) }
      nodes[index] = nil
    }
  }
}
