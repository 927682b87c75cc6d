// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The locks on a file: those of flock, which open files hold, those of ranges (`RangeLocks`), and
/// those who wait. It stays in place, and lives as long as it has holders or waiters.
struct FileLock {
  /// What an open file holds, or a process.
  enum Kind: UInt8 {
    case none, shared, exclusive
  }

  /// The file.
  let node: FileNode
  /// Those who wait: for the lock of flock with the event `output`, for a range with `input`.
  var waiters = FileWaiters()
  /// The locks of ranges, and their number.
  var ranges: RecordReference<RangeLock>?
  var rangeCount: UInt32 = 0
  /// The number of shared holders, and whether there is an exclusive one.
  var shared: UInt32 = 0
  var isExclusive = false
  /// The number of calls that acquire a lock, or wait for it.
  var waiting: UInt32 = 0
  /// The next lock of the same list.
  var next: RecordReference<FileLock>?

  /// Whether a new holder of this kind would exclude no holder.
  func allows(_ kind: Kind) -> Bool { !isExclusive && (kind == .shared || shared == 0) }
}

/// Locks of whole files, which belong to open files (flock(2)). The kernel lock protects them.
enum FileLocks<P: FilePlatform> {
  typealias Reference = RecordReference<FileLock>

  private static func queue(_ lock: Reference) -> FileWait<P>.Queue {
    // The queue is in the lock, which stays in place while a call waits.
    lock.pointee.waiters.reference
  }

  /// The list for a file.
  private static func list(of node: FileNode) -> Int { Int(node.index & 63) }

  /// The locks of a file; nil if there are none.
  static func find(_ node: FileNode) -> Reference? {
    var rest = P.fileObjects.pointee.firstLocks[list(of: node)]
    while let lock = rest, lock.pointee.node != node { rest = lock.pointee.next }
    return rest
  }

  /// Makes the open file hold a lock of this kind; `none` releases what it holds. As on Linux, the
  /// file holds nothing between two kinds, and nothing after an error.
  ///
  /// - Throws: `tryAgain` if it may not block, `restartsIfAsked` after a signal, `outOfMemory`.
  static func acquire(
    _ kind: FileLock.Kind, for file: FileReference, mayBlock: Bool
  ) throws(Errno) {
    guard file.file.lock != kind else { return }
    release(file)
    guard kind != .none else { return }
    let lock = try lock(of: file.file.node)
    lock.pointee.waiting += 1
    defer {
      lock.pointee.waiting -= 1
      freeIfUnused(lock)
    }
    while !lock.pointee.allows(kind) {
      guard mayBlock else { throw .tryAgain }
      // Another thread may acquire a lock for the same open file meanwhile, which excludes none.
      try FileWait<P>.block(in: queue(lock), for: .output) {
        file.file.lock != .none || lock.pointee.allows(kind)
      }
      if file.file.lock == kind { return }
      release(file)
    }
    if kind == .shared { lock.pointee.shared += 1 } else { lock.pointee.isExclusive = true }
    file.file.lock = kind
  }

  /// Releases what the open file holds.
  @inline(__always)
  static func release(_ file: FileReference) {
    if file.file.lock != .none { releaseHeld(file) }
  }

  @inline(never)
  private static func releaseHeld(_ file: FileReference) {
    guard let lock = find(file.file.node) else { return }
    if file.file.lock == .shared {
      lock.pointee.shared -= 1
    } else {
      lock.pointee.isExclusive = false
    }
    file.file.lock = .none
    FileWait<P>.wake(queue(lock), .output, .all)
    freeIfUnused(lock)
  }

  /// The locks of a file, which are made if there are none.
  private static func lock(of node: FileNode) throws(Errno) -> Reference {
    if let lock = find(node) { return lock }
    return try make(node)
  }

  /// Makes the locks of a file that has none.
  ///
  /// - Throws: `outOfMemory`.
  static func make(_ node: FileNode) throws(Errno) -> Reference {
    do throws(MemoryError) {
      let lock = try P.fileObjects.pointee.makeLock(FileLock(node: node))
      lock.pointee.next = P.fileObjects.pointee.firstLocks[list(of: node)]
      P.fileObjects.pointee.firstLocks[list(of: node)] = lock
      return lock
    } catch {
      throw Errno(error)
    }
  }

  /// Frees the locks of a file without holders and waiters.
  static func freeIfUnused(_ lock: Reference) {
    guard lock.pointee.shared == 0, !lock.pointee.isExclusive, lock.pointee.waiting == 0,
      lock.pointee.ranges == nil
    else { return }
    let list = list(of: lock.pointee.node)
    if P.fileObjects.pointee.firstLocks[list] == lock {
      P.fileObjects.pointee.firstLocks[list] = lock.pointee.next
    } else {
      var before = P.fileObjects.pointee.firstLocks[list]
      while let here = before {
        if here.pointee.next == lock { here.pointee.next = lock.pointee.next }
        before = here.pointee.next
      }
    }
    P.fileObjects.pointee.free(lock)
  }
}
