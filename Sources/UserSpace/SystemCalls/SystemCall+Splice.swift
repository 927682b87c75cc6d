// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// splice, tee and vmsplice.
extension SystemCall {
  /// SPLICE_F_NONBLOCK, and all flags; the others are hints.
  private static var doNotWait: UInt32 { 2 }
  private static var spliceFlags: UInt32 { 0xf }

  /// splice: the source, the address of a position in it or null, the target and its, the count,
  /// flags. At least one of the files is a pipe.
  @inline(never)
  func splice() throws(Errno) -> Word {
    guard word(4) > 0 else { return 0 }
    guard argument(5) & ~Self.spliceFlags == 0 else { throw .invalid }
    return try files.with(argument(0)) { (source) throws(Errno) in
      try files.with(argument(2)) { (target) throws(Errno) in
        try splice(from: source, to: target, Int(min(word(4), Self.greatestCount)))
      }
    }
  }

  private func splice(
    from source: FileReference, to target: FileReference, _ count: Int
  ) throws(Errno) -> Word {
    let (input, output) = (Splices<P>.pipe(of: source), Splices<P>.pipe(of: target))
    guard input == nil || address(1) == 0, output == nil || address(3) == 0 else {
      throw .illegalSeek
    }
    var (from, to) = (source.file.position, target.file.position)
    if address(3) != 0 { to = try loadPosition(address(3), isLong: true) }
    if address(1) != 0 { from = try loadPosition(address(1), isLong: true) }
    guard source.file.mayRead, target.file.mayWrite else { throw .badDescriptor }
    guard input != nil || output != nil, input != output else { throw .invalid }
    // A size for a file or a socket has a sign.
    guard output != nil || word(4) <= Word(Int32.max) else { throw .invalid }
    let limit = FileWait<P>.Limit(
      mayBlock: argument(5) & Self.doNotWait == 0 && (input == nil || source.file.mayBlock)
        && (output == nil || target.file.mayBlock))
    // A stream of sockets has no positions.
    if let first = input ?? Splices<P>.direction(of: source, isWritten: false),
      let second = output ?? Splices<P>.direction(of: target, isWritten: true)
    {
      guard address(1) == 0, address(3) == 0 else { throw .invalid }
      // As on Linux, the pipe's limit holds for bytes of a socket, and not for its room.
      let (sender, receiver) = (Sockets<P>.socket(of: source), Sockets<P>.socket(of: target))
      let done = try Splices<P>.move(
        count, from: first,
        sender.map {
          Sockets<P>.limit(
            source, limit.mayBlock ? 0 : Sockets<P>.Flag.doNotWait, $0.pointee.receiveTimeout)
        } ?? limit, to: second,
        receiver.map { Sockets<P>.limit(target, 0, $0.pointee.sendTimeout) } ?? limit, keeps: false)
      if done == 0, let sender { try Sockets<P>.reportError(sender) }
      return Word(done)
    }
    if let output {
      guard from < UInt64(Int64.max), case .file = Files<P>.mapping(of: source.file.node) else {
        throw .invalid
      }
      let done = try Splices<P>.fill(output, count, from: source, at: &from, limit)
      try keep(from, of: source, at: address(1))
      return Word(done)
    }
    guard let input, target.file.flags & OpenFile.append == 0,
      to <= UInt64(Int64.max) - UInt64(word(4)), Splices<P>.isTarget(target)
    else { throw .invalid }
    var hasWaited = false
    defer { if hasWaited { Pipes<P>.wakeNextReader(input) } }
    guard try Pipes<P>.awaitBytes(in: input, limit, &hasWaited) else { return 0 }
    guard target.file.flags & OpenFile.append == 0 else { throw .invalid }
    let room = Int(try writable(Word(count), to: target, at: to))
    let done = try Splices<P>.drain(input, room, to: target, at: &to)
    try keep(to, of: target, at: address(3))
    return Word(done)
  }

  /// tee: two pipes, the count, flags.
  @inline(never)
  func tee() throws(Errno) -> Word {
    guard argument(3) & ~Self.spliceFlags == 0 else { throw .invalid }
    guard word(2) > 0 else { return 0 }
    return try files.with(argument(0)) { (source) throws(Errno) in
      try files.with(argument(1)) { (target) throws(Errno) in
        guard source.file.mayRead, target.file.mayWrite else { throw .badDescriptor }
        guard let input = Splices<P>.pipe(of: source), let output = Splices<P>.pipe(of: target),
          input != output
        else { throw .invalid }
        let limit = FileWait<P>.Limit(
          mayBlock: argument(3) & Self.doNotWait == 0 && source.file.mayBlock
            && target.file.mayBlock)
        return Word(
          try Splices<P>.move(
            Int(min(word(2), Self.greatestCount)), from: input, limit, to: output, limit,
            keeps: true))
      }
    }
  }

  /// vmsplice: an end of a pipe, the vector, the number of its pieces, flags.
  @inline(never)
  func memorySplice() throws(Errno) -> Word {
    guard argument(3) & ~Self.spliceFlags == 0 else { throw .invalid }
    return try files.with(argument(0)) { (file) throws(Errno) in
      guard argument(2) <= Self.greatestVector else { throw .invalid }
      var vector = UserVector<P>(
        list: address(1), pieces: argument(2), count: try vectorSize(address(1), argument(2)))
      guard vector.count > 0 else { return 0 }
      guard let pipe = Splices<P>.pipe(of: file) else { throw .badDescriptor }
      let first = FileWait<P>.Limit(mayBlock: argument(3) & Self.doNotWait == 0)
      let rest = FileWait<P>.Limit(mayBlock: false)
      let isWrite = file.file.mayWrite
      var hasWaited = false
      defer {
        if hasWaited { isWrite ? Pipes<P>.wakeNextWriter(pipe) : Pipes<P>.wakeNextReader(pipe) }
      }
      while true {
        do throws(Errno) {
          if isWrite {
            try Splices<P>.awaitPage(of: pipe, first, &hasWaited)
            return Word(try Pipes<P>.put(into: pipe, from: &vector, rest))
          }
          guard try Pipes<P>.awaitBytes(in: pipe, first, &hasWaited) else { return 0 }
          return Word(try Pipes<P>.take(from: pipe, into: &vector, rest))
        } catch {
          // Another thread was faster while the vector was read.
          guard error == .tryAgain, first.mayBlock else { throw error }
        }
      }
    }
  }
}
