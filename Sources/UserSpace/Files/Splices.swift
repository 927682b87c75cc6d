// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Transfers between a pipe and another file (splice(2), tee(2)), a page at a time. The bytes are
/// copied. A direction of a stream of sockets is a pipe as well.
///
/// All is done under the kernel lock.
enum Splices<P: FilePlatform> {
  typealias Reference = RecordReference<Pipe>

  /// The pipe of an open file; nil for a file that is no end of one.
  static func pipe(of file: FileReference) -> Reference? {
    if case .pipe(let pipe) = file.file.object { pipe } else { nil }
  }

  /// The direction of a stream that a socket reads or writes; nil for another file.
  static func direction(of file: FileReference, isWritten: Bool) -> Reference? {
    guard let socket = Sockets<P>.socket(of: file), socket.pointee.kind == .stream else {
      return nil
    }
    return isWritten ? socket.pointee.outgoing : socket.pointee.incoming
  }

  /// Whether `drain` can write to a file: a regular one, or a device that never waits.
  static func isTarget(_ file: FileReference) -> Bool {
    switch file.file.node.system {
    case .tree: Files<P>.type(file.file.node) == FileStatus.regular
    case .devices: Files<P>.waiters(of: file) == nil
    default: false
    }
  }

  /// Waits until a pipe has room for a page. A caller that has waited owes the next writer a wake-up,
  /// also after an error.
  ///
  /// - Throws: `brokenPipe` without readers, with a signal unless a socket has waited; as
  ///   `FileWait.block`.
  @inline(never)
  static func awaitPage(
    of pipe: Reference, _ limit: FileWait<P>.Limit, _ hasWaited: inout Bool
  ) throws(Errno) {
    while pipe.pointee.readers > 0 {
      if !pipe.pointee.isFull { return }
      hasWaited = true
      try FileWait<P>.block(in: Pipes<P>.writers(pipe), for: .writable, limit) {
        !pipe.pointee.isFull || pipe.pointee.readers == 0
      }
    }
    if pipe.pointee.twin == pipe || !hasWaited { P.raiseBrokenPipe() }
    throw .brokenPipe
  }

  /// As in `Pipes`, but one copy for all transfers.
  @inline(never)
  private static func newFrame(_ pipe: Reference) throws(Errno) -> PhysicalFrame {
    try Pipes<P>.newFrame(pipe)
  }

  @inline(never)
  private static func keep(_ frame: PhysicalFrame, of pipe: Reference) {
    Pipes<P>.keep(frame, of: pipe)
  }

  /// Moves bytes from pipe to pipe, until one is empty or the other full; with `keeps`, they stay in
  /// the first one as well. Waits only for the first page, with a limit for each of the two.
  ///
  /// - Returns: the number of bytes; 0 at the end.
  @inline(never)
  static func move(
    _ count: Int, from source: Reference, _ input: FileWait<P>.Limit, to target: Reference,
    _ output: FileWait<P>.Limit, keeps: Bool
  ) throws(Errno) -> Int {
    var (waitedForBytes, waitedForRoom) = (false, false)
    defer {
      if waitedForBytes { Pipes<P>.wakeNextReader(source) }
      if waitedForRoom { Pipes<P>.wakeNextWriter(target) }
    }
    // As on Linux, a socket's bytes need room first, and a pipe without readers is an error also at
    // the end. Before each wait, what the other one was woken for is left to the next thread.
    if source.pointee.twin != source { try awaitPage(of: target, output, &waitedForRoom) }
    var hasBytes: Bool
    repeat {
      if waitedForRoom, source.pointee.count == 0 { Pipes<P>.wakeNextWriter(target) }
      hasBytes = try Pipes<P>.awaitBytes(in: source, input, &waitedForBytes)
      guard hasBytes || target.pointee.twin == target else { return 0 }
      if waitedForBytes, target.pointee.isFull { Pipes<P>.wakeNextReader(source) }
      try awaitPage(of: target, output, &waitedForRoom)
    } while hasBytes && source.pointee.count == 0  // Another reader was faster.
    var (done, index) = (0, 0)
    // A writer may lengthen the last page after its copy; what comes behind it then stays out.
    let pages = source.pointee.count
    while done < count, index < min(pages, source.pointee.count), !target.pointee.isFull,
      target.pointee.readers > 0
    {
      let page = source.pointee.page(index).pointee
      let size = min(Int(page.count), count - done)
      do throws(Errno) {
        let frame = try newFrame(target)
        try UserBuffer<P>(frame: frame, count: size).store(
          from: page.frame, Int(page.start), count: size, at: 0)
        // A stream of sockets has no packets.
        Pipes<P>.append(
          frame, size, isPacket: page.isPacket && target.pointee.twin == target, to: target)
      } catch {
        guard done > 0 else { throw error }
        break
      }
      if keeps { index += 1 } else { Pipes<P>.consume(size, of: source) }
      done += size
      let removals = source.pointee.removals
      if P.mustEnd(isInterruptible: true) || keeps && source.pointee.removals != removals { break }
    }
    return done
  }

  /// Appends bytes of a regular file, until the pipe is full or the file ends. Waits only for the
  /// first page.
  @inline(never)
  static func fill(
    _ pipe: Reference, _ count: Int, from file: FileReference, at position: inout UInt64,
    _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    var (done, hasWaited) = (0, false)
    defer { if hasWaited { Pipes<P>.wakeNextWriter(pipe) } }
    do throws(Errno) {
      while done < count {
        if done > 0, pipe.pointee.isFull { break }
        try awaitPage(of: pipe, limit, &hasWaited)
        let frame = try newFrame(pipe)
        var (next, size) = (position, Word(0))
        do throws(Errno) {
          size = try Files<P>.read(
            file, &next,
            into: UserBuffer<P>(frame: frame, count: min(count - done, Int(Page.size))))
        } catch {
          keep(frame, of: pipe)
          throw error
        }
        // The read has preemption points: the page may have gone.
        guard size > 0, !pipe.pointee.isFull, pipe.pointee.readers > 0 else {
          keep(frame, of: pipe)
          if size == 0 { break }
          continue
        }
        Pipes<P>.append(frame, Int(size), isPacket: false, to: pipe)
        position = next
        done += Int(size)
        if P.mustEnd(isInterruptible: true) { break }
      }
    } catch {
      guard done > 0 else { throw error }
    }
    return done
  }

  /// Writes bytes of a pipe to a file (`isTarget`), until the pipe is empty.
  @inline(never)
  static func drain(
    _ pipe: Reference, _ count: Int, to file: FileReference, at position: inout UInt64
  ) throws(Errno) -> Int {
    var spare: PhysicalFrame? = try newFrame(pipe)
    var done = 0
    // An append, which another thread may ask for, has no position.
    while done < count, pipe.pointee.count > 0, file.file.flags & OpenFile.append == 0,
      let frame = spare
    {
      let page = pipe.pointee.page(0).pointee
      // A write of one piece fails before its first preemption point, or takes all.
      let most = min(
        Int(Page.size) - Int(position & UInt64(Page.offsetMask)), position & 3 == 0 ? 4096 : 1024)
      let size = min(Int(page.count), count - done, most)
      let buffer = UserBuffer<P>(frame: frame, count: size)
      do throws(Errno) {
        try buffer.store(from: page.frame, Int(page.start), count: size, at: 0)
        Pipes<P>.consume(size, of: pipe)
        done += Int(try Files<P>.write(file, &position, from: buffer))
      } catch {
        if pipe.pointee.putBack(size, of: page, in: frame) { spare = nil }
        guard done > 0 else {
          if let spare { keep(spare, of: pipe) }
          throw error
        }
        break
      }
      if P.mustEnd(isInterruptible: true) { break }
    }
    if let spare { keep(spare, of: pipe) }
    return done
  }
}
