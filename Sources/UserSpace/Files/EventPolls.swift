// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The files that epoll_create makes (epoll(7)): their items, and what waits for them.
enum EventPolls<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<EventPoll>
  typealias Item = RecordReference<PollItem>

  /// The most instances in a chain in which each waits for the next one.
  private static var greatestDepth: Int { 5 }
  /// The most instances that a check of chains looks at, on all ways to them. Linux limits the ways
  /// by length, to 1,000 and fewer.
  private static var greatestVisits: Int { 500 }

  /// The instance of an open file; nil for a file that is none.
  static func poll(of file: FileReference) -> Reference? {
    if case .poll(let poll) = file.file.object { poll } else { nil }
  }

  static func queue(_ poll: Reference) -> FileWait<P>.Queue {
    // The queue is in the instance, which stays in place while it is open.
    poll.pointee.waiters.reference
  }

  private static func waiter(of item: Item) -> RecordReference<FileWaiter> {
    // SAFETY: the waiter is in the item, which leaves the queue before it is freed.
    unsafe withUnsafeMutablePointer(to: &item.pointee.waiter) { unsafe RecordReference(at: $0) }
  }

  // Items.

  /// Adds an item for `events` of an open file that has none under this descriptor.
  ///
  /// - Throws: `notPermitted` for a file that is always ready; `symbolicLinkLoop` for a cycle, or a
  ///   chain that is too long; `noSpace` if too many wait for a timer or for signals; `outOfMemory`.
  static func add(
    _ file: UInt16, _ descriptor: UInt32, to poll: Reference, _ wanted: UInt32, _ data: UInt64
  ) throws(Errno) {
    let reference = FileReference(P.openFiles, file)
    guard let queue = Files<P>.waiters(of: reference) else { throw .notPermitted }
    guard !reference.file.isFull(queue) else { throw .noSpace }
    if let inner = self.poll(of: reference) { try checkChain(poll, inner) }
    let item: Item
    do throws(MemoryError) { item = try P.fileObjects.pointee.makeItem() } catch {
      throw Errno(error)
    }
    item.pointee = PollItem(
      waiter: FileWaiter(item: item, isExclusive: wanted & PollItem.exclusive != 0), poll: poll,
      file: file, descriptor: descriptor, wanted: wanted, data: data)
    item.pointee.nextOfFile = reference.file.items
    reference.file.items = item
    let list = EventPoll.list(of: descriptor)
    item.pointee.next = poll.pointee[list]
    poll.pointee[list] = item
    FileWait<P>.append(waiter(of: item), to: queue)
    look(at: item)
  }

  /// Changes what an item waits for.
  static func change(_ item: Item, _ wanted: UInt32, _ data: UInt64) {
    (item.pointee.wanted, item.pointee.data) = (wanted, data)
    look(at: item)
  }

  /// Makes an item ready if its file has one of its events now.
  private static func look(at item: Item) {
    let events = Files<P>.events(of: FileReference(P.openFiles, item.pointee.file))
    guard !events.isDisjoint(with: item.pointee.events) else { return }
    _ = P.consoleWaiters.withLock { _ in item.pointee.poll.pointee.appendReady(item) }
    FileWait<P>.wake(queue(item.pointee.poll), .readable, .one)
  }

  /// Removes an item.
  @inline(never)
  static func remove(_ item: Item) {
    let poll = item.pointee.poll
    FileWait<P>.remove(waiter(of: item))
    P.consoleWaiters.withLock { _ in poll.pointee.removeReady(item) }
    poll.pointee.unlink(item)
    let file = FileReference(P.openFiles, item.pointee.file)
    if file.file.items == item {
      file.file.items = item.pointee.nextOfFile
    } else {
      var before = file.file.items
      while let here = before {
        if here.pointee.nextOfFile == item { here.pointee.nextOfFile = item.pointee.nextOfFile }
        before = here.pointee.nextOfFile
      }
    }
    P.fileObjects.pointee.free(item)
  }

  static func closed(_ file: FileReference) {
    guard let poll = poll(of: file) else { return }
    var count = 0
    for list in 0..<EventPoll.listCount {
      while let item = poll.pointee[list] {
        remove(item)
        count += 1
        if count % 8 == 0 { _ = P.mustEnd() }  // A preemption point.
      }
    }
    P.fileObjects.pointee.free(poll)
  }

  /// Checks that `outer` may wait for `inner`.
  ///
  /// - Throws: `symbolicLinkLoop` if `inner` waits for `outer`, or the chain would be too long;
  ///   `invalid` if there are too many ways through the instances.
  private static func checkChain(_ outer: Reference, _ inner: Reference) throws(Errno) {
    var visits = 0
    let below = try depth(below: inner, without: outer, &visits)
    guard try below + depth(above: outer, &visits) <= greatestDepth else {
      throw .symbolicLinkLoop
    }
  }

  /// Counts a visit of an instance.
  ///
  /// - Throws: `invalid` after `greatestVisits`.
  private static func count(_ visits: inout Int) throws(Errno) {
    visits += 1
    guard visits <= greatestVisits else { throw .invalid }
  }

  /// The length of the longest chain that begins with `poll`.
  private static func depth(
    below poll: Reference, without other: Reference, _ visits: inout Int
  ) throws(Errno) -> Int {
    guard poll != other else { throw .symbolicLinkLoop }
    try count(&visits)
    var most = 0
    for list in 0..<EventPoll.listCount {
      var item = poll.pointee[list]
      while let here = item {
        if let inner = self.poll(of: FileReference(P.openFiles, here.pointee.file)) {
          most = max(most, try depth(below: inner, without: other, &visits))
        }
        item = here.pointee.next
      }
    }
    return most + 1
  }

  /// The length of the longest chain that ends with `poll`.
  private static func depth(above poll: Reference, _ visits: inout Int) throws(Errno) -> Int {
    try count(&visits)
    var most = 0
    var waiter = poll.pointee.waiters.first
    while let here = waiter {
      if let item = here.pointee.item {
        most = max(most, try depth(above: item.pointee.poll, &visits))
      }
      waiter = here.pointee.next
    }
    return most + 1
  }

  // Waiting.

  /// Passes the events of ready items to `store`, which returns false if it cannot store them, until
  /// `limit` have been passed. Items that were not ready leave the list, and so do those with edge
  /// or one-shot behaviour.
  ///
  /// - Returns: the number of events stored, and whether one could not be stored.
  static func collect(
    _ poll: Reference, limit: Int, _ store: (FileEvents, UInt64, Int) -> Bool
  ) -> (count: Int, failed: Bool) {
    var count = 0
    var left = poll.pointee.readyCount
    var failed = false
    while left > 0, count < limit, let item = poll.pointee.firstReady {
      left -= 1
      P.consoleWaiters.withLock { _ in poll.pointee.removeReady(item) }
      let file = FileReference(P.openFiles, item.pointee.file)
      let events = Files<P>.events(of: file).intersection(item.pointee.events)
      guard !events.isEmpty else {
        if left % 16 == 0 { _ = P.mustEnd() }  // A preemption point.
        continue
      }
      failed = !store(events, item.pointee.data, count)
      if !failed {
        count += 1
        if item.pointee.wanted & PollItem.oneShot != 0 { item.pointee.wanted &= PollItem.flags }
      }
      if failed || item.pointee.wanted & (PollItem.edge | PollItem.oneShot) == 0 {
        _ = P.consoleWaiters.withLock { _ in poll.pointee.appendReady(item) }
      }
      if failed { break }
    }
    if poll.pointee.firstReady != nil { FileWait<P>.wake(queue(poll), .readable, .one) }
    return (count, failed)
  }

  /// Readable if an item is ready. As on Linux, those before it that are not leave the list: the
  /// next event of their files then is one that the instance had not, and wakes its waiters.
  static func events(of file: FileReference) -> FileEvents {
    guard let poll = poll(of: file) else { return [] }
    while let item = poll.pointee.firstReady {
      // First, so that no event between the two is lost.
      P.consoleWaiters.withLock { _ in poll.pointee.removeReady(item) }
      let events = Files<P>.events(of: FileReference(P.openFiles, item.pointee.file))
      if !events.isDisjoint(with: item.pointee.events) {
        _ = P.consoleWaiters.withLock { _ in poll.pointee.appendReady(item) }
        return .readable
      }
    }
    return []
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    guard let poll = poll(of: file) else { return nil }
    return queue(poll)
  }

  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("anon_inode:[eventpoll]")
  }
}
