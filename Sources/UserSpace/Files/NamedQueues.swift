// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The POSIX message queues: their names, and what is done with the files that mq_open makes.
/// Messages are datagrams; a queue has them in the order in which they are received.
enum NamedQueues<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<NamedQueue>

  private static var pool: FramePool<P.CPU, P.Memory> { P.tree.pointee.pool }

  /// The queue of an open file; nil for another file.
  static func queue(of file: FileReference) -> Reference? {
    if case .queue(let queue) = file.file.object { queue } else { nil }
  }

  private static func name(of queue: Reference) -> RecordTable<UInt8> {
    RecordTable(in: queue.pointee.home, from: NamedQueue.nameOffset, of: P.Memory.self)
  }

  /// The messages of a queue, in the reverse of the order in which they are received.
  private static func messages(of queue: Reference) -> RecordTable<PhysicalFrame> {
    RecordTable(in: queue.pointee.home, from: NamedQueue.messagesOffset, of: P.Memory.self)
  }

  /// The hash of a name.
  @inline(never)
  private static func hash(_ text: Span<UInt8>) -> UInt32 {
    NameHash(of: text).value
  }

  /// The queue with this name; nil if there is none. The bytes of a name are compared only if its
  /// hash is equal, because there is no preemption point between the queues.
  @inline(never)
  static func find(_ text: Span<UInt8>) -> Reference? {
    let hash = hash(text)
    var position = P.fileObjects.pointee.firstQueue
    while let queue = position {
      if queue.pointee.nameHash == hash, queue.pointee.nameCount == text.count {
        let name = name(of: queue)
        var count = 0
        while count < text.count, name[count] == text[count] { count += 1 }
        if count == text.count { return queue }
      }
      position = queue.pointee.next
    }
    return nil
  }

  /// Makes a queue with a name that no other has, of at most 255 bytes.
  ///
  /// - Throws: `noSpace` if there are too many, `outOfMemory`.
  static func make(_ text: Span<UInt8>, _ limits: NamedQueue.Limits) throws(Errno) -> Reference {
    guard P.fileObjects.pointee.queueCount < NamedQueue.greatestQueueCount else { throw .noSpace }
    let home: PhysicalFrame
    do throws(MemoryError) { home = try pool.allocateCold(zeroed: false) } catch {
      throw Errno(error)
    }
    let queue = RecordTable<NamedQueue>(in: home, of: P.Memory.self).reference(0)
    queue.pointee = NamedQueue(
      home: home, limits: limits, nameCount: text.count, nameHash: hash(text))
    let name = name(of: queue)
    for index in text.indices { name[index] = text[index] }
    queue.pointee.next = P.fileObjects.pointee.firstQueue
    P.fileObjects.pointee.firstQueue = queue
    P.fileObjects.pointee.queueCount += 1
    return queue
  }

  /// Removes the name of a queue, which lives on while files have it.
  @inline(never)
  static func unlink(_ queue: Reference) {
    if P.fileObjects.pointee.firstQueue == queue {
      P.fileObjects.pointee.firstQueue = queue.pointee.next
    } else {
      var position = P.fileObjects.pointee.firstQueue
      while let other = position, other.pointee.next != queue { position = other.pointee.next }
      position?.pointee.next = queue.pointee.next
    }
    P.fileObjects.pointee.queueCount -= 1
    release(queue)
  }

  /// Ends a use of a queue. The last one frees it, with a preemption point after each message.
  @inline(never)
  static func release(_ queue: Reference) {
    queue.pointee.users -= 1
    guard queue.pointee.users == 0 else { return }
    while queue.pointee.count > 0 {
      Datagrams<P>.release(takeNext(of: queue))
      _ = P.mustEnd()  // A preemption point.
    }
    pool.release(queue.pointee.home)
  }

  static func closed(_ file: FileReference) {
    if let queue = queue(of: file) { release(queue) }
  }

  /// Queues a message behind those of its priority and of greater ones. Waits for room until `end`.
  ///
  /// - Returns: what the caller must notify of the message, which is registered no longer.
  /// - Throws: `badDescriptor` for another file, and one not open for writing; `messageTooLong`,
  ///   `tryAgain`, `timedOut`, `badAddress`, `outOfMemory`; `restartsIfAsked` after a signal.
  static func send(
    _ file: FileReference, _ buffer: UserBuffer<P>, priority: UInt32, until end: UInt64
  ) throws(Errno) -> NamedQueue.Notice? {
    guard let queue = queue(of: file), file.file.mayWrite else { throw .badDescriptor }
    guard buffer.count <= Int(queue.pointee.limits.size) else { throw .messageTooLong }
    var vector = UserVector(buffer)
    let message = try Datagrams<P>.make(from: &vector)
    do throws(Errno) {
      try wait(file, queue, for: .writable, until: end) {
        queue.pointee.count < queue.pointee.limits.count
      }
    } catch {
      Datagrams<P>.release(message)
      throw error
    }
    insert(message, priority, in: queue)
    FileWait<P>.wake(queue.pointee.waiters.reference, .readable, .one)
    guard queue.pointee.count == 1, queue.pointee.receivers == 0 else { return nil }
    return queue.pointee.notice.take()
  }

  /// Waits until `isReady` returns true, or monotonic time reaches `end`.
  ///
  /// - Throws: `tryAgain`, `timedOut`, `restartsIfAsked`.
  @inline(__always)
  private static func wait(
    _ file: FileReference, _ queue: Reference, for events: FileEvents, until end: UInt64,
    _ isReady: () -> Bool
  ) throws(Errno) {
    guard !isReady() else { return }
    guard file.file.mayBlock else { throw .tryAgain }
    try FileWait<P>.block(
      in: queue.pointee.waiters.reference, for: events, end: end, until: isReady)
    guard isReady() else { throw .timedOut }
  }

  /// Inserts a message below those of its priority. The place is found in eight steps; to move the
  /// others up takes a few instructions each.
  private static func insert(_ message: PhysicalFrame, _ priority: UInt32, in queue: Reference) {
    let messages = messages(of: queue)
    Datagrams<P>.header(message).pointee.priority = priority
    var place = Int(queue.pointee.count)
    var (low, high) = (0, place)
    while low < high {
      let middle = (low &+ high) / 2  // Wrapping, here and below: at most 256.
      let isLower = Datagrams<P>.header(messages[middle]).pointee.priority < priority
      if isLower { low = middle &+ 1 } else { high = middle }
    }
    while place > low {
      messages[place] = messages[place &- 1]
      place &-= 1
    }
    messages[low] = message
    queue.pointee.count += 1
  }

  /// Removes the message that is received next from a queue that has one.
  private static func takeNext(of queue: Reference) -> PhysicalFrame {
    queue.pointee.count -= 1
    return messages(of: queue)[Int(queue.pointee.count)]
  }

  /// Takes the first message, and stores it in the buffer. Waits for one until `end`. As on Linux, a
  /// message is lost at a bad address.
  ///
  /// - Returns: the message's number of bytes and its priority.
  /// - Throws: `badDescriptor` for another file, and one not open for reading; `messageTooLong` if
  ///   there is no room for the greatest one; `tryAgain`, `timedOut`, `badAddress`;
  ///   `restartsIfAsked` after a signal.
  static func receive(
    _ file: FileReference, _ buffer: UserBuffer<P>, until end: UInt64
  ) throws(Errno) -> (count: Int, priority: UInt32) {
    guard let queue = queue(of: file), file.file.mayRead else { throw .badDescriptor }
    guard buffer.count >= Int(queue.pointee.limits.size) else { throw .messageTooLong }
    queue.pointee.receivers += 1
    do throws(Errno) {
      try wait(file, queue, for: .readable, until: end) { queue.pointee.count > 0 }
    } catch {
      queue.pointee.receivers -= 1
      throw error
    }
    queue.pointee.receivers -= 1
    let message = takeNext(of: queue)
    let header = Datagrams<P>.header(message)
    FileWait<P>.wake(queue.pointee.waiters.reference, .writable, .one)
    defer { Datagrams<P>.release(message) }
    var vector = UserVector(buffer)
    return (try Datagrams<P>.store(message, to: &vector), header.pointee.priority)
  }

  static func events(of file: FileReference) -> FileEvents {
    guard let queue = queue(of: file) else { return [] }
    var events: FileEvents = queue.pointee.count > 0 ? .readable : []
    if queue.pointee.count < queue.pointee.limits.count { events.formUnion(.writable) }
    return events
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? {
    queue(of: file)?.pointee.waiters.reference
  }

  /// The path on the file system of message queues, which is not mounted.
  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("mqueue")
  }
}
