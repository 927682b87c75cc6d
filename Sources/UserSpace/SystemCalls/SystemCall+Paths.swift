// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Paths, and the calls that only look them up.
extension SystemCall {
  /// The node of the path at user `address`. A relative path starts at descriptor `directory`, or
  /// at the working directory for AT_FDCWD.
  ///
  /// - Throws: `badAddress`, `noEntry`, `notDirectory`, `symbolicLinkLoop`, `nameTooLong`,
  ///   `badDescriptor`, `outOfMemory`; `otherFileSystem` and `tryAgain` by the rules.
  @inline(never)
  func resolve(
    at directory: UInt32, _ address: UserAddress, followsLast: Bool, _ rules: PathRules = []
  ) throws(Errno) -> FileNode {
    let path = try PathBuffer<P>.loaded(from: address)
    let start = try start(of: path, at: directory, rules)
    var walk = PathWalk(path, from: start, rules)
    return try walk.run(followsLast: followsLast)
  }

  /// A walk along the path at user `address`, which `resolve` describes.
  ///
  /// - Throws: `badAddress`, `noEntry`, `notDirectory`, `nameTooLong`, `badDescriptor`,
  ///   `outOfMemory`.
  @inline(never)
  func walk(
    at directory: UInt32, _ address: UserAddress, _ rules: PathRules = []
  ) throws(Errno) -> PathWalk<P> {
    let path = try PathBuffer<P>.loaded(from: address)
    let start = try start(of: path, at: directory, rules)
    return PathWalk(path, from: start, rules)
  }

  /// The directory in which the walk along `path` begins.
  ///
  /// - Throws: `noEntry` for an empty path, `badDescriptor`, `notDirectory`.
  @inline(__always)
  private func start(
    of path: borrowing PathBuffer<P>, at directory: UInt32, _ rules: PathRules
  ) throws(Errno) -> FileNode {
    guard let first = path.first else { throw .noEntry }
    guard directory != FileNode.currentDirectory,
      first != UInt8(ascii: "/") || rules.contains(.inRoot)
    else { return process.pointee.directory }
    let start = try files.node(of: directory)
    guard Files<P>.isDirectory(start) else { throw .notDirectory }
    return start
  }

  /// access and faccessat: every file is readable.
  @inline(never)
  func access(at directory: UInt32, path: UserAddress, mode: UInt32) throws(Errno) -> Word {
    guard mode & ~7 == 0 else { throw .invalid }
    let node = try resolve(at: directory, path, followsLast: true)
    let status = Files<P>.status(node)
    if mode & 2 != 0, !mayWrite(node, status) { throw .readOnlyFileSystem }
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

  /// chroot: the path of the process's new root directory. The working directory stays.
  @inline(__always)
  func changeRoot() throws(Errno) -> Word {
    let node = try resolve(at: FileNode.currentDirectory, address(0), followsLast: true)
    guard Files<P>.isDirectory(node) else { throw .notDirectory }
    process.pointee.setRoot(node)
    return 0
  }

  private func enter(_ node: FileNode) throws(Errno) -> Word {
    guard Files<P>.isDirectory(node) else { throw .notDirectory }
    process.pointee.setDirectory(node)
    return 0
  }

  /// getcwd: stores the path of the working directory with its terminating zero; returns its
  /// length, the zero included. The path of a directory outside of the process's root directory is
  /// the whole one, after "(unreachable)".
  @inline(__always)
  func currentDirectoryName() throws(Errno) -> Word {
    // SAFETY: a process outlives the calls of its threads.
    let directory = process.pointee.directory
    let (address, size) = (address(0), word(1))
    guard Files<P>.status(directory).links > 0 else { throw .noEntry }
    return try unsafe withTextPage(offset: 0) { (window) throws(Errno) in
      if !Files<P>.isReachable(directory) { window.text("(unreachable)") }
      Files<P>.writePath(of: directory, to: &window)
      window.put(0)
      guard !window.hasMore else { throw .nameTooLong }
      guard UInt64(size) >= window.length else { throw .outOfRange }
      return window.count
    } finish: { (start, count) throws(Errno) in
      // SAFETY: the text page holds `count` bytes.
      try unsafe copyOut(start, to: address, count: count)
    }
  }

  /// readlink and readlinkat: store the target of a link, truncated to the room for it; return its
  /// length.
  ///
  /// - Throws: `noEntry` also for a link of /proc that leads nowhere.
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
      guard window.count > 0 else { throw .noEntry }  // A process that has gone or ends.
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
