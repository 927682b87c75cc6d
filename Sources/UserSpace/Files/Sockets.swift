// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The files that socketpair makes (unix(7)). A direction of a stream is a pipe.
///
/// All is done under the kernel lock.
enum Sockets<P: FilePlatform>: ObjectOperations {
  typealias Reference = RecordReference<Socket>

  /// Flags of the calls that send and receive (linux/socket.h).
  enum Flag {
    static var outOfBand: UInt32 { 0x1 }
    static var peek: UInt32 { 0x2 }
    static var truncated: UInt32 { 0x20 }
    static var doNotWait: UInt32 { 0x40 }
    static var waitForAll: UInt32 { 0x100 }
    static var noSignal: UInt32 { 0x4000 }
    static var closesOnExec: UInt32 { 0x4000_0000 }
  }

  /// What a call has received.
  struct Received {
    /// The number of bytes, or the size of the datagram if the program asked for it.
    var count = 0
    /// The flags that recvmsg reports.
    var flags: UInt32 = 0
  }

  /// The socket of an open file; nil for a file that is none.
  static func socket(of file: FileReference) -> Reference? {
    if case .socket(let socket) = file.file.object { socket } else { nil }
  }

  /// The socket of an open file, which has one.
  private static func own(_ file: FileReference) -> Reference {
    guard let socket = socket(of: file) else { preconditionFailure("no socket") }
    return socket
  }

  /// The queue of those who wait for a socket.
  static func queue(_ socket: Reference) -> FileWait<P>.Queue {
    Pipes<P>.queue(socket.pointee.incoming)
  }

  /// Wakes all who wait for a socket.
  private static func wakeAll(_ socket: Reference) {
    FileWait<P>.wake(queue(socket), [.readable, .room, .unasked, .readEnd], .all)
  }

  /// How long a call with these flags may wait.
  @inline(never)
  static func limit(
    _ file: FileReference, _ flags: UInt32, _ timeout: UInt64
  ) -> FileWait<P>.Limit {
    let mayBlock = file.file.mayBlock && flags & Flag.doNotWait == 0
    guard timeout != .max, mayBlock else { return FileWait<P>.Limit(mayBlock: mayBlock) }
    let (end, isFar) = P.monotonicNanoseconds().addingReportingOverflow(timeout)
    return FileWait<P>.Limit(mayBlock: timeout > 0, end: isFar ? .max : end)
  }

  /// Throws the error that a socket has to report, once.
  static func reportError(_ socket: Reference) throws(Errno) {
    guard socket.pointee.error != 0 else { return }
    let error = Errno(rawValue: socket.pointee.error)
    socket.pointee.error = 0
    throw error
  }

  // Ends.

  /// Makes a pair of sockets, which no file has, and returns its first one. The caller attaches both,
  /// or calls `free`.
  ///
  /// - Throws: `outOfMemory`.
  static func make(_ kind: Socket.Kind) throws(Errno) -> Reference {
    do throws(MemoryError) {
      return try P.fileObjects.pointee.makeSockets(kind, by: P.processIdentifier)
    } catch {
      throw Errno(error)
    }
  }

  /// An open file has the socket now.
  static func attach(_ socket: Reference) {
    socket.pointee.isOpen = true
    socket.pointee.incoming.pointee.readers = 1
    socket.pointee.outgoing.pointee.writers = 1
  }

  /// Frees a pair of sockets, which no file has, and the bytes in its pipes.
  static func free(_ socket: Reference) {
    Pipes<P>.empty(socket.pointee.incoming)
    Pipes<P>.empty(socket.pointee.outgoing)
    P.fileObjects.pointee.free(socket.pointee.pair)
  }

  /// Removes the datagrams that a socket has received.
  private static func takeQueue(_ socket: Reference) -> DatagramQueue {
    let queue = socket.pointee.queue
    socket.pointee.queue = DatagramQueue()
    return queue
  }

  /// Frees datagrams, with a preemption point after each: no socket has them.
  @inline(never)
  private static func release(_ datagrams: DatagramQueue) {
    var queue = datagrams
    while let first = queue.first {
      Datagrams<P>.removeFirst(&queue)
      Datagrams<P>.release(first)
      _ = P.mustEnd()  // A preemption point.
    }
  }

  /// Closes one of the sockets; the second close frees both. As on Linux, the peer then gets the end
  /// of the file, or an error if bytes for the closed one are lost; with datagrams it gets neither.
  static func closed(_ file: FileReference) {
    guard let socket = socket(of: file) else { return }
    let peer = socket.pointee.peer
    let isLost = hasInput(socket)
    let queue = takeQueue(socket)
    socket.pointee.isOpen = false
    // No preemption point here: the peer's close frees both.
    if peer.pointee.isOpen {
      if socket.pointee.kind != .datagram {
        if isLost { peer.pointee.error = Errno.connectionReset.rawValue }
        shut(socket, reading: true, writing: true)
      }
      Pipes<P>.empty(socket.pointee.incoming)
      wakeAll(peer)
    } else {
      free(socket)
    }
    release(queue)
  }

  /// Shuts directions of a socket, of its peer's too unless each datagram has a receiver.
  private static func shut(_ socket: Reference, reading: Bool, writing: Bool) {
    let hasEnds = socket.pointee.kind != .datagram
    if reading {
      socket.pointee.incoming.pointee.readers = 0
      if hasEnds { socket.pointee.incoming.pointee.writers = 0 }
    }
    if writing {
      socket.pointee.outgoing.pointee.writers = 0
      if hasEnds { socket.pointee.outgoing.pointee.readers = 0 }
    }
  }

  /// Shuts directions of a socket (shutdown(2)).
  static func shutDown(_ socket: Reference, reading: Bool, writing: Bool) {
    shut(socket, reading: reading, writing: writing)
    wakeAll(socket)
    wakeAll(socket.pointee.peer)
  }

  // Receiving.

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count > 0 else { return 0 }
    var vector = UserVector<P>(buffer)
    return Word(try receive(file, &vector, buffer.mayBlock ? 0 : Flag.doNotWait).count)
  }

  /// Receives bytes or a datagram (recv(2)).
  ///
  /// - Throws: `tryAgain`, `badAddress`, `restartsIfAsked`, `interrupted`, `connectionReset`;
  ///   `invalid` or `notSupported` for bytes out of band.
  @inline(never)
  static func receive(
    _ file: FileReference, _ vector: inout UserVector<P>, _ flags: UInt32
  ) throws(Errno) -> Received {
    let socket = own(file)
    let isStream = socket.pointee.kind == .stream
    guard flags & Flag.outOfBand == 0 else { throw isStream ? .invalid : .notSupported }
    let limit = limit(file, flags, socket.pointee.receiveTimeout)
    guard isStream else { return try receiveDatagram(socket, &vector, flags, limit) }
    let count =
      try flags & Flag.peek == 0 && vector.count > 0
      ? Pipes<P>.take(
        from: socket.pointee.incoming, into: &vector, limit,
        waitsForAll: flags & Flag.waitForAll != 0)
      : peekBytes(socket, &vector, limit)
    // The error comes after the last byte, and before the end.
    if count == 0, !hasInput(socket) { try reportError(socket) }
    return Received(count: count)
  }

  /// Waits for bytes, and stores those that there are; they stay.
  private static func peekBytes(
    _ socket: Reference, _ vector: inout UserVector<P>, _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    let pipe = socket.pointee.incoming
    var (done, hasWaited) = (0, false)
    // The bytes stay, so they are for the next reader, if this one was woken for them.
    defer { if hasWaited { Pipes<P>.wakeNextReader(pipe) } }
    repeat {
      try vector.advance()
      _ = try Pipes<P>.awaitBytes(in: pipe, limit, &hasWaited)
      let removals = pipe.pointee.removals
      do throws(Errno) {
        // What another reader takes meanwhile ends it.
        while vector.count > 0, pipe.pointee.removals == removals {
          let piece = vector.piece
          let count = try Pipes<P>.copy(from: pipe, done, into: piece)
          vector.leave(count)
          done += count
          guard count == piece.count else { break }
          try vector.advance()
        }
      } catch {
        guard done > 0 else { throw error }
      }
    } while done == 0 && vector.count > 0 && (pipe.pointee.count > 0 || pipe.pointee.writers > 0)
    return done
  }

  /// Receives the oldest datagram. What the vector has no room for is lost, and so is the datagram
  /// after a bad address, as on Linux.
  private static func receiveDatagram(
    _ socket: Reference, _ vector: inout UserVector<P>, _ flags: UInt32,
    _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Received {
    let pipe = socket.pointee.incoming
    var hasWaited = false
    // What is left, also after a signal, is for the next reader, if this one was woken for it.
    defer {
      if hasWaited, socket.pointee.queue.first != nil {
        FileWait<P>.wake(queue(socket), .readable, .one)
      }
    }
    var first: PhysicalFrame?
    while true {
      try reportError(socket)
      first = socket.pointee.queue.first
      if first != nil { break }
      if pipe.pointee.readers == 0 {
        guard socket.pointee.kind == .packets || limit.mayBlock else { throw .tryAgain }
        return Received()
      }
      hasWaited = true
      try FileWait<P>.block(in: queue(socket), for: .readable, limit) {
        socket.pointee.queue.first != nil || pipe.pointee.readers == 0
          || socket.pointee.error != 0
      }
    }
    guard let first else { return Received() }
    let header = Datagrams<P>.header(first)
    if flags & Flag.peek != 0 {
      header.pointee.users += 1
    } else {
      let wasFull = !hasRoom(socket)
      Datagrams<P>.removeFirst(&socket.pointee.queue)
      if wasFull, hasRoom(socket) { FileWait<P>.wake(queue(socket.pointee.peer), .room, .one) }
    }
    defer { Datagrams<P>.release(first) }
    let count = try Datagrams<P>.store(first, to: &vector)
    let size = header.pointee.count
    return Received(
      count: flags & Flag.truncated == 0 ? count : size,
      flags: count < size ? Flag.truncated : 0)
  }

  // Sending.

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    var vector = UserVector<P>(buffer)
    return Word(try send(file, &vector, 0))
  }

  /// Sends bytes or a datagram (send(2)). Only a stream without a reader sends a signal.
  ///
  /// - Throws: `tryAgain`, `badAddress`, `restartsIfAsked`, `interrupted`, `noBuffers`,
  ///   `brokenPipe`, `messageTooLong`, `connectionRefused`, `notConnected`, `connectionReset`;
  ///   `notSupported` for bytes out of band.
  @inline(never)
  static func send(
    _ file: FileReference, _ vector: inout UserVector<P>, _ flags: UInt32
  ) throws(Errno) -> Int {
    let socket = own(file)
    guard flags & Flag.outOfBand == 0 else { throw .notSupported }
    let limit = limit(file, flags, socket.pointee.sendTimeout)
    do throws(Errno) {
      return try socket.pointee.kind == .stream
        ? sendBytes(socket, &vector, flags, limit) : sendDatagram(socket, &vector, limit)
    } catch {
      throw error == .outOfMemory ? .noBuffers : error
    }
  }

  /// Sends bytes. As on Linux, only a direction that is shut before is a signal; what ends a wait is
  /// an error alone, that of the lost bytes first.
  private static func sendBytes(
    _ socket: Reference, _ vector: inout UserVector<P>, _ flags: UInt32,
    _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    let pipe = socket.pointee.outgoing
    guard pipe.pointee.readers > 0 else {
      if flags & Flag.noSignal == 0 { P.raiseBrokenPipe() }
      throw .brokenPipe
    }
    do throws(Errno) {
      let done = try Pipes<P>.put(into: pipe, from: &vector, limit)
      if vector.count > 0, pipe.pointee.readers == 0 { socket.pointee.error = 0 }
      return done
    } catch {
      if error == .brokenPipe { try reportError(socket) }
      throw error
    }
  }

  /// Sends a datagram. It is made before there is a place for it for certain, because that has
  /// preemption points.
  private static func sendDatagram(
    _ socket: Reference, _ vector: inout UserVector<P>, _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    let count = vector.count
    guard socket.pointee.isConnected else { throw .notConnected }
    guard count <= Int(socket.pointee.sendSize) - 32 else { throw .messageTooLong }
    let peer = socket.pointee.peer
    var hasWaited = false
    // The room that is left, also after a signal, is for the next sender, if this one was woken.
    defer { if hasWaited, hasRoom(peer) { FileWait<P>.wake(queue(socket), .room, .one) } }
    try awaitRoom(socket, limit, &hasWaited)
    let datagram = try Datagrams<P>.make(from: &vector)
    do throws(Errno) { try awaitRoom(socket, limit, &hasWaited) } catch {
      Datagrams<P>.release(datagram)
      throw error
    }
    let wasEmpty = peer.pointee.queue.first == nil
    Datagrams<P>.append(datagram, to: &peer.pointee.queue)
    FileWait<P>.wake(queue(peer), .readable, wasEmpty ? .one : .watchers)
    return count
  }

  /// Whether a socket takes another datagram.
  private static func hasRoom(_ receiver: Reference) -> Bool {
    receiver.pointee.queue.frameCount < Socket.queueFrames
  }

  /// Whether a send to the peer fails.
  private static func isBroken(_ socket: Reference) -> Bool {
    !socket.pointee.peer.pointee.isOpen || socket.pointee.outgoing.pointee.readers == 0
      || socket.pointee.outgoing.pointee.writers == 0
  }

  /// Waits until the peer takes a datagram.
  ///
  /// - Throws: `brokenPipe`, `connectionRefused`, `connectionReset`, and as `FileWait.block`.
  private static func awaitRoom(
    _ socket: Reference, _ limit: FileWait<P>.Limit, _ hasWaited: inout Bool
  ) throws(Errno) {
    let peer = socket.pointee.peer
    while true {
      try reportError(socket)
      guard !isBroken(socket) else { throw refusal(socket) }
      if hasRoom(peer) { return }
      hasWaited = true
      try FileWait<P>.block(in: queue(socket), for: .writable, limit) {
        hasRoom(peer) || isBroken(socket)
      }
    }
  }

  /// The error of a send that fails. As on Linux, a datagram for a closed peer disconnects the
  /// socket, which loses what it has received.
  private static func refusal(_ socket: Reference) -> Errno {
    guard socket.pointee.outgoing.pointee.writers > 0, socket.pointee.kind == .datagram,
      !socket.pointee.peer.pointee.isOpen
    else { return .brokenPipe }
    socket.pointee.isConnected = false
    release(takeQueue(socket))
    return .connectionRefused
  }

  // State.

  private static func hasInput(_ socket: Reference) -> Bool {
    socket.pointee.incoming.pointee.count > 0 || socket.pointee.queue.first != nil
  }

  /// Readable also at the end, and writable also if a write fails (poll(2)).
  static func events(of file: FileReference) -> FileEvents {
    let socket = own(file)
    let isShut = socket.pointee.incoming.pointee.readers == 0
    var events: FileEvents = []
    if socket.pointee.error != 0 { events.insert(.error) }
    if isShut { events.insert(.readEnd) }
    if isShut, socket.pointee.outgoing.pointee.writers == 0 { events.insert(.hangUp) }
    if isShut || hasInput(socket) { events.insert(.readable) }
    if !socket.pointee.outgoing.pointee.isFull, hasRoom(socket.pointee.peer) {
      events.formUnion(.room)
    }
    return events
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? { queue(own(file)) }

  /// FIONREAD stores the number of bytes that were received; of datagrams without ends, that of the
  /// first (unix(7)).
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    guard request == 0x541b else { throw .notTerminal }
    let socket = own(file)
    let count: Int
    switch socket.pointee.kind {
    case .stream: count = socket.pointee.incoming.pointee.byteCount
    case .packets: count = socket.pointee.queue.byteCount
    case .datagram:
      count = socket.pointee.queue.first.map { Datagrams<P>.header($0).pointee.count } ?? 0
    }
    try UserBuffer<P>(address: argument, count: 4).store(UInt32(count))
    return 0
  }

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    status.set(mode: FileStatus.socket | 0o777, inode: node.index, deviceMinor: 12)
  }

  static func seekRange(of node: FileNode) -> SeekRange { .none }

  /// What /proc/PID/fd shows: `socket:[` and the inode number.
  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("socket:[")
    window.decimal(UInt64(node.index))
    window.text("]")
  }
}
