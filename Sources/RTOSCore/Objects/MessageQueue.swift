// SPDX-License-Identifier: Apache-2.0
// SAFETY: the queue alone uses the storage, under the scheduler's lock.
/// A queue of messages, which are copied in and out, the oldest first. An urgent message is put at
/// the front.
///
/// A message is copied directly to a waiting reader. The message of a waiting writer is copied in
/// as soon as there is room. So a task that comes later cannot overtake a waiter.
@safe public struct MessageQueue: WaitedObject {
  /// The tasks that wait for a message; empty while there is one. The first field.
  var readers = WaitQueue()
  /// The tasks that wait for room; empty while there is room. The second field.
  var writers = WaitQueue()
  /// `capacity` slots, each a length and the message's bytes.
  let storage: UnsafeMutableRawPointer
  /// The maximum number of messages.
  let capacity: UInt32
  /// The maximum size of a message in bytes.
  let messageSize: UInt32
  /// The slot of the oldest message.
  private(set) var head: UInt32 = 0
  /// The number of messages.
  private(set) var count: UInt32 = 0

  /// The bytes of storage that a queue needs; the result may exceed the address space.
  public static func byteCount(capacity: UInt32, messageSize: UInt32) -> UInt64 {
    UInt64(word: capacity) * (4 + (UInt64(word: messageSize) + 3) / 4 * 4)
  }

  /// An empty queue. `storage` is unused memory of `byteCount` bytes, aligned to 4, and must live
  /// as long as the queue. `capacity` and `messageSize` are not 0.
  public init(capacity: UInt32, messageSize: UInt32, in storage: UnsafeMutableRawPointer) {
    precondition(capacity > 0 && messageSize > 0, "a queue of size 0")
    unsafe self.storage = storage
    (self.capacity, self.messageSize) = (capacity, messageSize)
  }

  private static func stride(_ messageSize: UInt32) -> Int { 4 + (Int(messageSize) + 3) / 4 * 4 }

  /// Inserts a message; the caller has checked that there is room.
  mutating func insert(_ message: Message) {
    if message.isUrgent { head = head == 0 ? capacity - 1 : head - 1 }
    let position = message.isUrgent ? head : wrapped(head + count)
    let slot = unsafe storage + Int(position) * Self.stride(messageSize)
    unsafe slot.storeBytes(of: message.length, as: UInt32.self)
    unsafe message.copy(to: slot + 4)
    count += 1
  }

  /// Removes the oldest message and returns its length. There is a message, and `buffer` has room
  /// for it.
  mutating func removeFirst(into buffer: MessageBuffer) -> UInt32 {
    let slot = unsafe storage + Int(head) * Self.stride(messageSize)
    let length = unsafe slot.load(as: UInt32.self)
    unsafe Message(slot + 4, length: length).copy(to: buffer)
    head = wrapped(head + 1)
    count -= 1
    return length
  }

  /// The slot after the newest message.
  var tail: UInt32 { wrapped(head + count) }

  private func wrapped(_ position: UInt32) -> UInt32 {
    position >= capacity ? position - capacity : position
  }
}

extension ObjectHandle where Object == MessageQueue {
  /// The queue of the tasks that wait for room.
  fileprivate var writers: ObjectHandle<WaitQueue> {
    // SAFETY: the second field of the message queue, directly after the first, of the same type.
    unsafe ObjectHandle<WaitQueue>(at: queue.object + 1)
  }

  /// The maximum size of a message in bytes.
  fileprivate var messageSize: UInt32 {
    // SAFETY: a constant of the initialised object, which no lock need protect.
    unsafe object.pointee.messageSize
  }
}

extension Scheduler {
  /// Copies a message into the queue, or blocks until there is room. In an interrupt only with
  /// `noWait`. Interrupts are masked during the copy.
  ///
  /// - Throws: `invalid` for an empty or too long message, `inInterrupt`, `wouldBlock`,
  ///   `preemptionLocked`, `timedOut`, `deleted`.
  public func send(
    _ bytes: UnsafeRawBufferPointer, to queue: ObjectHandle<MessageQueue>, isUrgent: Bool = false,
    _ timeout: Timeout
  ) throws(WaitError) {
    guard let start = bytes.baseAddress, bytes.count > 0, bytes.count <= Int(queue.messageSize)
    else { throw .invalid }
    // SAFETY: the caller's buffer is valid until the call returns.
    let message = unsafe Message(
      start, length: UInt32(truncatingIfNeeded: bytes.count), isUrgent: isUrgent)
    try wait(allowsInterrupt: timeout == .noWait) { (state, me) throws(WaitError) in
      try state.send(message, to: queue, by: me, timeout)
    }
  }

  /// Copies the oldest message out, or blocks until there is one. In an interrupt only with
  /// `noWait`. Interrupts are masked during the copy.
  ///
  /// - Returns: the message's length in bytes.
  /// - Throws: `invalid` if `buffer` is shorter than the maximum message size, `inInterrupt`,
  ///   `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func receive(
    into buffer: UnsafeMutableRawBufferPointer, from queue: ObjectHandle<MessageQueue>,
    _ timeout: Timeout
  ) throws(WaitError) -> Int {
    guard let start = buffer.baseAddress, buffer.count >= Int(queue.messageSize) else {
      throw .invalid
    }
    // SAFETY: the caller's buffer is valid until the call returns, and has the room.
    let room = unsafe MessageBuffer(start)
    let end = try wait(allowsInterrupt: timeout == .noWait) { (state, me) throws(WaitError) in
      try state.receive(into: room, from: queue, by: me, timeout)
    }
    return Int(end.received)
  }

  /// The number of messages in the queue.
  public func count(of queue: ObjectHandle<MessageQueue>) -> UInt32 {
    withState { (state: inout State) in state[queue].count }
  }

  /// Wakes all waiters with `deleted` and discards the messages. Afterwards the memory may be
  /// reused.
  public func delete(_ queue: ObjectHandle<MessageQueue>) {
    withState { (state: inout State) in
      state.endAll(in: queue.queue, .deleted)
      state.endAll(in: queue.writers, .deleted)
      Self.rescheduleIfNeeded(&state)
    }
  }
}

extension TaskSet {
  /// Copies a message of `me` to a waiting reader or into the queue, or begins to wait for room and
  /// returns nil. The caller has checked the length.
  mutating func send(
    _ message: Message, to queue: ObjectHandle<MessageQueue>, by me: TaskNumber, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    let reader = self[queue].readers.first
    if reader != TaskRecord.none, case .message(let buffer) = tasks[reader].wait {
      message.copy(to: buffer)
      tasks[reader].received = message.length
      endWait(reader, .satisfied)
      return .satisfied
    }
    if self[queue].count < self[queue].capacity {
      self[queue].insert(message)
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    beginWait(me, .queueSpace(message), in: queue.writers, timeout)
    return nil
  }

  /// Copies the oldest message to `me` and stores its length in the task's `received`, or begins to
  /// wait for a message and returns nil. The buffer has room for the longest message.
  mutating func receive(
    into buffer: MessageBuffer, from queue: ObjectHandle<MessageQueue>, by me: TaskNumber,
    _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard self[queue].count == 0 else {
      tasks[me].received = self[queue].removeFirst(into: buffer)
      admitWriter(queue)
      return .satisfied
    }
    try checkMayBlock(me, timeout)
    beginWait(me, .message(buffer), in: queue.queue, timeout)
    return nil
  }

  /// Copies in the message of the most urgent task that waits for room, and ends its wait.
  private mutating func admitWriter(_ queue: ObjectHandle<MessageQueue>) {
    let writer = self[queue].writers.first
    guard writer != TaskRecord.none, case .queueSpace(let message) = tasks[writer].wait else {
      return
    }
    self[queue].insert(message)
    endWait(writer, .satisfied)
  }
}
