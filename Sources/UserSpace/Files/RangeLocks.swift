// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Locks of ranges of files, which belong to processes or to open files (fcntl(2), record locks). The
/// kernel lock protects them.
///
/// The locks of a file are in its `FileLock`: those of an owner together and by position, so that
/// none of an owner overlap.
enum RangeLocks<P: FilePlatform> {
  typealias Reference = RecordReference<RangeLock>
  typealias File = RecordReference<FileLock>

  /// The most owners that the search for a deadlock goes through, as on Linux, and the most requests
  /// that it looks at.
  private static var greatestChain: Int { 11 }
  private static var greatestSearch: Int { 300 }

  /// A lock of another owner that excludes what `wanted` asks for; nil if there is none.
  static func conflict(with wanted: RangeLock, on node: FileNode) -> RangeLock? {
    FileLocks<P>.find(node).flatMap { conflict(with: wanted, in: $0)?.pointee }
  }

  @inline(never)
  private static func conflict(with wanted: RangeLock, in file: File) -> Reference? {
    var rest = file.pointee.ranges
    while let lock = rest, !lock.pointee.excludes(wanted) { rest = lock.pointee.next }
    return rest
  }

  /// Makes the owner hold what `wanted` says of its range. The caller's use keeps the file.
  ///
  /// - Throws: `tryAgain` if it may not block, `restartsIfAsked` after a signal, `deadlock`,
  ///   `noLocks`. Nothing is changed then.
  @inline(never)
  static func set(
    _ wanted: RangeLock, on node: FileNode, mayBlock: Bool
  ) throws(Errno) {
    let isUnlock = wanted.kind == .none
    let file: File
    if let present = FileLocks<P>.find(node) {
      file = present
    } else {
      guard !isUnlock else { return }
      do throws(Errno) { file = try FileLocks<P>.make(node) } catch { throw .noLocks }
    }
    file.pointee.waiting += 1
    defer {
      file.pointee.waiting -= 1
      FileLocks<P>.freeIfUnused(file)
    }
    var unused: Reference?
    defer { free(unused) }
    if isUnlock {
      unused = try change(wanted, in: file, to: nil)
    } else {
      let lock = try make(wanted)
      unused = lock
      if conflict(with: wanted, in: file) != nil {
        guard mayBlock else { throw .tryAgain }
        try wait(with: lock, in: file)
      }
      unused = try change(wanted, in: file, to: lock)
    }
  }

  /// Releases what the running process holds of the file of an open file, because it closes a
  /// descriptor of it. As on Linux, one that is only a place does not count.
  @inline(never)
  static func closedByProcess(_ file: UInt16) {
    guard !FileReference(P.openFiles, file).file.isPathOnly else { return }
    release(RangeLock.Owner(P.processIdentifier), of: file)
  }

  /// Releases what an open file holds, which has no descriptor any more.
  static func closed(_ file: UInt16) { release(RangeLock.Owner(file: file), of: file) }

  @inline(never)
  private static func release(_ owner: RangeLock.Owner, of file: UInt16) {
    // Nothing is split, so it cannot fail.
    let wanted = RangeLock(.none, of: owner, .all)
    try? set(wanted, on: FileReference(P.openFiles, file).file.node, mayBlock: false)
  }

  /// Waits until no other lock excludes a request.
  private static func wait(with request: Reference, in file: File) throws(Errno) {
    let me = request.pointee.owner
    var isDeadlock = false
    if me.isProcess {
      request.pointee.file = file
      request.pointee.next = P.fileObjects.pointee.firstRequest
      P.fileObjects.pointee.firstRequest = request
    }
    defer { if me.isProcess { removeRequest(request) } }
    try FileWait<P>.block(in: file.pointee.waiters.reference, for: .input) {
      guard let other = conflict(with: request.pointee, in: file) else { return true }
      let owner = other.pointee.owner
      request.pointee.blocker = owner
      isDeadlock = me.isProcess && waits(owner, for: me)
      return isDeadlock
    }
    guard !isDeadlock else { throw .deadlock }
  }

  private static func removeRequest(_ request: Reference) {
    if P.fileObjects.pointee.firstRequest == request {
      P.fileObjects.pointee.firstRequest = request.pointee.next
    } else {
      var before = P.fileObjects.pointee.firstRequest
      while let here = before, here.pointee.next != request { before = here.pointee.next }
      before?.pointee.next = request.pointee.next
    }
    request.pointee.next = nil
  }

  /// Whether an owner waits for another one, or for an owner that does. Of several threads of a
  /// process that wait, the last one counts.
  private static func waits(_ first: RangeLock.Owner, for owner: RangeLock.Owner) -> Bool {
    var waiter = first
    var left = greatestSearch
    for _ in 0..<greatestChain {
      var rest = P.fileObjects.pointee.firstRequest
      while let request = rest,
        request.pointee.owner != waiter || request.pointee.blocker == nil
      {
        rest = request.pointee.next
        left -= 1
        if left == 0 { return false }
      }
      guard let blocker = rest?.pointee.blocker else { return false }
      if blocker == owner { return true }
      waiter = blocker
    }
    return false
  }

  /// Has those look again that wait for a lock of the file. Until then they count as running.
  private static func wake(_ file: File) {
    var rest = P.fileObjects.pointee.firstRequest
    while let request = rest {
      if request.pointee.file == file { request.pointee.blocker = nil }
      rest = request.pointee.next
    }
    FileWait<P>.wake(file.pointee.waiters.reference, .input, .all)
  }

  /// Removes the range of `wanted` from the owner's locks, and adds `new`, with which locks of the
  /// same kind merge.
  ///
  /// - Returns: the locks to free, a list.
  /// - Throws: `noLocks`; nothing is changed then.
  private static func change(
    _ wanted: RangeLock, in file: File, to new: Reference?
  ) throws(Errno) -> Reference? {
    guard fits(wanted, in: file) else { throw .noLocks }
    var range = wanted.range
    var unused: Reference?
    var isReleased = false
    // Where the new lock belongs: behind the last one of its owner with a lower position.
    var place: Reference?
    var hasOwn = false
    var previous: Reference?
    var rest = file.pointee.ranges
    while let lock = rest {
      rest = lock.pointee.next
      guard lock.pointee.owner == wanted.owner else {
        if hasOwn { break }
        previous = lock
        continue
      }
      if !hasOwn { place = previous }
      hasOwn = true
      let held = lock.pointee.range
      guard held.touches(range) else {
        if held.first > range.last { break }
        (place, previous) = (lock, lock)
        continue
      }
      var isCovered = false
      if lock.pointee.kind == wanted.kind {
        range = ByteRange(first: min(held.first, range.first), last: max(held.last, range.last))
        isCovered = true
      } else if held.overlaps(range) {
        // A part that stays ends before the range, or begins behind it: nothing overflows.
        let stays = lock.pointee.remains(outside: range)
        if stays.before, stays.behind {
          let part = try make(lock.pointee)
          part.pointee.range.first = range.last + 1
          insert(part, behind: lock, in: file)
        } else if stays.behind {
          lock.pointee.range.first = range.last + 1
        }
        if stays.before { lock.pointee.range.last = range.first - 1 }
        isCovered = !stays.before && !stays.behind
        isReleased = true
      }
      if isCovered {
        if let previous { previous.pointee.next = rest } else { file.pointee.ranges = rest }
        file.pointee.rangeCount -= 1
        lock.pointee.next = unused
        unused = lock
      } else {
        if lock.pointee.range.first < range.first { place = lock }
        previous = lock
      }
    }
    if let new {
      new.pointee.range = range
      insert(new, behind: hasOwn ? place : previous, in: file)
    }
    if isReleased { wake(file) }
    return unused
  }

  /// Whether the file has room for what `change` would leave.
  private static func fits(_ wanted: RangeLock, in file: File) -> Bool {
    var count = file.pointee.rangeCount + (wanted.kind == .none ? 0 : 1)
    guard count >= RangeLock.fileLimit else { return true }
    var rest = file.pointee.ranges
    while let lock = rest {
      rest = lock.pointee.next
      guard lock.pointee.owner == wanted.owner else { continue }
      if lock.pointee.kind == wanted.kind {
        if lock.pointee.range.touches(wanted.range) { count -= 1 }
      } else if lock.pointee.range.overlaps(wanted.range) {
        let stays = lock.pointee.remains(outside: wanted.range)
        if stays.before, stays.behind { count += 1 }
        if !stays.before, !stays.behind { count -= 1 }
      }
    }
    return count <= RangeLock.fileLimit
  }

  private static func insert(_ lock: Reference, behind place: Reference?, in file: File) {
    lock.pointee.next = place == nil ? file.pointee.ranges : place?.pointee.next
    if let place { place.pointee.next = lock } else { file.pointee.ranges = lock }
    file.pointee.rangeCount += 1
  }

  private static func make(_ lock: RangeLock) throws(Errno) -> Reference {
    guard P.fileObjects.pointee.rangeLockCount < RangeLock.limit else { throw .noLocks }
    do { return try P.fileObjects.pointee.makeRangeLock(lock) } catch { throw .noLocks }
  }

  /// Frees a list of locks, with preemption points.
  private static func free(_ first: Reference?) {
    var rest = first
    var count = 0
    while let lock = rest {
      rest = lock.pointee.next
      P.fileObjects.pointee.free(lock)
      count += 1
      if count % 16 == 0 { _ = P.mustEnd() }  // A preemption point.
    }
  }
}
