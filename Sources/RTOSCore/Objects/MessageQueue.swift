// SPDX-License-Identifier: Apache-2.0
// SAFETY: the storage is the queue's own, and is reached under the scheduler's lock.
/// Messages that are copied in and out, the oldest first; an urgent one goes to the front.
///
/// A message goes straight to a task that waits for one, and the message of a task that waits for room
/// comes in as soon as there is some: an order that was once decided is kept.
@safe public struct MessageQueue {
  /// Who waits for a message; not while there is one. The first field.
  var readers = WaitQueue()
  /// Who waits for room, while there is none. The second field.
  var writers = WaitQueue()
  /// `capacity` places, each a length and the bytes behind it.
  let storage: UnsafeMutableRawPointer
  /// How many messages it holds at most.
  let capacity: UInt32
  /// Bytes of the longest message.
  let messageSize: UInt32
  /// The place of the oldest message.
  private(set) var head: UInt32 = 0
  /// How many messages there are.
  private(set) var count: UInt32 = 0

  /// Bytes that a queue needs for its messages; they may be more than there are addresses.
  public static func byteCount(capacity: UInt32, messageSize: UInt32) -> UInt64 {
    UInt64(word: capacity) * (4 + (UInt64(word: messageSize) + 3) / 4 * 4)
  }

  /// An empty queue in `storage`: unused memory for `byteCount`, aligned to 4, as long as the queue
  /// is used. `capacity` and `messageSize` are not 0.
  public init(capacity: UInt32, messageSize: UInt32, in storage: UnsafeMutableRawPointer) {
    precondition(capacity > 0 && messageSize > 0, "a queue for nothing")
    unsafe self.storage = storage
    (self.capacity, self.messageSize) = (capacity, messageSize)
  }

  private static func stride(_ messageSize: UInt32) -> Int { 4 + (Int(messageSize) + 3) / 4 * 4 }

  /// Puts a message in; there is room.
  mutating func insert(_ bytes: UnsafeRawPointer, _ length: UInt32, isUrgent: Bool) {
    if isUrgent { head = head == 0 ? capacity - 1 : head - 1 }
    let position = isUrgent ? head : wrapped(head + count)
    let place = unsafe storage + Int(position) * Self.stride(messageSize)
    unsafe place.storeBytes(of: length, as: UInt32.self)
    unsafe (place + 4).copyMemory(from: bytes, byteCount: Int(length))
    count += 1
  }

  /// Takes the oldest message out; there is one, and `bytes` has room for it. Returns its length.
  mutating func removeFirst(into bytes: UnsafeMutableRawPointer) -> UInt32 {
    let place = unsafe storage + Int(head) * Self.stride(messageSize)
    let length = unsafe place.load(as: UInt32.self)
    unsafe bytes.copyMemory(from: place + 4, byteCount: Int(length))
    head = wrapped(head + 1)
    count -= 1
    return length
  }

  /// The place behind the newest message.
  var tail: UInt32 { wrapped(head + count) }

  private func wrapped(_ position: UInt32) -> UInt32 {
    position >= capacity ? position - capacity : position
  }
}

// SAFETY: the handle's object stays where it is; buffers of waiting tasks are theirs until the wait is
// over; all is reached under the scheduler's lock.
extension Scheduler {
  /// Copies a message in, or waits for room. From an interrupt only with `noWait`. Interrupts are
  /// masked while it is copied.
  ///
  /// - Throws: `invalid` when it is empty or too long, `inInterrupt`, `wouldBlock`,
  ///   `preemptionLocked`, `timedOut`, `deleted`.
  public func send(
    _ message: UnsafeRawBufferPointer, to queue: Fixed<MessageQueue>, isUrgent: Bool = false,
    _ timeout: Timeout
  ) throws(WaitError) {
    let length = UInt32(truncatingIfNeeded: message.count)
    guard let bytes = message.baseAddress, message.count > 0,
      unsafe message.count <= Int(queue.place.pointee.messageSize)
    else { throw .invalid }
    try wait(allowsInterrupt: timeout == .noWait) { (state, me) throws(WaitError) in
      try unsafe state.send(bytes, length, to: queue, isUrgent: isUrgent, by: me, timeout)
    }
  }

  /// Copies the oldest message out, or waits for one. From an interrupt only with `noWait`.
  ///
  /// - Returns: its length.
  /// - Throws: `invalid` when `buffer` is shorter than the longest message, `inInterrupt`,
  ///   `wouldBlock`, `preemptionLocked`, `timedOut`, `deleted`.
  public func receive(
    into buffer: UnsafeMutableRawBufferPointer, from queue: Fixed<MessageQueue>, _ timeout: Timeout
  ) throws(WaitError) -> Int {
    guard let bytes = buffer.baseAddress,
      unsafe buffer.count >= Int(queue.place.pointee.messageSize)
    else { throw .invalid }
    let end = try wait(allowsInterrupt: timeout == .noWait) { (state, me) throws(WaitError) in
      try unsafe state.receive(into: bytes, from: queue, by: me, timeout)
    }
    return Int(end.word)
  }

  /// How many messages there are.
  public func count(of queue: Fixed<MessageQueue>) -> UInt32 {
    withState { (_: inout State) in unsafe queue.place.pointee.count }
  }

  /// Wakes all who wait, with `deleted`, and forgets the messages; afterwards the memory may be used
  /// for something else.
  public func delete(_ queue: Fixed<MessageQueue>) {
    withState { (state: inout State) in
      unsafe state.endAll(in: queue.queue, .deleted)
      unsafe state.endAll(in: queue.queue + 1, .deleted)
      Self.settle(&state)
    }
  }
}

// SAFETY: as above; the caller holds the scheduler's lock.
extension TaskSet {
  /// Copies a message of `me`, which fits, to who waits for one or into the queue, or begins to wait for
  /// room (nil).
  mutating func send(
    _ bytes: UnsafeRawPointer, _ length: UInt32, to queue: Fixed<MessageQueue>, isUrgent: Bool,
    by me: UInt32, _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    let reader = unsafe queue.place.pointee.readers.first
    if reader != TaskRecord.none {
      unsafe tasks[reader].operand?.copyMemory(from: bytes, byteCount: Int(length))
      tasks[reader].word = length
      endWait(reader, .satisfied)
      return .satisfied
    }
    if unsafe queue.place.pointee.count < queue.place.pointee.capacity {
      unsafe queue.place.pointee.insert(bytes, length, isUrgent: isUrgent)
      return .satisfied
    }
    try checkMayWait(me, timeout)
    unsafe tasks[me].operand = UnsafeMutableRawPointer(mutating: bytes)
    tasks[me].word = length
    tasks[me].mode = isUrgent ? 1 : 0
    unsafe beginWait(me, .room, in: queue.queue + 1, timeout)
    return nil
  }

  /// Copies the oldest message to `me`, whose buffer has room for the longest, or begins to wait for one
  /// (nil). Its length stands in the task's `word`.
  mutating func receive(
    into bytes: UnsafeMutableRawPointer, from queue: Fixed<MessageQueue>, by me: UInt32,
    _ timeout: Timeout
  ) throws(WaitError) -> WaitOutcome? {
    guard unsafe queue.place.pointee.count == 0 else {
      tasks[me].word = unsafe queue.place.pointee.removeFirst(into: bytes)
      admitWriter(queue)
      return .satisfied
    }
    try checkMayWait(me, timeout)
    unsafe tasks[me].operand = bytes
    unsafe beginWait(me, .message, in: queue.queue, timeout)
    return nil
  }

  /// The message of the most urgent who waits for room comes in.
  private mutating func admitWriter(_ queue: Fixed<MessageQueue>) {
    let writer = unsafe queue.place.pointee.writers.first
    guard writer != TaskRecord.none, let bytes = unsafe tasks[writer].operand else { return }
    unsafe queue.place.pointee.insert(
      bytes, tasks[writer].word, isUrgent: tasks[writer].mode != 0)
    endWait(writer, .satisfied)
  }
}
