// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls on the size of files and on the memory that they have.
extension SystemCall {
  /// truncate and truncate64: the path, the size.
  @inline(never)
  func truncate(to size: Int64) throws(Errno) -> Word {
    guard size >= 0 else { throw .invalid }
    let node = try resolve(at: FileNode.currentDirectory, address(0), followsLast: true)
    switch Files<P>.type(node) {
    case FileStatus.directory: throw .isDirectory
    case FileStatus.regular: break
    default: throw .invalid
    }
    guard FileTree<P>.mayChange(node) else { throw .readOnlyFileSystem }
    try checkNotExecuted(node)
    try checkFileSize(UInt64(size))
    FileTree<P>.inode(node).pointee.mayDiffer = true
    Files<P>.retain(node)  // Preemption points follow.
    defer { Files<P>.release(node) }
    try FileTree<P>.truncate(node, to: UInt64(size))
    Watches<P>.report(.modify, of: node)
    return 0
  }

  /// ftruncate and ftruncate64: the descriptor, the size.
  @inline(never)
  func truncateFile(to size: Int64) throws(Errno) -> Word {
    guard size >= 0 else { throw .invalid }
    return try files.with(argument(0)) { (reference) throws(Errno) in
      let node = reference.file.node
      guard node.system == .tree, Files<P>.type(node) == FileStatus.regular,
        reference.file.mayWrite
      else { throw .invalid }
      try checkFileSize(UInt64(size))
      try FileTree<P>.truncate(node, to: UInt64(size))
      Watches<P>.report(.modify, of: node)
      return 0
    }
  }

  /// fallocate: the descriptor, FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE, offset and length of
  /// 64 bits.
  @inline(never)
  func allocateSpace() throws(Errno) -> Word {
    let mode = argument(1)
    let start = Int64(bitPattern: P.ABI.argument64(frame.pointee, after: 2))
    let length = Int64(
      bitPattern: P.ABI.argument64(frame.pointee, after: P.ABI.Long.bitWidth == 64 ? 3 : 4))
    return try files.with(argument(0)) { (reference) throws(Errno) in
      guard start >= 0, length > 0 else { throw .invalid }
      guard mode & ~3 == 0, mode != 2 else { throw .notSupported }
      guard reference.file.mayWrite else { throw .badDescriptor }
      let node = reference.file.node
      switch Files<P>.type(node) {
      case FileStatus.regular: break
      case FileStatus.directory: throw .isDirectory
      case FileStatus.fifo: throw .illegalSeek
      default: throw .noDevice
      }
      guard node.system == .tree else { throw .notSupported }
      let (end, isFar) = start.addingReportingOverflow(length)
      guard !isFar, UInt64(end) <= FileTree<P>.greatestSize else { throw .fileTooLarge }
      if mode & 2 != 0 {
        try FileTree<P>.punch(node, from: UInt64(start), to: UInt64(end))
      } else {
        if mode & 1 == 0 { try checkFileSize(UInt64(end)) }
        try FileTree<P>.allocate(
          node, from: UInt64(start), to: UInt64(end), keepsSize: mode & 1 != 0)
      }
      Watches<P>.report(.modify, of: node)
      return 0
    }
  }

  /// Checks that a file may have `size` bytes.
  ///
  /// - Throws: `fileTooLarge` above the limit of the process, which gets SIGXFSZ.
  func checkFileSize(_ size: UInt64) throws(Errno) {
    let limit = process.pointee.limits[.fileSize]
    guard limit != ResourceLimit.none, size > UInt64(limit) else { return }
    try refuseSize()
  }

  /// Sends SIGXFSZ to the thread.
  ///
  /// - Throws: `fileTooLarge`.
  private func refuseSize() throws(Errno) {
    P.processes.withLock { table in
      _ = table.send(
        SignalInfo(.fileSize, code: SignalInfo.byKernel, 0, 0, 0), to: process,
        task: P.thread.pointee.task)
    }
    throw .fileTooLarge
  }

  /// How many of `count` bytes may be written to a file of the tree from `position` on.
  ///
  /// - Throws: `fileTooLarge` if none may, and the process gets SIGXFSZ.
  @inline(never)
  func writable(_ count: Word, to reference: FileReference, at position: UInt64) throws(Errno)
    -> Word
  {
    let limit = process.pointee.limits[.fileSize]
    guard limit != ResourceLimit.none, count > 0, reference.file.node.system == .tree else {
      return count
    }
    let start =
      reference.file.flags & OpenFile.append != 0
      ? Files<P>.status(reference.file.node).size : position
    if start >= UInt64(limit) { try refuseSize() }
    return Word(min(UInt64(count), UInt64(limit) - start))
  }

  /// fsync, fdatasync, sync_file_range and syncfs: files in memory are always stored.
  @inline(never)
  func synchronizeFile() throws(Errno) -> Word {
    let node = try files.file(argument(0)).file.node
    let type = Files<P>.type(node)
    guard node.system == .tree && type != FileStatus.fifo || type == FileStatus.directory else {
      throw .invalid
    }
    return 0
  }

  /// fadvise64: the descriptor, the advice, which changes nothing here.
  @inline(never)
  func adviseFile() throws(Errno) -> Word {
    let reference = try files.file(argument(0))
    if case .none = Files<P>.seekRange(of: reference.file.node) { throw .illegalSeek }
    guard argument(1) <= 5 else { throw .invalid }
    return 0
  }
}
