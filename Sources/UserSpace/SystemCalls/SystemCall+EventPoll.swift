// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// eventfd and epoll.
extension SystemCall {
  private static var closesOnExec: UInt32 { 0o2000000 }
  private static var nonBlocking: UInt32 { 0o4000 }

  /// eventfd2: the first value, and EFD_SEMAPHORE, O_CLOEXEC or O_NONBLOCK; eventfd has no flags.
  @inline(never)
  func eventCounter(flags: UInt32) throws(Errno) -> Word {
    guard flags & ~(Self.closesOnExec | Self.nonBlocking | 1) == 0 else { throw .invalid }
    let counter: RecordReference<EventCounter>
    do throws(MemoryError) {
      counter = try P.fileObjects.pointee.makeCounter(
        UInt64(argument(0)), isSemaphore: flags & 1 != 0)
    } catch {
      throw Errno(error)
    }
    do throws(Errno) {
      return try open(
        .counter(counter), .counters, flags & ~(Self.closesOnExec | 1) | 2,
        closesOnExec: flags & Self.closesOnExec != 0)
    } catch {
      P.fileObjects.pointee.free(counter)
      throw error
    }
  }

  /// epoll_create1: O_CLOEXEC or nothing; epoll_create has a size, of which only the sign matters.
  @inline(never)
  func createPoll(flags: UInt32) throws(Errno) -> Word {
    guard flags & ~Self.closesOnExec == 0 else { throw .invalid }
    let poll: RecordReference<EventPoll>
    do throws(MemoryError) { poll = try P.fileObjects.pointee.makePoll() } catch {
      throw Errno(error)
    }
    do throws(Errno) {
      return try open(.poll(poll), .polls, 2, closesOnExec: flags & Self.closesOnExec != 0)
    } catch {
      P.fileObjects.pointee.free(poll)
      throw error
    }
  }

  /// epoll_create: a size above 0.
  @inline(__always)
  func createPoll() throws(Errno) -> Word {
    guard Int32(bitPattern: argument(0)) > 0 else { throw .invalid }
    return try createPoll(flags: 0)
  }

  /// Opens a new object at the lowest free descriptor.
  func open(
    _ object: FileObject, _ system: FileSystem, _ flags: UInt32, closesOnExec: Bool
  ) throws(Errno) -> Word {
    let node = FileNode(system, P.fileObjects.pointee.newNumber())
    let descriptor = try files.open(
      node, flags: flags, closesOnExec: closesOnExec, below: descriptorLimit)
    try files.file(descriptor).file.object = object
    return Word(descriptor)
  }

  /// epoll_ctl: the instance, the operation, a descriptor, the address of struct epoll_event.
  @inline(never)
  func controlPoll() throws(Errno) -> Word {
    let (operation, descriptor) = (argument(1), argument(2))
    var event = InlineArray<2, UInt64>(repeating: 0)
    if operation != 2 { event = try load(address(3)) }
    let instance = try files.file(argument(0))
    guard let number = files.number(of: descriptor) else { throw .badDescriptor }
    let target = FileReference(P.openFiles, number)
    guard Files<P>.waiters(of: target) != nil else { throw .notPermitted }
    guard instance != target, let poll = EventPolls<P>.poll(of: instance) else { throw .invalid }
    let wanted = UInt32(truncatingIfNeeded: event[0])
    // EPOLLEXCLUSIVE is for EPOLL_CTL_ADD, and not with EPOLLONESHOT or an instance.
    if operation != 2, wanted & PollItem.exclusive != 0 {
      guard operation == 1, EventPolls<P>.poll(of: target) == nil, wanted & 0x4fff_ffe2 == 0 else {
        throw .invalid
      }
    }
    let item = poll.pointee.find(number, descriptor)
    let armed = wanted | FileEvents.error.rawValue | FileEvents.hangUp.rawValue
    switch operation {
    case 1:  // EPOLL_CTL_ADD
      guard item == nil else { throw .exists }
      try EventPolls<P>.add(number, descriptor, to: poll, armed, event[1])
    case 2:  // EPOLL_CTL_DEL
      guard let item else { throw .noEntry }
      EventPolls<P>.remove(item)
    case 3:  // EPOLL_CTL_MOD
      guard let item else { throw .noEntry }
      guard item.pointee.wanted & PollItem.exclusive == 0 else { throw .invalid }
      EventPolls<P>.change(item, armed, event[1])
    default: throw .invalid
    }
    return 0
  }

  /// epoll_wait: the instance, the address for events, their number, a timeout in milliseconds; and
  /// epoll_pwait, which also has a signal mask and its size.
  @inline(never)
  func waitPoll(hasMask: Bool) throws(Errno) -> Word {
    let milliseconds = Int32(bitPattern: argument(3))
    let end: UInt64 =
      milliseconds < 0
      ? .max : milliseconds == 0 ? 0 : deadline(after: UInt64(milliseconds) * 1_000_000)
    let mask = hasMask && address(4) != 0 ? try loadMask(address(4), size: word(5)) : nil
    return try waitPoll(until: end, mask)
  }

  /// epoll_pwait2: as epoll_pwait, with the address of a timespec of 16 bytes.
  @inline(__always)
  func waitPollWithTime() throws(Errno) -> Word {
    var end = UInt64.max
    if address(3) != 0 {
      guard let time = try loadTime(address(3), isWide: true).totalNanoseconds else {
        throw .invalid
      }
      end = time == 0 ? 0 : deadline(after: time)
    }
    let mask = address(4) != 0 ? try loadMask(address(4), size: word(5)) : nil
    return try waitPoll(until: end, mask)
  }

  @inline(never)
  private func waitPoll(until end: UInt64, _ mask: UInt64?) throws(Errno) -> Word {
    let limit = Int32(bitPattern: argument(2))
    guard limit > 0, limit <= Int32.max / 16 else { throw .invalid }
    return try files.with(argument(0)) { (file) throws(Errno) in
      guard let poll = EventPolls<P>.poll(of: file) else { throw .invalid }
      if let mask { replaceMaskTemporarily(mask) }
      let (count, failure) = waitPoll(file, poll, Int(limit), until: end)
      if failure != .interrupted, mask != nil { restoreMask() }
      if let failure { throw failure }
      return Word(count)
    }
  }

  /// Waits until an item of the instance is ready, and stores the events.
  private func waitPoll(
    _ file: FileReference, _ poll: RecordReference<EventPoll>, _ limit: Int, until end: UInt64
  ) -> (count: Int, Errno?) {
    while true {
      let (count, failed) = EventPolls<P>.collect(poll, limit: limit) { (events, data, index) in
        let event: InlineArray<2, UInt64> = [UInt64(events.rawValue), data]
        let place = address(1) &+ Word(truncatingIfNeeded: index) &* 16  // Wrapping: it is checked.
        return (try? store(event, at: place)) != nil
      }
      if count > 0 { return (count, nil) }
      if failed { return (0, .badAddress) }
      if end != .max, P.monotonicNanoseconds() >= end { return (0, nil) }
      do throws(Errno) {
        try FileWait<P>.block(in: EventPolls<P>.queue(poll), for: .readable, end: end) {
          poll.pointee.firstReady != nil
        }
      } catch { return (0, .interrupted) }
    }
  }

  private func restoreMask() {
    let thread = P.thread
    guard let old = thread.pointee.signals.savedMask else { return }
    thread.pointee.signals.savedMask = nil
    setThreadMask(old)
  }
}
