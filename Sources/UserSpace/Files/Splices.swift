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

  /// Waits until a pipe has bytes; returns false at the end.
  static func awaitBytes(
    in pipe: Reference, _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Bool {
    while pipe.pointee.count == 0 {
      guard pipe.pointee.writers > 0 else { return false }
      try FileWait<P>.block(in: Pipes<P>.queue(pipe), for: .readable, limit) {
        pipe.pointee.count > 0 || pipe.pointee.writers == 0
      }
    }
    return true
  }

  /// Waits until a pipe has room for a page.
  ///
  /// - Throws: `brokenPipe` without readers, with a signal; as `FileWait.block`.
  static func awaitPage(of pipe: Reference, _ limit: FileWait<P>.Limit) throws(Errno) {
    while pipe.pointee.readers > 0 {
      if !pipe.pointee.isFull { return }
      try FileWait<P>.block(in: Pipes<P>.writers(pipe), for: .writable, limit) {
        !pipe.pointee.isFull || pipe.pointee.readers == 0
      }
    }
    P.raiseBrokenPipe()
    throw .brokenPipe
  }

  /// Moves bytes from pipe to pipe, until one is empty or the other full; with `keeps`, they stay in
  /// the first one as well. Waits only for the first page.
  ///
  /// - Returns: the number of bytes; 0 at the end.
  @inline(never)
  static func move(
    _ count: Int, from source: Reference, to target: Reference, _ limit: FileWait<P>.Limit,
    keeps: Bool
  ) throws(Errno) -> Int {
    defer {
      Pipes<P>.wakeNextReader(source)
      Pipes<P>.wakeNextWriter(target)
    }
    repeat {
      guard try awaitBytes(in: source, limit) else { return 0 }
      try awaitPage(of: target, limit)
    } while source.pointee.count == 0  // Another reader was faster.
    var (done, index) = (0, 0)
    while done < count, index < source.pointee.count, !target.pointee.isFull,
      target.pointee.readers > 0
    {
      let page = source.pointee.page(index).pointee
      let size = min(Int(page.count), count - done)
      do throws(Errno) {
        let frame = try Pipes<P>.newFrame(target)
        try UserBuffer<P>(frame: frame, count: size).store(
          from: page.frame, Int(page.start), count: size, at: 0)
        Pipes<P>.append(frame, size, isPacket: page.isPacket, to: target)
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
    var done = 0
    defer { Pipes<P>.wakeNextWriter(pipe) }
    do throws(Errno) {
      while done < count {
        if done > 0, pipe.pointee.isFull { break }
        try awaitPage(of: pipe, limit)
        let frame = try Pipes<P>.newFrame(pipe)
        var (next, size) = (position, Word(0))
        do throws(Errno) {
          size = try Files<P>.read(
            file, &next,
            into: UserBuffer<P>(frame: frame, count: min(count - done, Int(Page.size))))
        } catch {
          Pipes<P>.keep(frame, of: pipe)
          throw error
        }
        // The read has preemption points: the page may have gone.
        guard size > 0, !pipe.pointee.isFull, pipe.pointee.readers > 0 else {
          Pipes<P>.keep(frame, of: pipe)
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

  /// Writes bytes of a pipe to a file (`isTarget`), until the pipe is empty. Waits only for the first
  /// page.
  ///
  /// - Returns: the number of bytes; 0 at the end.
  @inline(never)
  static func drain(
    _ pipe: Reference, _ count: Int, to file: FileReference, at position: inout UInt64,
    _ limit: FileWait<P>.Limit
  ) throws(Errno) -> Int {
    defer { Pipes<P>.wakeNextReader(pipe) }
    guard try awaitBytes(in: pipe, limit) else { return 0 }
    var spare: PhysicalFrame? = try Pipes<P>.newFrame(pipe)
    var done = 0
    while done < count, pipe.pointee.count > 0, let frame = spare {
      let page = pipe.pointee.page(0).pointee
      // A write to one page of a file fails before its first preemption point, or takes all.
      let size = min(
        Int(page.count), count - done, Int(Page.size) - Int(position & UInt64(Page.offsetMask)))
      let buffer = UserBuffer<P>(frame: frame, count: size)
      do throws(Errno) {
        try buffer.store(from: page.frame, Int(page.start), count: size, at: 0)
        Pipes<P>.consume(size, of: pipe)
        done += Int(try Files<P>.write(file, &position, from: buffer))
      } catch {
        if pipe.pointee.putBack(size, of: page, in: frame) { spare = nil }
        guard done > 0 else {
          if let spare { Pipes<P>.keep(spare, of: pipe) }
          throw error
        }
        break
      }
      if P.mustEnd(isInterruptible: true) { break }
    }
    if let spare { Pipes<P>.keep(spare, of: pipe) }
    return done
  }
}
