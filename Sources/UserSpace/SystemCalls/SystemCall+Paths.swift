// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls that take a path. The file system is read-only: a change is EROFS.
extension SystemCall {
  private static var create: UInt32 { 0o100 }
  private static var exclusive: UInt32 { 0o200 }
  private static var truncate: UInt32 { 0o1000 }
  private static var closeOnExec: UInt32 { 0o2000000 }

  /// The node of the path at user `address`. A relative path starts at descriptor `directory`, or
  /// at the working directory for AT_FDCWD.
  ///
  /// - Throws: `badAddress`, `noEntry`, `notDirectory`, `symbolicLinkLoop`, `nameTooLong`,
  ///   `badDescriptor`, `outOfMemory`.
  func resolve(
    at directory: UInt32, _ address: UserAddress, followsLast: Bool
  ) throws(Errno) -> FileNode {
    let pool = process.pointee.space.pool
    var path = try PathBuffer(pool: pool)
    try path.load(from: address, P.self)
    guard path.count > 0 else { throw .noEntry }
    var start = process.pointee.directory
    if directory != FileNode.currentDirectory, path.text[0] != UInt8(ascii: "/") {
      start = try files.node(of: directory)
      guard Files<P>.isDirectory(start) else { throw .notDirectory }
    }
    var walk = PathWalk<P>(path, from: start)
    return try walk.run(followsLast: followsLast)
  }

  /// open and openat: the path, flags and, ignored, a mode. Returns the lowest free descriptor.
  @inline(never)
  func open(at directory: UInt32, path: UserAddress, flags: UInt32) throws(Errno) -> Word {
    let node: FileNode
    do {
      let mustNotFollow =
        flags & P.ABI.noFollow != 0
        || flags & (SystemCall.create | SystemCall.exclusive)
          == SystemCall.create | SystemCall.exclusive
      node = try resolve(at: directory, path, followsLast: !mustNotFollow)
    } catch {
      throw error == .noEntry && flags & SystemCall.create != 0 ? .readOnlyFileSystem : error
    }
    try checkOpen(node, flags)
    let kept = flags & ~(SystemCall.create | SystemCall.exclusive | SystemCall.truncate)
    return Word(
      try files.open(
        node, flags: kept & ~SystemCall.closeOnExec,
        closesOnExec: flags & SystemCall.closeOnExec != 0, below: descriptorLimit))
  }

  /// Checks that an existing node may be opened with `flags`; of several errors, Linux' first one
  /// is thrown.
  private func checkOpen(_ node: FileNode, _ flags: UInt32) throws(Errno) {
    let isCreating = flags & SystemCall.create != 0
    let isWriting = flags & 3 != 0 || flags & SystemCall.truncate != 0
    guard !isCreating || flags & SystemCall.exclusive == 0 else { throw .exists }
    let status = Files<P>.status(node)
    switch status.type {
    case FileStatus.directory:
      guard !isWriting, !isCreating else { throw .isDirectory }
    case FileStatus.link: throw .symbolicLinkLoop
    default:
      guard flags & P.ABI.directoryOnly == 0 else { throw .notDirectory }
      guard status.isWritable || !isWriting else { throw .readOnlyFileSystem }
    }
  }

  /// access and faccessat: every file is readable.
  @inline(never)
  func access(at directory: UInt32, path: UserAddress, mode: UInt32) throws(Errno) -> Word {
    guard mode & ~7 == 0 else { throw .invalid }
    let node = try resolve(at: directory, path, followsLast: true)
    let status = Files<P>.status(node)
    if mode & 2 != 0, !status.isWritable { throw .readOnlyFileSystem }
    if mode & 1 != 0, status.type != FileStatus.directory, status.mode & 0o111 == 0 {
      throw .accessDenied
    }
    return 0
  }

  /// chdir: the path.
  @inline(__always)
  func changeDirectory() throws(Errno) -> Word {
    let node = try resolve(at: FileNode.currentDirectory, address(0), followsLast: true)
    return try enter(node)
  }

  /// fchdir: the descriptor of a directory.
  @inline(__always)
  func changeDirectoryToFile() throws(Errno) -> Word { try enter(files.node(of: argument(0))) }

  private func enter(_ node: FileNode) throws(Errno) -> Word {
    guard Files<P>.isDirectory(node) else { throw .notDirectory }
    process.pointee.setDirectory(node)
    return 0
  }

  /// getcwd: stores the path of the working directory with its terminating zero; returns its
  /// length, the zero included.
  @inline(__always)
  func currentDirectoryName() throws(Errno) -> Word {
    // SAFETY: a process outlives the calls of its threads.
    let directory = process.pointee.directory
    let (address, size) = (address(0), word(1))
    return try unsafe withTextPage(offset: 0) { (window) throws(Errno) in
      Files<P>.writePath(of: directory, to: &window)
      window.put(0)
      guard UInt64(size) >= window.length else { throw .outOfRange }
      return window.count
    } finish: { (start, count) throws(Errno) in
      // SAFETY: the text page holds `count` bytes.
      try unsafe copyOut(start, to: address, count: count)
    }
  }

  /// readlink and readlinkat: store the target of a link, truncated to the room for it; return its
  /// length.
  @inline(never)
  func readLink(
    at directory: UInt32, _ path: UserAddress, _ address: UserAddress, _ size: UInt32
  ) throws(Errno) -> Word {
    guard Int32(bitPattern: size) > 0 else { throw .invalid }
    let node = try resolve(at: directory, path, followsLast: false)
    guard Files<P>.status(node).type == FileStatus.link else { throw .invalid }
    // SAFETY: the text page holds the bytes that `finish` is told of.
    return try unsafe withTextPage(offset: 0) { (window) throws(Errno) in
      Files<P>.writeTarget(of: node, to: &window)
      return min(window.count, Int(size))
    } finish: { (start, count) throws(Errno) in
      // SAFETY: the text page holds `count` bytes.
      try unsafe copyOut(start, to: address, count: count)
    }
  }

  /// Generates text into a new frame, then passes it on. These are two steps, because a copy to
  /// user memory may fault, which needs the process's address space, and the text may describe that
  /// same address space.
  ///
  /// - Returns: what `body` returned, the number of bytes that `finish` gets.
  /// - Throws: `outOfMemory`, and what `body` and `finish` throw.
  func withTextPage(
    offset: UInt64, _ body: (inout TextWindow) throws(Errno) -> Int,
    finish: (UnsafeRawPointer, Int) throws(Errno) -> Void
  ) throws(Errno) -> Word {
    // SAFETY: a process outlives the call; the frame belongs to this call until it is freed.
    let pool = process.pointee.space.pool
    let frame: PhysicalFrame
    do { frame = try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
    defer { pool.release(frame) }
    let start = unsafe P.Memory.pointer(to: frame).bindMemory(
      to: UInt8.self, capacity: Int(Page.size))
    var window = unsafe TextWindow(start: start, capacity: Int(Page.size), offset: offset)
    let count = try body(&window)
    try unsafe finish(UnsafeRawPointer(start), count)
    return Word(count)
  }
}
