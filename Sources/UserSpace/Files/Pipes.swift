// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The file system of pipes. A node's number is the inode; the pipe belongs to the open files that
/// are its ends. A FIFO is a node of the tree, whose ends are those of a pipe as well.
///
/// All is done under the kernel lock, which makes a write of up to 4,096 bytes (PIPE_BUF) one step.
enum Pipes<P: FilePlatform>: NodeOperations {
  typealias Reference = RecordReference<Pipe>

  private static var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  /// The pipe of which an open file is an end.
  @inline(__always)
  private static func pipe(of file: FileReference) -> Reference {
    guard case .pipe(let pipe) = file.file.object else { preconditionFailure("no pipe") }
    return pipe
  }

  /// The queue of those who read.
  static func queue(_ pipe: Reference) -> FileWait<P>.Queue {
    // The queue is in the pipe, which stays in place while an end is open.
    pipe.pointee.waiters.reference
  }

  /// The queue of those who write.
  static func writers(_ pipe: Reference) -> FileWait<P>.Queue { queue(pipe.pointee.twin) }

  // Ends.

  /// Makes a pipe. The caller attaches its ends, or calls `release`.
  ///
  /// - Throws: `fileTableFull` without memory, as Linux.
  static func make() throws(Errno) -> (Reference, FileNode) {
    do throws(MemoryError) {
      let pipe = try P.fileObjects.pointee.makePipe()
      return (pipe, FileNode(.pipes, P.fileObjects.pointee.newNumber()))
    } catch {
      throw .fileTableFull
    }
  }

  /// Makes an open file of the pipe's node an end of the pipe.
  static func attach(_ file: FileReference, to pipe: Reference) {
    file.file.object = .pipe(pipe)
    if file.file.mayRead {
      pipe.pointee.readers += 1
      pipe.pointee.readerOpens &+= 1
    }
    if file.file.mayWrite {
      pipe.pointee.writers += 1
      pipe.pointee.writerOpens &+= 1
    }
  }

  /// Makes an open file an end of a FIFO's pipe, and blocks until there is another end (fifo(7)).
  /// The caller has the only reference to the file.
  ///
  /// - Throws: `noSuchDevice` for an end to write to that may not block without a reader;
  ///   `restartsIfAsked` after a signal.
  static func open(_ file: FileReference, of pipe: Reference) throws(Errno) {
    let (mayRead, mayWrite) = (file.file.mayRead, file.file.mayWrite)
    guard mayRead || file.file.mayBlock || pipe.pointee.readers > 0 else { throw .noSuchDevice }
    attach(file, to: pipe)
    FileWait<P>.wake(queue(pipe), [.readable, .writable], .all)
    if mayRead, !mayWrite, pipe.pointee.writers == 0 {
      let opens = pipe.pointee.writerOpens
      guard file.file.mayBlock else {
        file.file.position = UInt64(opens)  // `events`: no writer has left yet.
        return
      }
      try FileWait<P>.block(in: queue(pipe), for: .readable) { pipe.pointee.writerOpens != opens }
    } else if mayWrite, !mayRead, pipe.pointee.readers == 0 {
      let opens = pipe.pointee.readerOpens
      try FileWait<P>.block(in: queue(pipe), for: .writable) { pipe.pointee.readerOpens != opens }
    }
  }

  /// Makes an open file of a pipe's node, which /proc/PID/fd leads to, another end of the pipe.
  /// Unlike the open of a FIFO, it waits for no other end.
  ///
  /// - Throws: `noSuchDevice` if the pipe has lost its ends meanwhile.
  @inline(never)
  static func reopen(_ file: FileReference) throws(Errno) {
    guard
      let other = P.openFiles.first(
        where: {
          guard case .pipe = $0.object else { return false }
          return $0.node == file.file.node
        }, orEndIf: { P.mustEnd() }), case .pipe(let pipe) = P.openFiles[other].object
    else { throw .noSuchDevice }
    attach(file, to: pipe)
    FileWait<P>.wake(queue(pipe), [.readable, .writable], .all)
  }

  /// Takes an end from its pipe. The last end of a side wakes all waiters; the last of both frees the
  /// pipe with its pages.
  static func closed(_ file: FileReference) {
    guard case .pipe(let pipe) = file.file.object else { return }
    if file.file.mayRead { pipe.pointee.readers -= 1 }
    if file.file.mayWrite { pipe.pointee.writers -= 1 }
    guard pipe.pointee.readers | pipe.pointee.writers != 0 else {
      if file.file.node.system == .tree { FileTree<P>.inode(file.file.node).pointee.pipe = nil }
      return release(pipe)
    }
    guard pipe.pointee.readers == 0 || pipe.pointee.writers == 0 else { return }
    FileWait<P>.wake(queue(pipe), [.readable, .writable, .unasked], .all)
  }

  /// Frees a pipe without ends, and what is in it.
  @inline(never)
  static func release(_ pipe: Reference) {
    empty(pipe)
    if let ring = pipe.pointee.ringFrame { pool.release(ring) }
    P.fileObjects.pointee.free(pipe)
  }

  /// Frees what is in a pipe.
  @inline(never)
  static func empty(_ pipe: Reference) {
    while pipe.pointee.count > 0 {
      pool.release(pipe.pointee.page(0).pointee.frame)
      pipe.pointee.removeFirst()
    }
    if let spare = pipe.pointee.spare { pool.release(spare) }
    pipe.pointee.spare = nil
  }

  // Reading.

  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    Word(
      try take(
        from: pipe(of: file), into: buffer,
        FileWait<P>.Limit(mayBlock: file.file.mayBlock && buffer.mayBlock)))
  }

  /// Waits until a pipe has bytes; returns false at the end. A caller that has waited owes the next
  /// reader a wake-up, also after an error.
  @inline(never)
  static func awaitBytes(
    in pipe: Reference, _ limit: FileWait<P>.Limit, _ hasWaited: inout Bool
  ) throws(Errno) -> Bool {
    while pipe.pointee.count == 0 {
      guard pipe.pointee.writers > 0 else { return false }
      hasWaited = true
      try FileWait<P>.block(in: queue(pipe), for: .readable, limit) {
        pipe.pointee.count > 0 || pipe.pointee.writers == 0
      }
    }
    return true
  }

  /// Takes bytes, the oldest first, from one page after the other. Waits only for the first byte, and
  /// ends after a packet, at the end of the writers, or when the thread must end.
  @inline(never)
  static func take(
    from pipe: Reference, into buffer: UserBuffer<P>, _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    var done = 0
    var hasWaited = false
    defer { if hasWaited { wakeNextReader(pipe) } }
    do throws(Errno) {
      while done < buffer.count {
        guard pipe.pointee.count > 0 else {
          guard done == 0, try awaitBytes(in: pipe, limit, &hasWaited) else { break }
          continue
        }
        let (taken, wasPacket) = try takeFirst(pipe, into: buffer, at: done)
        done += taken
        if wasPacket || done < buffer.count && P.mustEnd() { break }
      }
    } catch {
      guard done > 0 else { throw error }
    }
    return done
  }

  /// Stores the bytes from `start` on, which stay in the pipe. A preemption point after each page:
  /// what another reader takes meanwhile ends it.
  @inline(never)
  static func copy(
    from pipe: Reference, _ start: Int, into buffer: UserBuffer<P>
  ) throws(Errno) -> Int {
    var (done, skipped, index) = (0, start, 0)
    let removals = pipe.pointee.removals
    // A writer may lengthen the last page after its copy; what comes behind it then stays out.
    let pages = pipe.pointee.count
    while index < pages, done < buffer.count {
      let page = pipe.pointee.page(index).pointee
      index += 1
      let count = min(Int(page.count) - skipped, buffer.count - done)
      guard count > 0 else {
        skipped -= Int(page.count)
        continue
      }
      do throws(Errno) {
        try buffer.store(from: page.frame, Int(page.start) + skipped, count: count, at: done)
      } catch {
        guard done > 0 else { throw error }
        break
      }
      done += count
      skipped = 0
      if P.mustEnd() || pipe.pointee.removals != removals { break }
    }
    return done
  }

  /// Stores bytes of the oldest page at `offset` of the buffer, and removes the page if it is empty
  /// then or was a packet.
  ///
  /// - Throws: `badAddress`; no byte is lost then.
  @inline(__always)
  private static func takeFirst(
    _ pipe: Reference, into buffer: UserBuffer<P>, at offset: Int
  ) throws(Errno) -> (Int, wasPacket: Bool) {
    let page = pipe.pointee.page(0)
    let count = min(Int(page.pointee.count), buffer.count - offset)
    try buffer.store(
      from: page.pointee.frame, Int(page.pointee.start), count: count, at: offset)
    let wasPacket = page.pointee.isPacket
    if wasPacket { page.pointee.count = UInt16(truncatingIfNeeded: count) }
    consume(count, of: page, in: pipe)
    return (count, wasPacket)
  }

  /// Removes the first bytes of the oldest page, and the page if none are left.
  @inline(__always)
  static func consume(_ count: Int, of pipe: Reference) {
    consume(count, of: pipe.pointee.page(0), in: pipe)
  }

  @inline(__always)
  private static func consume(
    _ count: Int, of page: RecordReference<PipePage>, in pipe: Reference
  ) {
    // Wrapping: the page has these bytes.
    page.pointee.start &+= UInt16(truncatingIfNeeded: count)
    page.pointee.count &-= UInt16(truncatingIfNeeded: count)
    pipe.pointee.removals &+= 1
    if page.pointee.count == 0 { removeFirst(pipe, page.pointee.frame) }
  }

  /// Removes the oldest page, and wakes a writer if the pipe was full.
  @inline(__always)
  private static func removeFirst(_ pipe: Reference, _ frame: PhysicalFrame) {
    let wasFull = pipe.pointee.isFull
    pipe.pointee.removeFirst()
    keep(frame, of: pipe)
    if wasFull { FileWait<P>.wake(writers(pipe), .room, .one) }
  }

  /// Keeps an unused frame for the next page, or releases it.
  @inline(__always)
  static func keep(_ frame: PhysicalFrame, of pipe: Reference) {
    if pipe.pointee.spare == nil { pipe.pointee.spare = frame } else { release(frame) }
  }

  /// Releases a frame that the pipe has no use for.
  @inline(never)
  private static func release(_ frame: PhysicalFrame) { pool.release(frame) }

  /// Wakes the next reader if there are bytes, after a read that was woken and did not use them up.
  @inline(never)
  static func wakeNextReader(_ pipe: Reference) {
    if pipe.pointee.count > 0 { FileWait<P>.wake(queue(pipe), .readable, .one) }
  }

  // Writing.

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    Word(
      try put(
        into: pipe(of: file), from: buffer, FileWait<P>.Limit(mayBlock: file.file.mayBlock),
        isPacket: file.file.flags & P.directFlag != 0))
  }

  /// Appends bytes and waits for room until all are taken. Up to PIPE_BUF bytes stay together
  /// (pipe(7)).
  @inline(never)
  static func put(
    into pipe: Reference, from buffer: UserBuffer<P>, _ limit: FileWait<P>.Limit,
    isPacket: Bool = false
  ) throws(Errno) -> Int {
    var done = 0
    var hasWaited = false
    defer { if hasWaited { wakeNextWriter(pipe) } }
    do throws(Errno) {
      while done < buffer.count {
        if pipe.pointee.isFull || pipe.pointee.readers == 0 {
          try awaitRoom(pipe, for: oddBytes(buffer, after: done), limit, &hasWaited)
        }
        done += try append(pipe, buffer, from: done, isPacket: isPacket)
        if done < buffer.count && P.mustEnd() { break }
      }
    } catch {
      if error == .brokenPipe, pipe.pointee.twin == pipe { P.raiseBrokenPipe() }
      guard done > 0 else { throw error }
    }
    return done
  }

  /// Wakes the next writer if there is room, after a write that was woken and did not use it up.
  @inline(never)
  static func wakeNextWriter(_ pipe: Reference) {
    if !pipe.pointee.isFull { FileWait<P>.wake(writers(pipe), .room, .one) }
  }

  /// The number of bytes that the last page must have room for if there is no other: all of a call
  /// that moves up to 4,096, which stay together, or those of the piece that `append` puts there.
  @inline(__always)
  private static func oddBytes(_ buffer: UserBuffer<P>, after done: Int) -> Int {
    let count = buffer.count + buffer.following
    guard done == 0 else { return 0 }
    return (count <= Int(Page.size) ? count : buffer.count) & Int(Page.offsetMask)
  }

  /// Whether the pipe has room for a new page, or for `odd` bytes in the last one.
  @inline(never)
  private static func hasRoom(_ pipe: Reference, for odd: Int) -> Bool {
    if !pipe.pointee.isFull { return true }
    return odd > 0 && pipe.pointee.last?.pointee.hasRoom(for: odd) == true
  }

  /// Waits until the pipe has room for a new page or for `odd` bytes. A write of at most 4,096 then
  /// fits completely, however it is divided.
  ///
  /// - Throws: `brokenPipe` if there are no readers; `tryAgain`, `restartsIfAsked`.
  @inline(never)
  private static func awaitRoom(
    _ pipe: Reference, for odd: Int, _ limit: FileWait<P>.Limit, _ hasWaited: inout Bool
  ) throws(Errno) {
    while pipe.pointee.readers > 0 {
      if hasRoom(pipe, for: odd) { return }
      hasWaited = true
      try FileWait<P>.block(in: writers(pipe), for: .writable, limit) {
        pipe.pointee.readers == 0 || hasRoom(pipe, for: odd)
      }
    }
    throw .brokenPipe
  }

  /// Appends bytes of the buffer from `start` on to the last page or, up to a page of them, as a new
  /// one. There is room.
  ///
  /// - Throws: `badAddress`, `outOfMemory`; the pipe is unchanged then.
  private static func append(
    _ pipe: Reference, _ buffer: UserBuffer<P>, from start: Int, isPacket: Bool
  ) throws(Errno) -> Int {
    let odd = start == 0 ? buffer.count & Int(Page.offsetMask) : 0
    let count: Int
    if odd > 0, let last = pipe.pointee.last, last.pointee.hasRoom(for: odd) {
      count = odd
      try buffer.load(
        to: last.pointee.frame, Int(last.pointee.start + last.pointee.count), count: count,
        at: start)
      last.pointee.count += UInt16(truncatingIfNeeded: count)
      FileWait<P>.wake(queue(pipe), .readable, .watchers)
    } else {
      count = min(buffer.count - start, Int(Page.size))
      let frame = try newFrame(pipe)
      do throws(Errno) {
        try buffer.load(to: frame, 0, count: count, at: start)
      } catch {
        keep(frame, of: pipe)
        throw error
      }
      append(frame, count, isPacket: isPacket, to: pipe)
    }
    return count
  }

  /// Appends a page with the first `count` bytes of a frame, which is the pipe's then. There is room.
  @inline(__always)
  static func append(_ frame: PhysicalFrame, _ count: Int, isPacket: Bool, to pipe: Reference) {
    let wasEmpty = pipe.pointee.count == 0
    pipe.pointee.append(
      PipePage(frame: frame, count: UInt16(truncatingIfNeeded: count), isPacket: isPacket))
    FileWait<P>.wake(queue(pipe), .readable, wasEmpty ? .one : .watchers)
  }

  /// A frame for a page: the spare one, or a new one.
  ///
  /// - Throws: `outOfMemory`.
  @inline(__always)
  static func newFrame(_ pipe: Reference) throws(Errno) -> PhysicalFrame {
    if let spare = pipe.pointee.spare {
      pipe.pointee.spare = nil
      return spare
    }
    do { return try pool.allocateCold(zeroed: false) } catch { throw Errno(error) }
  }

  // Size and state.

  /// The number of bytes of the pages for which the pipe of an open file has room (F_GETPIPE_SZ).
  ///
  /// - Throws: `badDescriptor` if the file is not a pipe.
  static func size(of file: FileReference) throws(Errno) -> Word {
    guard case .pipe(let pipe) = file.file.object else { throw .badDescriptor }
    return Word(pipe.pointee.capacity) * Page.size
  }

  /// Gives the pipe of an open file room for `size` bytes, in pages and rounded up to a power of two
  /// (F_SETPIPE_SZ). Returns the new size.
  ///
  /// - Throws: `badDescriptor` if the file is not a pipe; `invalid` above 2 GiB, `outOfMemory` above
  ///   the greatest capacity; `busy` if what is in the pipe does not fit.
  static func resize(_ file: FileReference, to size: UInt32) throws(Errno) -> Word {
    guard case .pipe(let pipe) = file.file.object else { throw .badDescriptor }
    guard size <= 1 << 31 else { throw .invalid }
    var capacity = 1
    while capacity * Int(Page.size) < Int(size) { capacity *= 2 }
    guard pipe.pointee.count <= capacity else { throw .busy }
    guard capacity <= Pipe.greatestCapacity else { throw .outOfMemory }
    do throws(MemoryError) { try PipeSlot.resize(pipe, to: capacity, pool) } catch {
      throw Errno(error)
    }
    wakeNextWriter(pipe)
    return Word(capacity) * Page.size
  }

  /// Readable with bytes, writable with a free page. Without writers it has hung up, except for a
  /// reader that opened it before the first of them; without readers it has an error (poll(2)).
  static func events(of file: FileReference) -> FileEvents { events(of: file, pipe(of: file)) }

  /// The events of an end of `pipe`.
  @inline(__always)
  static func events(of file: FileReference, _ pipe: Reference) -> FileEvents {
    var events: FileEvents = []
    if file.file.mayRead {
      if pipe.pointee.count > 0 { events.insert(.readable) }
      if pipe.pointee.writers == 0, file.file.position != UInt64(pipe.pointee.writerOpens) {
        events.insert(.hangUp)
      }
    }
    if file.file.mayWrite {
      if !pipe.pointee.isFull { events.insert(.writable) }
      if pipe.pointee.readers == 0 { events.insert(.error) }
    }
    return events
  }

  static func waiters(of file: FileReference) -> FileWait<P>.Queue? { queue(pipe(of: file)) }

  /// FIONREAD stores the number of bytes in the pipe as an int (ioctl_fionread(2)).
  static func control(
    _ file: FileReference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    guard request == 0x541b else { throw .notTerminal }  // FIONREAD
    try UserBuffer<P>(address: argument, count: 4).store(
      UInt32(pipe(of: file).pointee.byteCount))
    return 0
  }

  // Names: a pipe has none.

  static func describe(_ node: FileNode, in status: inout FileStatus) {
    status.set(mode: FileStatus.fifo | 0o600, inode: node.index, deviceMinor: 8)
  }

  static func child(of directory: FileNode, named name: Span<UInt8>) -> FileNode? { nil }

  static func parent(of node: FileNode) -> FileNode { .root }

  static func member(
    of directory: FileNode, at position: UInt64, _ name: inout EntryName
  ) -> (node: FileNode, next: UInt64)? { nil }

  /// What /proc/PID/fd shows: `pipe:[` and the inode number.
  static func writePath(of node: FileNode, to window: inout TextWindow) {
    window.text("pipe:[")
    window.decimal(UInt64(node.index))
    window.text("]")
  }

  static func seekRange(of node: FileNode) -> SeekRange { .none }
}
