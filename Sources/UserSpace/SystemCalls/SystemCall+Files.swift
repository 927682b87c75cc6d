// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: process and frame outlive the call, and only the calling thread uses them meanwhile.
/// Calls on open files: reading, writing, seeking. Data is copied in pieces, because a kernel stack
/// is small.
extension SystemCall {
  private static var chunk: Int { 512 }
  /// Linux's MAX_RW_COUNT and IOV_MAX.
  private static var greatestCount: UInt32 { 0x7fff_f000 }
  private static var greatestVector: UInt32 { 1024 }
  /// The end of user addresses in a Linux with 3 GiB of user memory; Linux checks addresses and
  /// counts against it.
  private static var linuxLimit: UInt32 { 0xbf00_0000 }
  /// The greatest file positions: Linux's MAX_LFS_FILESIZE on 32 bits, and the limit of files in
  /// /proc.
  private static var greatestPosition: Int64 { 0xfff_ffff_f000 }
  private static var greatestProcessPosition: Int64 { 0x7fff_ffff }

  /// read: the descriptor, the address, the count.
  @inline(__always)
  func read() throws(Errno) -> UInt32 { try read(r0, r1, r2) }

  /// write: the descriptor, the address, the count.
  @inline(__always)
  func write() throws(Errno) -> UInt32 { try write(r0, r1, r2) }

  /// readv: the descriptor, the vector, the number of its pieces.
  @inline(__always)
  func readVector() throws(Errno) -> UInt32 {
    try forEachPiece(isWriting: false) { (address, count) throws(Errno) in
      try read(r0, address, count)
    }
  }

  /// writev: the descriptor, the vector, the number of its pieces.
  @inline(__always)
  func writeVector() throws(Errno) -> UInt32 {
    try forEachPiece(isWriting: true) { (address, count) throws(Errno) in
      try write(r0, address, count)
    }
  }

  /// Calls `body` for each piece of the vector in r1 and r2, for at most MAX_RW_COUNT bytes, until
  /// a piece is moved in part only. As in Linux, all pieces are checked before the first one is
  /// moved.
  private func forEachPiece(
    isWriting: Bool, _ body: (UInt32, UInt32) throws(Errno) -> UInt32
  ) throws(Errno) -> UInt32 {
    let file = try files.file(r0)
    guard r2 <= SystemCall.greatestVector else { throw .invalid }
    var isEmpty = true
    var failure: Errno?
    for index in 0..<r2 {
      let piece = try piece(index)
      guard Int32(bitPattern: piece[1]) >= 0 else { throw .invalid }
      if piece[1] != 0 { isEmpty = false }
      do { _ = try checkedCount(piece[0], piece[1]) } catch { failure = error }
    }
    if let failure { throw failure }
    guard isWriting ? file.mayWrite : file.mayRead else { throw .badDescriptor }
    if isEmpty { return 0 }
    var total: UInt32 = 0
    for index in 0..<r2 {
      // The piece is read again, because another thread may have changed it; `body` checks it
      // again.
      let piece = try piece(index)
      let wanted = min(piece[1], SystemCall.greatestCount - total)
      guard wanted > 0 else { continue }
      let done: UInt32
      do { done = try body(piece[0], wanted) } catch {
        guard total == 0 else { return total }
        throw error
      }
      total += done  // At most `wanted`.
      if done < wanted { break }
    }
    return total
  }

  /// Address and count of piece `index` of the vector in r1.
  private func piece(_ index: UInt32) throws(Errno) -> InlineArray<2, UInt32> {
    try load(r1 &+ index &* 8)  // Wrapping: an address is checked when it is used.
  }

  /// The number of bytes of a transfer of `count` bytes at user `address`: at most MAX_RW_COUNT.
  ///
  /// - Throws: `badAddress` for a range outside of user memory, mapped or not; `invalid` for a
  ///   count that is negative as an ssize_t.
  private func checkedCount(_ address: UInt32, _ count: UInt32) throws(Errno) -> UInt32 {
    guard address <= UserRange.limit, count <= SystemCall.linuxLimit - address else {
      throw .badAddress
    }
    guard count <= UInt32(Int32.max) else { throw .invalid }
    return min(count, SystemCall.greatestCount)
  }

  /// pread64: the offset is in r4 and r5, because a 64-bit argument starts in an even register.
  @inline(__always)
  func readAt() throws(Errno) -> UInt32 {
    let offset = UInt64(r5) << 32 | UInt64(r4)
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    var file = try files.file(r0)
    guard file.node.kind != .console, file.node.kind != .terminal else { throw .illegalSeek }
    guard file.mayRead else { throw .badDescriptor }
    file.position = offset
    return try read(r0, &file, r1, r2)
  }

  @inline(never)
  private func read(
    _ descriptor: UInt32, _ address: UInt32, _ count: UInt32
  ) throws(Errno) -> UInt32 {
    var file = try files.file(descriptor)
    guard file.mayRead else { throw .badDescriptor }
    let done = try read(descriptor, &file, address, count)
    try files.with(descriptor) { (open) throws(Errno) in open.position = file.position }
    return done
  }

  private func read(
    _ descriptor: UInt32, _ file: inout OpenFile, _ address: UInt32, _ wanted: UInt32
  ) throws(Errno) -> UInt32 {
    let count = Int(try checkedCount(address, wanted))
    // Neither operand is above 2^63, so the sum does not overflow.
    guard file.position + UInt64(wanted) <= UInt64(Int64.max) else { throw .invalid }
    switch file.node.kind {
    case .null: return 0
    case .zero, .random, .urandom, .console, .terminal:
      return try readDevice(file.node.kind, address, count)
    case .archived, .program: return try readContents(&file, address, count)
    case .commandLine, .memoryInfo, .uptime, .vdso, .vdsoImage, .buddyInfo, .tasks, .processorInfo,
      .interrupts, .alignment, .locks, .trace, .maps, .memoryMap, .memorySize, .counters:
      return try readText(descriptor, &file, address, count)
    case .root, .devices, .processes, .processors, .process: throw .isDirectory
    case .selfLink, .executableLink: throw .invalid
    }
  }

  private func readContents(
    _ file: inout OpenFile, _ address: UInt32, _ wanted: Int
  ) throws(Errno) -> UInt32 {
    guard let contents = P.files.contents(file.node) else { throw .isDirectory }
    guard file.position < UInt64(contents.count) else { return 0 }
    let start = contents.lowerBound + Int(file.position)
    let count = min(wanted, contents.upperBound - start)
    var done = 0
    while done < count {
      let place = address &+ UInt32(done)
      // One page at a time: as in Linux, everything before an inaccessible page is copied.
      let piece = min(count - done, Int(Page.size - place & Page.offsetMask))
      do throws(Errno) {
        // SAFETY: the range is in the initrd, which is never freed.
        try unsafe copyOut(P.files.initrd.pointer(at: start + done), to: place, count: piece)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += piece
    }
    file.position += UInt64(done)
    return UInt32(done)
  }

  /// Stores `count` random bytes at user `address`; returns the number stored.
  func readRandom(_ address: UInt32, _ count: Int) throws(Errno) -> UInt32 {
    try readDevice(.urandom, address, count)
  }

  /// Copies bytes of device `kind` to user `address`, piece by piece. A bad address after the first
  /// piece ends the transfer early.
  @inline(never)
  private func readDevice(
    _ kind: FileNode.Kind, _ address: UInt32, _ wanted: Int
  ) throws(Errno) -> UInt32 {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < wanted {
      var count = min(SystemCall.chunk, wanted - done)
      var span = piece.mutableSpan
      // SAFETY: all bit patterns are valid bytes, and `count` is at most the size of the piece.
      unsafe span.withUnsafeMutableBytes { buffer in
        var bytes = unsafe MutableRawSpan(
          _unsafeStart: buffer.baseAddress.unsafelyUnwrapped, byteCount: count)
        if kind == .random || kind == .urandom { P.fillRandom(&bytes) }
        if kind == .console || kind == .terminal { count = P.readConsole(into: &bytes) }
      }
      guard count > 0 else {
        // SAFETY: thread records do not move.
        if unsafe P.thread.pointee.isInterrupted { throw .restartsIfAsked }
        break
      }
      do throws(Errno) {
        try copyOut(piece.span, count, to: address &+ UInt32(done))
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += count
      if kind == .console || kind == .terminal { break }
    }
    return UInt32(done)
  }

  /// Copies the first `count` bytes of a piece to user `address`.
  private func copyOut(
    _ bytes: Span<UInt8>, _ count: Int, to address: UInt32
  ) throws(Errno) {
    // SAFETY: `count` is at most the number of bytes.
    let isDone = unsafe bytes.withUnsafeBytes { buffer in
      guard UserRange(base: address, count: UInt32(count)) != nil else { return false }
      return unsafe P.User.copyOut(
        buffer.baseAddress.unsafelyUnwrapped, to: address, count: count)
    }
    guard isDone else { throw .badAddress }
  }

  private func write(
    _ descriptor: UInt32, _ address: UInt32, _ wanted: UInt32
  ) throws(Errno) -> UInt32 {
    let file = try files.file(descriptor)
    guard file.mayWrite else { throw .badDescriptor }
    let count = try checkedCount(address, wanted)
    switch file.node.kind {
    case .console, .terminal: return try writeConsole(address, Int(count))
    #if DEBUG
      case .trace: return try controlTrace(address, Int(count))
    #endif
    default: return count  // Other writable files discard the data.
    }
  }

  #if DEBUG
    /// Writing to /proc/trace: `on` starts a new recording, `off` stops it; a line feed may follow.
    private func controlTrace(_ address: UInt32, _ count: Int) throws(Errno) -> UInt32 {
      guard count == 2 || count == 3 || count == 4 else { throw .invalid }
      var word: UInt32 = 0
      // SAFETY: up to four bytes are copied to four.
      try unsafe withUnsafeMutablePointer(to: &word) { (pointer) throws(Errno) in
        try unsafe copyIn(UnsafeMutableRawPointer(pointer), from: address, count: count)
      }
      switch word {
      case 0x6e6f, 0x0a_6e6f: P.controlTrace(true)
      case 0x66_666f, 0x0a66_666f: P.controlTrace(false)
      default: throw .invalid
      }
      return UInt32(count)
    }
  #endif

  @inline(never)
  private func writeConsole(_ address: UInt32, _ wanted: Int) throws(Errno) -> UInt32 {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < wanted {
      let count = min(SystemCall.chunk, wanted - done)
      let place = address &+ UInt32(done)
      var span = piece.mutableSpan
      // SAFETY: `count` is at most the size of the piece.
      let isDone = unsafe span.withUnsafeMutableBytes { buffer in
        guard UserRange(base: place, count: UInt32(count)) != nil else { return false }
        return unsafe P.User.copyIn(
          buffer.baseAddress.unsafelyUnwrapped, from: place, count: count)
      }
      guard isDone else {
        guard done == 0 else { break }
        throw .badAddress
      }
      // SAFETY: bytes have no padding.
      unsafe P.writeConsole(piece.span.bytes.extracting(first: count))
      done += count
    }
    return UInt32(done)
  }

  /// close: the descriptor.
  @inline(__always)
  func close() throws(Errno) -> UInt32 {
    release(try files.close(r0))
    return 0
  }

  /// lseek: the descriptor, the offset, the origin.
  @inline(__always)
  func seek() throws(Errno) -> UInt32 {
    let position = try seek(r0, by: Int64(Int32(bitPattern: r1)), whence: r2)
    guard position <= UInt64(Int32.max) else { throw .overflow }
    return UInt32(position)
  }

  /// _llseek: the offset in r1 (high) and r2 (low); the new position is stored at the address in
  /// r3.
  @inline(__always)
  func longSeek() throws(Errno) -> UInt32 {
    let position = try seek(
      r0, by: Int64(bitPattern: UInt64(r1) << 32 | UInt64(r2)), whence: r4)
    let words: InlineArray<2, UInt32> = [
      UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32),
    ]
    try store(words, at: r3)
    return 0
  }

  private func seek(
    _ descriptor: UInt32, by offset: Int64, whence: UInt32
  ) throws(Errno) -> UInt64 {
    try files.with(descriptor) { (file) throws(Errno) in
      let kind = file.node.kind
      guard kind != .console, kind != .terminal else { throw .illegalSeek }
      guard whence <= 2 else { throw .invalid }
      // Files without positions are always at position 0.
      switch kind {
      case .null, .zero, .random, .urandom: return 0
      default: break
      }
      let status = P.files.status(file.node)
      let isFolder = status.type == FileStatus.directory
      let isProcess = kind == .processes || kind == .process
      var base: Int64 = 0
      if whence == 1 { base = Int64(bitPattern: file.position) }
      if whence == 2 {
        guard !isFolder || isProcess else { throw .invalid }
        base = Int64(bitPattern: status.size)
      }
      let (position, isFar) = base.addingReportingOverflow(offset)
      let limit =
        isProcess
        ? SystemCall.greatestProcessPosition
        : isFolder ? Int64.max : SystemCall.greatestPosition
      guard !isFar, position >= 0, position <= limit else { throw .invalid }
      file.position = UInt64(position)
      return UInt64(position)
    }
  }
}
