import RTOSCore
import VmRegion

// SAFETY: the process and its frame outlive the call, whose one thread is here.
/// Calls on open files: reading, writing, seeking. Copies go in pieces: a kernel stack is small.
extension SystemCall {
  private static var chunk: Int { 512 }
  /// Linux's MAX_RW_COUNT and IOV_MAX.
  private static var greatestCount: UInt32 { 0x7fff_f000 }
  private static var greatestVector: UInt32 { 1024 }

  /// read.
  @inline(never)
  func read() throws(Errno) -> UInt32 { try read(r0, r1, r2) }

  /// write.
  @inline(never)
  func write() throws(Errno) -> UInt32 { try write(r0, r1, r2) }

  /// readv.
  @inline(never)
  func readVector() throws(Errno) -> UInt32 {
    try forEachPiece { (address, count) throws(Errno) in try read(r0, address, count) }
  }

  /// writev.
  @inline(never)
  func writeVector() throws(Errno) -> UInt32 {
    try forEachPiece { (address, count) throws(Errno) in try write(r0, address, count) }
  }

  /// pread64: the offset is in r4 and r5, because pairs begin in an even register.
  @inline(never)
  func readAt() throws(Errno) -> UInt32 {
    let offset = UInt64(r5) << 32 | UInt64(r4)
    guard offset <= UInt64(Int64.max) else { throw .invalid }
    var file = try files.file(r0)
    guard file.node.kind != .console, file.node.kind != .terminal else { throw .illegalSeek }
    guard file.mayRead else { throw .badDescriptor }
    file.position = offset
    return try read(&file, r1, r2)
  }

  /// Does `body` for each piece of the vector in r1 and r2 until one falls short.
  private func forEachPiece(
    _ body: (UInt32, UInt32) throws(Errno) -> UInt32
  ) throws(Errno) -> UInt32 {
    guard r2 <= SystemCall.greatestVector else { throw .invalid }
    var total: UInt32 = 0
    if r2 == 0 { _ = try files.file(r0) }
    for index in 0..<r2 {
      let piece: InlineArray<2, UInt32> = try load(r1 &+ index * 8)
      guard Int32(bitPattern: piece[1]) >= 0 else { throw .invalid }
      let done: UInt32
      do { done = try body(piece[0], piece[1]) } catch {
        guard total == 0 else { return total }
        throw error
      }
      total += done
      if done < piece[1] { break }
    }
    return total
  }

  private func read(
    _ descriptor: UInt32, _ address: UInt32, _ count: UInt32
  ) throws(Errno) -> UInt32 {
    var file = try files.file(descriptor)
    guard file.mayRead else { throw .badDescriptor }
    let done = try read(&file, address, count)
    try files.with(descriptor) { (open) throws(Errno) in open.position = file.position }
    return done
  }

  private func read(
    _ file: inout OpenFile, _ address: UInt32, _ wanted: UInt32
  ) throws(Errno) -> UInt32 {
    let count = Int(min(wanted, SystemCall.greatestCount))
    switch file.node.kind {
    case .null: return 0
    case .zero, .random, .urandom, .console, .terminal:
      return try readDevice(file.node.kind, address, count)
    case .archived, .program: return try readContents(&file, address, count)
    case .commandLine, .memoryInfo, .uptime, .vdso, .vdsoImage, .buddyInfo, .tasks, .processorInfo,
      .interrupts, .alignment, .locks, .trace, .maps, .memoryMap, .memorySize, .counters:
      let (node, offset) = (file.node, file.position)
      let done = try unsafe withTextPage(offset: offset) { (window) throws(Errno) in
        describe(node, to: &window)
        return min(window.count, count)
      } finish: { (start, count) throws(Errno) in
        // SAFETY: the text page holds `count` bytes.
        try unsafe copyOut(start, to: address, count: count)
      }
      file.position += UInt64(done)
      return done
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
      // To the end of the page: up to a bad one everything is copied, as in Linux.
      let piece = min(count - done, Int(Page.size - place & Page.offsetMask))
      do throws(Errno) {
        // SAFETY: the range lies in the initrd, which lives for ever.
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

  /// Random bytes for the program.
  func readRandom(_ address: UInt32, _ count: Int) throws(Errno) -> UInt32 {
    try readDevice(.urandom, address, count)
  }

  /// Fills the program's memory piece by piece. A bad address after the first piece ends it short.
  @inline(never)
  private func readDevice(
    _ kind: FileNode.Kind, _ address: UInt32, _ wanted: Int
  ) throws(Errno) -> UInt32 {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < wanted {
      var count = min(SystemCall.chunk, wanted - done)
      var span = piece.mutableSpan
      // SAFETY: any bits are bytes, and `count` is at most the size of the piece.
      unsafe span.withUnsafeMutableBytes { buffer in
        var bytes = unsafe MutableRawSpan(
          _unsafeStart: buffer.baseAddress.unsafelyUnwrapped, byteCount: count)
        if kind == .random || kind == .urandom { P.fillRandom(&bytes) }
        if kind == .console || kind == .terminal { count = P.readConsole(into: &bytes) }
      }
      guard count > 0 else {
        // SAFETY: a thread's place does not move.
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

  /// The first `count` bytes of a piece, to user `address`.
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
    let count = min(wanted, SystemCall.greatestCount)
    switch file.node.kind {
    case .console, .terminal: return try writeConsole(address, Int(count))
    #if DEBUG
      case .trace: return try controlTrace(address, Int(count))
    #endif
    default:  // What else can be open for writing takes everything and keeps nothing.
      guard UserRange(base: address, count: count) != nil || count == 0 else {
        throw .badAddress
      }
      return count
    }
  }

  #if DEBUG
    /// `on` begins to record anew and `off` stops; a line feed may follow.
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

  /// close.
  @inline(never)
  func close() throws(Errno) -> UInt32 {
    try files.close(r0)
    return 0
  }

  /// lseek.
  @inline(never)
  func seek() throws(Errno) -> UInt32 {
    let position = try seek(r0, by: Int64(Int32(bitPattern: r1)), whence: r2)
    guard position <= UInt64(Int32.max) else { throw .overflow }
    return UInt32(position)
  }

  /// _llseek: the offset in r1 (high) and r2, the result goes to the address in r3.
  @inline(never)
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
      guard file.node.kind != .console, file.node.kind != .terminal else { throw .illegalSeek }
      let base: Int64
      switch whence {
      case 0: base = 0
      case 1: base = Int64(bitPattern: file.position)
      case 2: base = Int64(bitPattern: P.files.status(file.node).size)
      default: throw .invalid
      }
      let (position, isFar) = base.addingReportingOverflow(offset)
      guard !isFar, position >= 0 else { throw isFar ? .overflow : .invalid }
      file.position = UInt64(position)
      return UInt64(position)
    }
  }
}
