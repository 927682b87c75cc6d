// SPDX-License-Identifier: Apache-2.0
import LiteOSTypes

// SAFETY: pointers are valid C arguments for the call; the queue owns a block of the pool for its
// messages from Create to Delete. Queues are accessed under the scheduler's lock.
/// LiteOS' message queue functions.
extension LiteOS {
  /// The largest possible message size in bytes.
  private static var longest: UInt32 { 0xffff - 4 }

  /// `LOS_QueueCreate`: makes a queue. The name and the flags of the C function are ignored.
  public func queueCreate(
    _ length: UInt16, _ number: UnsafeMutablePointer<UInt32>?, _ messageSize: UInt16
  ) -> UInt32 {
    guard let number = unsafe CPointer(number) else { return LOS_ERRNO_QUEUE_CREAT_PTR_NULL }
    guard messageSize <= Self.longest else { return LOS_ERRNO_QUEUE_SIZE_TOO_BIG }
    guard length > 0, messageSize > 0 else { return LOS_ERRNO_QUEUE_PARA_ISZERO }
    let (capacity, size) = (UInt32(length), UInt32(messageSize))
    guard
      let byteCount = UInt32(
        exactly: MessageQueue.byteCount(capacity: capacity, messageSize: size)),
      let storage = unsafe state.poolLock.withLock({ unsafe state.pool.allocate(byteCount) })
    else { return LOS_ERRNO_QUEUE_CREATE_NO_MEMORY }
    let queue = unsafe MessageQueue(capacity: capacity, messageSize: size, in: storage)
    guard let made = scheduler.withState({ _ in state.queues.add(queue) }) else {
      unsafe freeStorage(storage)
      return LOS_ERRNO_QUEUE_CB_UNAVAILABLE
    }
    number.value = made
    return LOS_OK
  }

  /// `LOS_QueueDelete`: deletes a queue and discards its messages. Refused while a task waits.
  public func queueDelete(_ number: UInt32) -> UInt32 {
    guard state.queues.isPlausible(number) else { return LOS_ERRNO_QUEUE_NOT_FOUND }
    var storage: UnsafeMutableRawPointer?
    let code = scheduler.withState { set in
      guard let queue = state.queues[number] else { return LOS_ERRNO_QUEUE_NOT_CREATE }
      guard set[queue].readers.isEmpty, set[queue].writers.isEmpty
      else { return LOS_ERRNO_QUEUE_IN_TSKUSE }
      unsafe storage = set[queue].storage
      state.queues.remove(number)
      return LOS_OK
    }
    if let storage = unsafe storage { unsafe freeStorage(storage) }
    return code
  }

  private func freeStorage(_ storage: UnsafeMutableRawPointer) {
    state.poolLock.withLock {
      do throws(MemoryPool.PoolError) {
        try unsafe state.pool.free(storage)
      } catch {
        preconditionFailure("the queues' pool is corrupted")
      }
    }
  }

  /// `LOS_QueueReadCopy`: copies the oldest message out and stores its length in `size`.
  public func queueReadCopy(
    _ number: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UnsafeMutablePointer<UInt32>?,
    _ timeout: UInt32
  ) -> UInt32 {
    guard state.queues.isPlausible(number) else { return LOS_ERRNO_QUEUE_INVALID }
    guard let buffer = unsafe buffer, let size = unsafe CPointer(size) else {
      return LOS_ERRNO_QUEUE_READ_PTR_NULL
    }
    let length = size.value
    guard length > 0, length <= Self.longest else { return LOS_ERRNO_QUEUE_READSIZE_IS_INVALID }
    guard timeout == LOS_NO_WAIT || !isInInterrupt else { return LOS_ERRNO_QUEUE_READ_IN_INTERRUPT }
    let room = unsafe MessageBuffer(buffer)
    do throws(WaitError) {
      let end = try scheduler.wait(allowsInterrupt: true) { (set, me) throws(WaitError) in
        guard let queue = state.queues[number] else { throw .deleted }
        guard length >= set[queue].messageSize else { throw .invalid }
        return try set.receive(into: room, from: queue, by: me, Timeout(rawValue: timeout))
      }
      size.value = end.received
      return LOS_OK
    } catch {
      switch error {
      case .wouldBlock: return LOS_ERRNO_QUEUE_ISEMPTY
      case .invalid: return LOS_ERRNO_QUEUE_READ_SIZE_TOO_SMALL
      default: return Self.code(error)
      }
    }
  }

  /// `LOS_QueueWriteCopy`: copies a message into the queue. With `isUrgent`:
  /// `LOS_QueueWriteHeadCopy`.
  public func queueWriteCopy(
    _ number: UInt32, _ buffer: UnsafeRawPointer?, _ size: UInt32, _ timeout: UInt32,
    isUrgent: Bool = false
  ) -> UInt32 {
    guard state.queues.isPlausible(number) else { return LOS_ERRNO_QUEUE_INVALID }
    guard let buffer = unsafe buffer else { return LOS_ERRNO_QUEUE_WRITE_PTR_NULL }
    guard size > 0 else { return LOS_ERRNO_QUEUE_WRITESIZE_ISZERO }
    let message = unsafe Message(buffer, length: size, isUrgent: isUrgent)
    guard timeout == LOS_NO_WAIT || !isInInterrupt else {
      return LOS_ERRNO_QUEUE_WRITE_IN_INTERRUPT
    }
    do throws(WaitError) {
      try scheduler.wait(allowsInterrupt: true) { (set, me) throws(WaitError) in
        guard let queue = state.queues[number] else { throw .deleted }
        guard size <= set[queue].messageSize else { throw .invalid }
        return try set.send(message, to: queue, by: me, Timeout(rawValue: timeout))
      }
      return LOS_OK
    } catch {
      switch error {
      case .wouldBlock: return LOS_ERRNO_QUEUE_ISFULL
      case .invalid: return LOS_ERRNO_QUEUE_WRITE_SIZE_TOO_BIG
      default: return Self.code(error)
      }
    }
  }

  /// `LOS_QueueRead`: copies the oldest message out, without returning its length.
  public func queueRead(
    _ number: UInt32, _ buffer: UnsafeMutableRawPointer?, _ size: UInt32, _ timeout: UInt32
  ) -> UInt32 {
    var size = size
    return unsafe withUnsafeMutablePointer(to: &size) { place in
      unsafe queueReadCopy(number, buffer, place, timeout)
    }
  }

  /// `LOS_QueueWrite`: the message is the address itself. With `isUrgent`: `LOS_QueueWriteHead`.
  public func queueWrite(
    _ number: UInt32, _ buffer: UnsafeRawPointer?, _ timeout: UInt32, isUrgent: Bool = false
  ) -> UInt32 {
    guard unsafe buffer != nil else { return LOS_ERRNO_QUEUE_WRITE_PTR_NULL }
    var address = UInt(bitPattern: buffer)
    return unsafe withUnsafeMutablePointer(to: &address) { place in
      unsafe queueWriteCopy(
        number, UnsafeRawPointer(place), UInt32(MemoryLayout<UInt>.size), timeout,
        isUrgent: isUrgent)
    }
  }

  /// `LOS_QueueInfoGet`: the queue's state. `usQueueSize` includes each message's length word.
  public func queueInfoGet(
    _ number: UInt32, _ info: UnsafeMutablePointer<QUEUE_INFO_S>?
  ) -> UInt32 {
    guard let info = unsafe CPointer(info) else { return LOS_ERRNO_QUEUE_PTR_NULL }
    guard state.queues.isPlausible(number) else { return LOS_ERRNO_QUEUE_INVALID }
    return scheduler.withState { set in
      guard let queue = state.queues[number] else { return LOS_ERRNO_QUEUE_NOT_CREATE }
      var result = QUEUE_INFO_S()
      result.uwQueueID = number
      result.usQueueLen = UInt16(set[queue].capacity)
      result.usQueueSize = UInt16(set[queue].messageSize + 4)
      result.usQueueHead = UInt16(set[queue].head)
      result.usQueueTail = UInt16(set[queue].tail)
      result.usReadableCnt = UInt16(set[queue].count)
      result.usWritableCnt = result.usQueueLen - result.usReadableCnt
      result.uwWaitReadTask = set.members(of: set[queue].readers)
      result.uwWaitWriteTask = set.members(of: set[queue].writers)
      info.value = result
      return LOS_OK
    }
  }

  private static func code(_ error: WaitError) -> UInt32 {
    switch error {
    case .preemptionLocked: LOS_ERRNO_QUEUE_PEND_IN_LOCK
    case .timedOut: LOS_ERRNO_QUEUE_TIMEOUT
    default: LOS_ERRNO_QUEUE_NOT_CREATE
    }
  }
}

extension TaskSet {
  /// The tasks in a wait queue: bit n is task n, up to 63.
  fileprivate func members(of queue: WaitQueue) -> UInt64 {
    var (task, result) = (queue.first, UInt64(0))
    while task != TaskRecord.none {
      if task.rawValue < 64 { result |= 1 << UInt64(task.rawValue) }
      task = tasks[task].next
    }
    return result
  }
}
