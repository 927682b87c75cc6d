// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What an epoll instance waits for: events of an open file under a descriptor. It stays in place.
struct PollItem {
  /// The entry in the queue of the file's waiters.
  var waiter: FileWaiter
  /// The instance that it belongs to.
  let poll: RecordReference<EventPoll>
  /// The number of the open file. It has no reference: the close of the file removes the item.
  let file: UInt16
  let descriptor: UInt32
  /// The events that are waited for, with the flags of epoll_ctl. POLLERR and POLLHUP always are,
  /// until EPOLLONESHOT disarms the item.
  var wanted: UInt32
  /// What the program gets with the events.
  var data: UInt64
  /// The next item of the same instance, and of the same file.
  var next: RecordReference<PollItem>?
  var nextOfFile: RecordReference<PollItem>?
  /// The neighbours among the items that may be ready.
  var nextReady: RecordReference<PollItem>?
  var previousReady: RecordReference<PollItem>?
  var isReady = false

  /// EPOLLET, EPOLLONESHOT and EPOLLEXCLUSIVE (linux/eventpoll.h).
  static var edge: UInt32 { 1 << 31 }
  static var oneShot: UInt32 { 1 << 30 }
  static var exclusive: UInt32 { 1 << 28 }
  /// The flags that stay after EPOLLONESHOT has disarmed an item; EPOLLWAKEUP is the fourth.
  static var flags: UInt32 { 0xf000_0000 }

  /// The events of poll that are waited for; none for a disarmed item.
  var events: FileEvents { FileEvents(rawValue: wanted & ~Self.flags) }
}

/// An epoll instance: its items, and the list of those that may be ready. It stays in place.
///
/// An event of a file appends its item to the list. The list changes under the lock of the waiters,
/// because the console's interrupt wakes items as well; all else under the kernel lock.
struct EventPoll {
  /// Those who wait for the instance: threads in epoll_wait, polls, other instances.
  var waiters = FileWaiters()
  /// The items, in lists by descriptor.
  private var items = InlineArray<64, RecordReference<PollItem>?>(repeating: nil)
  private(set) var firstReady: RecordReference<PollItem>?
  private var lastReady: RecordReference<PollItem>?
  /// The number of items that may be ready.
  private(set) var readyCount = 0

  /// The number of lists of items.
  static var listCount: Int { 64 }

  /// The first item of a list.
  subscript(list: Int) -> RecordReference<PollItem>? {
    get { items[list] }
    set { items[list] = newValue }
  }

  /// The list for a descriptor.
  static func list(of descriptor: UInt32) -> Int { Int(descriptor) & (listCount - 1) }

  /// The item of an open file under a descriptor. Mutating, because the instance would be copied
  /// before.
  mutating func find(_ file: UInt16, _ descriptor: UInt32) -> RecordReference<PollItem>? {
    var item = items[Self.list(of: descriptor)]
    while let here = item, here.pointee.file != file || here.pointee.descriptor != descriptor {
      item = here.pointee.next
    }
    return item
  }

  /// Removes an item from its list.
  mutating func unlink(_ item: RecordReference<PollItem>) {
    let list = Self.list(of: item.pointee.descriptor)
    guard items[list] != item else { return items[list] = item.pointee.next }
    var before = items[list]
    while let here = before {
      if here.pointee.next == item { return here.pointee.next = item.pointee.next }
      before = here.pointee.next
    }
  }

  /// Appends an item to those that may be ready, unless it is there.
  ///
  /// - Returns: whether it was appended.
  mutating func appendReady(_ item: RecordReference<PollItem>) -> Bool {
    guard !item.pointee.isReady else { return false }
    item.pointee.isReady = true
    item.pointee.previousReady = lastReady
    item.pointee.nextReady = nil
    if let lastReady { lastReady.pointee.nextReady = item } else { firstReady = item }
    lastReady = item
    readyCount += 1
    return true
  }

  /// Removes an item from those that may be ready, if it is there.
  mutating func removeReady(_ item: RecordReference<PollItem>) {
    guard item.pointee.isReady else { return }
    let (next, previous) = (item.pointee.nextReady, item.pointee.previousReady)
    if let previous { previous.pointee.nextReady = next } else { firstReady = next }
    if let next { next.pointee.previousReady = previous } else { lastReady = previous }
    item.pointee.isReady = false
    readyCount -= 1
  }
}
