// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// POSIX message queues (mq_overview(7)).
extension SystemCall {
  private static var creates: UInt32 { 0o100 }
  private static var isExclusive: UInt32 { 0o200 }
  private static var nonBlocking: UInt32 { 0o4000 }

  /// mq_open: the name without its slash, the flags of open, the mode, and the address of struct
  /// mq_attr or a null pointer. Exec closes the descriptor.
  @inline(__always)
  func openQueue() throws(Errno) -> Word {
    var limits = NamedQueue.Limits.usual
    if address(3) != 0 {
      let attributes: InlineArray<3, P.ABI.Long> = try load(address(3))
      limits = NamedQueue.Limits(
        count: UInt32(clamping: attributes[1]), size: UInt32(clamping: attributes[2]))
    }
    return try openQueue(.loaded(from: address(0)), limits)
  }

  /// - Throws: `noEntry` also for an empty name; `nameTooLong`; `accessDenied` for a name with a
  ///   slash, "." and ".."; `exists`; `invalid` for sizes that a queue cannot have; `noSpace`,
  ///   `tooManyFiles`, `outOfMemory`.
  @inline(never)
  private func openQueue(
    _ path: borrowing PathBuffer<P>, _ limits: NamedQueue.Limits
  ) throws(Errno) -> Word {
    try check(path)
    let flags = argument(1)
    let found = NamedQueues<P>.find(path.text)
    let queue: RecordReference<NamedQueue>
    if let found {
      guard flags & (Self.creates | Self.isExclusive) != Self.creates | Self.isExclusive else {
        throw .exists
      }
      guard flags & 3 != 3 else { throw .invalid }
      queue = found
    } else {
      guard flags & Self.creates != 0 else { throw .noEntry }
      guard limits.areAllowed else { throw .invalid }
      queue = try NamedQueues<P>.make(path.text, limits)
    }
    queue.pointee.users += 1
    do throws(Errno) {
      return try open(.queue(queue), .queues, flags & (Self.nonBlocking | 3), closesOnExec: true)
    } catch {
      NamedQueues<P>.release(queue)
      if found == nil { NamedQueues<P>.unlink(queue) }
      throw error
    }
  }

  /// Checks a name as Linux does for a file in a directory.
  private func check(_ path: borrowing PathBuffer<P>) throws(Errno) {
    let count = path.component().count
    guard path.count > 0 else { throw .noEntry }
    guard count == path.count || count > NamedQueue.greatestNameCount, count > 0 else {
      throw .accessDenied
    }
    guard count <= NamedQueue.greatestNameCount else { throw .nameTooLong }
    let dot = UInt8(ascii: ".")
    guard count > 2 || path.text[0] != dot || path.text[count - 1] != dot else {
      throw .accessDenied
    }
  }

  /// mq_unlink: the name.
  @inline(__always)
  func unlinkQueue() throws(Errno) -> Word { try unlinkQueue(.loaded(from: address(0))) }

  @inline(never)
  private func unlinkQueue(_ path: borrowing PathBuffer<P>) throws(Errno) -> Word {
    try check(path)
    guard let queue = NamedQueues<P>.find(path.text) else { throw .noEntry }
    NamedQueues<P>.unlink(queue)
    return 0
  }

  /// The end of a wait, the fifth argument: a time of the wall clock, or a null pointer.
  ///
  /// - Returns: monotonic nanoseconds.
  /// - Throws: `badAddress`, `invalid`.
  private func queueEnd() throws(Errno) -> UInt64 {
    guard address(4) != 0 else { return .max }
    let time = try loadTime(address(4), isWide: isTime64).totalNanoseconds
    guard let time else { throw .invalid }
    return P.deadline(time, on: .realtime)
  }

  /// The memory of a message: the second and the third argument.
  private var queueBuffer: UserBuffer<P> {
    UserBuffer(address: address(1), count: Int(clamping: word(2)))
  }

  /// mq_timedsend: the descriptor, the message's address, its size, its priority, the end of the
  /// wait.
  @inline(never)
  func sendToQueue() throws(Errno) -> Word {
    let (end, priority) = (try queueEnd(), argument(3))
    guard priority < NamedQueue.priorityEnd else { throw .invalid }
    let notice = try files.with(argument(0)) { (file) throws(Errno) in
      try NamedQueues<P>.send(file, queueBuffer, priority: priority, until: end)
    }
    guard let notice, let signal = notice.signal else { return 0 }
    let info = SignalInfo(
      signal, code: SignalInfo.byQueueMessage, process.pointee.identifier.rawValue, 0, notice.value)
    P.processes.withLock { table in
      guard table.identity(of: notice.owner.number) == notice.owner,
        let owner = table.record(of: notice.owner.number)
      else { return }
      table.send(info, to: owner)
    }
    return 0
  }

  /// mq_timedreceive: the descriptor, the address for the message, the room there, the address for
  /// its priority or a null pointer, the end of the wait. Returns the message's size.
  @inline(never)
  func receiveFromQueue() throws(Errno) -> Word {
    let end = try queueEnd()
    let (count, priority) = try files.with(argument(0)) { (file) throws(Errno) in
      try NamedQueues<P>.receive(file, queueBuffer, until: end)
    }
    if address(3) != 0 { try UserBuffer<P>(address: address(3), count: 4).store(priority) }
    return Word(count)
  }

  /// mq_notify: the descriptor, and the address of struct sigevent with SIGEV_SIGNAL or SIGEV_NONE;
  /// a null pointer ends the caller's registration.
  ///
  /// - Throws: `invalid` also for SIGEV_THREAD, for which Linux uses a socket; `busy` if another
  ///   process or this one is registered; `badDescriptor`, `badAddress`.
  @inline(never)
  func notifyOfQueue() throws(Errno) -> Word {
    let me = process.pointee.identifier
    let owner = P.processes.withLock { $0.identity(of: me) } ?? ProcessIdentity()
    var notice: NamedQueue.Notice?
    if address(1) != 0 {
      let event = EventRecord<P.ABI.Long>(
        try load(address(1), first: EventRecord<P.ABI.Long>.count))
      let signal = event.notification == 0 ? Signal(number: event.signal) : nil
      guard signal != nil || event.notification == 1 else { throw .invalid }
      notice = NamedQueue.Notice(owner: owner, signal: signal, value: event.value)
    }
    guard let queue = NamedQueues<P>.queue(of: try files.file(argument(0))) else {
      throw .badDescriptor
    }
    let old = queue.pointee.notice?.owner
    if notice == nil {
      if old == owner { queue.pointee.notice = nil }
    } else {
      if let old, !P.hasEnded(old) { throw .busy }
      queue.pointee.notice = notice
    }
    return 0
  }

  /// mq_getsetattr: the descriptor, the addresses of a new struct mq_attr, of which only O_NONBLOCK is
  /// used, and for the old one, or null pointers.
  @inline(never)
  func queueAttributes() throws(Errno) -> Word {
    var flags: P.ABI.Long = 0
    if address(1) != 0 {
      let words: InlineArray<1, P.ABI.Long> = try load(address(1))
      flags = words[0]
      guard flags & ~P.ABI.Long(Self.nonBlocking) == 0 else { throw .invalid }
    }
    let file = try files.file(argument(0))
    guard let queue = NamedQueues<P>.queue(of: file) else { throw .badDescriptor }
    let old: InlineArray<8, P.ABI.Long> = [
      P.ABI.Long(file.file.flags & Self.nonBlocking), P.ABI.Long(queue.pointee.limits.count),
      P.ABI.Long(queue.pointee.limits.size), P.ABI.Long(queue.pointee.count), 0, 0, 0, 0,
    ]
    if address(1) != 0 {
      file.file.flags = file.file.flags & ~Self.nonBlocking | UInt32(truncatingIfNeeded: flags)
    }
    if address(2) != 0 { try store(old, at: address(2)) }
    return 0
  }
}
