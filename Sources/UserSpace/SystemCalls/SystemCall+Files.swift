// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Calls on open files: reading, writing, seeking.
extension SystemCall {
  /// Linux's MAX_RW_COUNT and IOV_MAX.
  static var greatestCount: Word { 0x7fff_f000 }
  /// The greatest ssize_t of the program.
  private static var greatestSize: Word { Word(clamping: P.ABI.Long.max >> 1) }
  static var greatestVector: UInt32 { 1024 }

  /// read: the descriptor, the address, the count.
  @inline(__always)
  func read() throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      try counted(file, isWriting: false) { () throws(Errno) in
        try FileUse<P>.alone(with: file) { () throws(Errno) in
          try read(file, address(1), word(2))
        }
      }
    }
  }

  /// write: the descriptor, the address, the count.
  @inline(__always)
  func write() throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      try counted(file, isWriting: true) { () throws(Errno) in
        try FileUse<P>.alone(with: file) { () throws(Errno) in
          try write(file, address(1), word(2))
        }
      }
    }
  }

  /// Counts a transfer for /proc/PID/io, makes and reports it.
  @inline(__always)
  private func counted(
    _ file: FileReference, isWriting: Bool, _ transfer: () throws(Errno) -> Word
  ) throws(Errno) -> Word {
    process.pointee.transfers.begin(isWriting: isWriting)
    let done = process.pointee.transfers.moved(try transfer(), isWriting: isWriting)
    let event: WatchEvents = isWriting ? .modify : .access
    if Watches<P>.areWatched(event), done > 0 { Watches<P>.report(event, of: file.file.node) }
    return done
  }

  /// readv: the descriptor, the vector, the number of its pieces.
  @inline(__always)
  func readVector() throws(Errno) -> Word { try moveVector(isWriting: false) }

  /// writev: the descriptor, the vector, the number of its pieces.
  @inline(__always)
  func writeVector() throws(Errno) -> Word { try moveVector(isWriting: true) }

  /// preadv and pwritev: as readv, and an offset in two words, the lower one first; preadv2 and
  /// pwritev2 have flags, too, and use the position of the file for the offset -1.
  @inline(never)
  func moveVectorAt(isWriting: Bool, hasFlags: Bool) throws(Errno) -> Word {
    let low = UInt64(truncatingIfNeeded: word(3))
    let offset =
      P.ABI.Long.bitWidth == 64 ? low : UInt64(truncatingIfNeeded: word(4)) << 32 | low
    if hasFlags {
      guard argument(5) & ~0x1f == 0 else { throw .notSupported }
      if offset == .max { return try moveVector(isWriting: isWriting) }
    }
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    return try files.with(argument(0)) { (file) throws(Errno) in
      if case .none = Files<P>.seekRange(of: file.file.node) { throw .illegalSeek }
      return try FileUse<P>.alone(with: file) { () throws(Errno) in
        var position = offset
        return try moveVector(of: file, &position, isWriting: isWriting)
      }
    }
  }

  /// Reads or writes each piece of the vector, at most MAX_RW_COUNT bytes, until a piece is moved
  /// in part only. As in Linux, all pieces are checked before the first one is moved.
  @inline(never)
  private func moveVector(isWriting: Bool) throws(Errno) -> Word {
    try files.with(argument(0)) { (file) throws(Errno) in
      try FileUse<P>.alone(with: file) { () throws(Errno) in
        var position = file.file.position
        let done = try moveVector(of: file, &position, isWriting: isWriting)
        file.file.position = position
        return done
      }
    }
  }

  private func moveVector(
    of reference: FileReference, _ position: inout UInt64, isWriting: Bool
  ) throws(Errno) -> Word {
    guard argument(2) <= SystemCall.greatestVector else { throw .invalid }
    process.pointee.transfers.begin(isWriting: isWriting)
    var left = try vectorSize(address(1), argument(2))
    guard isWriting ? reference.file.mayWrite : reference.file.mayRead else { throw .badDescriptor }
    if left == 0 { return 0 }
    if Sockets<P>.socket(of: reference) != nil {
      var vector = UserVector<P>(list: address(1), pieces: argument(2), count: left)
      let done =
        try isWriting
        ? Sockets<P>.send(reference, &vector, 0)
        : Sockets<P>.receive(reference, &vector, 0).count
      return process.pointee.transfers.moved(Word(done), isWriting: isWriting)
    }
    let mayGiveWay = Files<P>.mayGiveWay(reference)
    var total: Word = 0
    for index in 0..<argument(2) {
      // The piece is read again, because another thread may have changed it, and checked again.
      let piece = try P.loadPiece(index, of: address(1))
      let wanted = min(piece.count, SystemCall.greatestCount - total)
      guard wanted > 0 else { continue }
      // Another thread may have changed the vector: the rest is what it was.
      left = max(0, left - Int(wanted))
      let done: Word
      do {
        done =
          try isWriting
          ? write(reference, &position, piece.address, wanted, following: left)
          : read(reference, &position, piece.address, wanted, mayBlock: total == 0)
      } catch {
        guard total == 0 else { break }
        throw error
      }
      total += process.pointee.transfers.moved(done, isWriting: isWriting)  // At most `wanted`.
      if done < wanted || mayGiveWay && P.mustEnd() { break }
    }
    if total > 0 { Watches<P>.report(isWriting ? .modify : .access, of: reference.file.node) }
    return total
  }

  /// The number of bytes of a vector of up to IOV_MAX pieces, at most MAX_RW_COUNT.
  ///
  /// - Throws: `badAddress`, `invalid`; `interrupted` if the thread is dying.
  @inline(never)
  func vectorSize(_ list: UserAddress, _ pieces: UInt32) throws(Errno) -> Int {
    var left = 0
    var failure: Errno?
    for index in 0..<pieces {
      let piece = try P.loadPiece(index, of: list)
      guard piece.count <= Self.greatestSize else { throw .invalid }
      left = Int(min(Word(left) + min(piece.count, Self.greatestCount), Self.greatestCount))
      if P.mustEnd() { throw .interrupted }
      do { _ = try checkedCount(piece.address, piece.count) } catch { failure = error }
    }
    if let failure { throw failure }
    return left
  }

  /// The number of bytes of a transfer of `count` bytes at user `address`: at most MAX_RW_COUNT.
  ///
  /// - Throws: `badAddress` for a range outside of user memory, mapped or not; `invalid` for a
  ///   count that is negative as an ssize_t.
  func checkedCount(_ address: UserAddress, _ count: Word) throws(Errno) -> Word {
    guard address <= UserRange.limit, count <= P.ABI.linuxLimit.word - address.word else {
      throw .badAddress
    }
    guard count <= Self.greatestSize else { throw .invalid }
    return min(count, SystemCall.greatestCount)
  }

  /// pread64: the descriptor, the address, the count, an offset of 64 bits.
  @inline(__always)
  func readAt() throws(Errno) -> Word {
    let offset = P.ABI.argument64(frame.pointee, after: 3)
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    return try files.with(argument(0)) { (reference) throws(Errno) in
      if case .none = Files<P>.seekRange(of: reference.file.node) { throw .illegalSeek }
      guard reference.file.mayRead else { throw .badDescriptor }
      return try FileUse<P>.alone(with: reference) { () throws(Errno) in
        var position = offset
        return try counted(reference, isWriting: false) { () throws(Errno) in
          try read(reference, &position, address(1), word(2))
        }
      }
    }
  }

  /// pwrite64: the descriptor, the address, the count, an offset of 64 bits.
  @inline(__always)
  func writeAt() throws(Errno) -> Word {
    let offset = P.ABI.argument64(frame.pointee, after: 3)
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    return try files.with(argument(0)) { (reference) throws(Errno) in
      if case .none = Files<P>.seekRange(of: reference.file.node) { throw .illegalSeek }
      guard reference.file.mayWrite else { throw .badDescriptor }
      var position = offset
      return try counted(reference, isWriting: true) { () throws(Errno) in
        try write(reference, &position, address(1), word(2))
      }
    }
  }

  @inline(never)
  private func read(
    _ reference: FileReference, _ address: UserAddress, _ count: Word
  ) throws(Errno) -> Word {
    guard reference.file.mayRead else { throw .badDescriptor }
    var position = reference.file.position
    let done = try read(reference, &position, address, count)
    reference.file.position = position
    return done
  }

  private func read(
    _ reference: FileReference, _ position: inout UInt64, _ address: UserAddress, _ wanted: Word,
    mayBlock: Bool = true
  ) throws(Errno) -> Word {
    let count = Int(try checkedCount(address, wanted))
    // Neither operand is above 2^63, so the sum does not overflow.
    guard position + UInt64(wanted) <= UInt64(Int64.max) else { throw .invalid }
    return try Files<P>.read(
      reference, &position,
      into: UserBuffer(address: address, count: count, mayBlock: mayBlock))
  }

  @inline(never)
  private func write(
    _ reference: FileReference, _ address: UserAddress, _ count: Word
  ) throws(Errno) -> Word {
    guard reference.file.mayWrite else { throw .badDescriptor }
    var position = reference.file.position
    let done = try write(reference, &position, address, count)
    reference.file.position = position
    return done
  }

  private func write(
    _ reference: FileReference, _ position: inout UInt64, _ address: UserAddress, _ wanted: Word,
    following: Int = 0
  ) throws(Errno) -> Word {
    var count = try checkedCount(address, wanted)
    // Neither operand is above 2^63, so the sum does not overflow.
    guard position + UInt64(wanted) <= UInt64(Int64.max) else { throw .invalid }
    count = try writable(count, to: reference, at: position)
    return try Files<P>.write(
      reference, &position,
      from: UserBuffer(address: address, count: Int(count), following: following))
  }

  /// close: the descriptor.
  @inline(__always)
  func close() throws(Errno) -> Word {
    try files.close(argument(0))
    return 0
  }

  /// lseek: the descriptor, the offset, the origin.
  @inline(__always)
  func seek() throws(Errno) -> Word {
    let offset = P.ABI.Long(truncatingIfNeeded: word(1)).signed
    let position = try seek(by: offset, whence: argument(2))
    guard position <= UInt64(Self.greatestSize) else { throw .overflow }
    return Word(position)
  }

  /// _llseek: the offset in arguments 1 (high) and 2 (low); the new position is stored at the
  /// address in argument 3.
  @inline(__always)
  func longSeek() throws(Errno) -> Word {
    let offset = Int64(bitPattern: UInt64(argument(1)) << 32 | UInt64(argument(2)))
    let position = try seek(by: offset, whence: argument(4))
    try store([position] as InlineArray<1, UInt64>, at: address(3))
    return 0
  }

  private func seek(by offset: Int64, whence: UInt32) throws(Errno) -> UInt64 {
    try files.with(argument(0)) { (file) throws(Errno) in
      try FileUse<P>.awaitEnd(of: file)
      return try seek(file, by: offset, whence: whence)
    }
  }

  private func seek(
    _ reference: FileReference, by offset: Int64, whence: UInt32
  ) throws(Errno) -> UInt64 {
    let range = Files<P>.seekRange(of: reference.file.node)
    if case .none = range { throw .illegalSeek }
    guard whence <= 4 else { throw .invalid }
    guard case .upTo(let last, let hasEnd) = range else {
      guard whence <= 2 else { throw .invalid }
      return 0
    }
    guard whence <= 2 else {  // SEEK_DATA, SEEK_HOLE
      let node = reference.file.node
      guard node.system == .tree, hasEnd else { throw .invalid }
      guard offset >= 0 else { throw .noSuchDevice }
      let found = try FileTree<P>.seek(node, from: UInt64(offset), toData: whence == 3)
      reference.file.position = found
      return found
    }
    var base: Int64 = 0
    if whence == 1 { base = Int64(bitPattern: reference.file.position) }
    if whence == 2 {
      guard hasEnd else { throw .invalid }
      base = Int64(bitPattern: Files<P>.status(reference.file.node).size)
    }
    let (position, isFar) = base.addingReportingOverflow(offset)
    guard !isFar, position >= 0, position <= last else { throw .invalid }
    reference.file.position = UInt64(position)
    return UInt64(position)
  }
}
