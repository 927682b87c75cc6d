// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The memory of the running program that a read fills or a write empties: an allegation, which
/// each access checks. For copies between files, kernel memory stands for it.
@safe struct UserBuffer<P: FilePlatform> {
  let address: UserAddress
  let count: Int
  /// The number of bytes that the same call moves afterwards, at other addresses (writev).
  var following = 0
  /// Whether a read may wait for bytes: false if its call has moved some before (readv).
  var mayBlock = true
  private let kernel: UnsafeMutableRawPointer?

  // SAFETY: there is no kernel memory.
  /// `count` bytes of the program's at `address`.
  @inline(__always)
  init(address: UserAddress, count: Int, following: Int = 0, mayBlock: Bool = true) {
    self.address = address
    self.count = count
    self.following = following
    self.mayBlock = mayBlock
    unsafe kernel = nil
  }

  // SAFETY: a frame has as many bytes, and the caller keeps it while the buffer is used.
  /// The first `count` bytes of a frame that is the caller's own.
  init(frame: PhysicalFrame, count: Int) {
    precondition(count <= Int(Page.size), "a buffer beyond its frame")
    address = 0
    self.count = count
    unsafe kernel = P.Memory.pointer(to: frame)
  }

  // SAFETY: the part is inside this buffer.
  private init(_ whole: UserBuffer, from start: Int, count: Int) {
    address = whole.place(start)
    self.count = count
    following = whole.following
    mayBlock = whole.mayBlock
    unsafe kernel = whole.kernel.map { unsafe $0 + start }
  }

  /// The `count` bytes from `start` on, which are inside this buffer.
  @inline(__always)
  func part(from start: Int, count: Int) -> UserBuffer {
    UserBuffer(self, from: start, count: count)
  }

  /// The address at `offset`, which is positive. Wrapping: an access checks it.
  @inline(__always)
  private func place(_ offset: Int) -> UserAddress { address &+ Word(truncatingIfNeeded: offset) }

  /// Fills the buffer with the first bytes of `value`, which has as many or more.
  ///
  /// - Throws: `badAddress`.
  func store(_ value: some BitwiseCopyable) throws(Errno) {
    // SAFETY: the value has `count` bytes.
    try unsafe withUnsafeBytes(of: value) { (bytes) throws(Errno) in
      precondition(count <= bytes.count, "a record that is smaller than its buffer")
      try unsafe store(bytes.baseAddress.unsafelyUnwrapped, count: count, at: 0)
    }
  }

  /// Loads the buffer's bytes to the start of `value`, which has as many or more. Any bits are a
  /// value.
  ///
  /// - Throws: `badAddress`.
  func load(to value: inout some BitwiseCopyable) throws(Errno) {
    // SAFETY: the value has `count` bytes.
    try unsafe withUnsafeMutableBytes(of: &value) { (bytes) throws(Errno) in
      precondition(count <= bytes.count, "a record that is smaller than its buffer")
      try unsafe load(bytes.baseAddress.unsafelyUnwrapped, count: count, at: 0)
    }
  }

  /// Stores `count` bytes of kernel memory at `offset`.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  @unsafe func store(_ source: UnsafeRawPointer, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller passes `count` readable bytes of kernel memory.
    if let kernel = unsafe kernel {
      return unsafe (kernel + offset).copyMemory(from: source, byteCount: count)
    }
    guard let range = UserRange(base: place(offset), byteCount: count),
      unsafe P.User.copyOut(source, to: range)
    else { throw .badAddress }
  }

  /// Loads `count` bytes at `offset` to kernel memory.
  ///
  /// - Throws: `badAddress`.
  @inline(never)
  @unsafe func load(_ target: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller passes kernel memory with room for `count` bytes.
    if let kernel = unsafe kernel {
      return unsafe target.copyMemory(from: kernel + offset, byteCount: count)
    }
    guard let range = UserRange(base: place(offset), byteCount: count),
      unsafe P.User.copyIn(target, from: range)
    else { throw .badAddress }
  }

  /// Stores `count` bytes of a frame from `start` on at `offset`.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func store(from frame: PhysicalFrame, _ start: Int, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller has the frame, in which the bytes are.
    try unsafe store(P.Memory.pointer(to: frame) + start, count: count, at: offset)
  }

  /// Loads `count` bytes at `offset` to a frame from `start` on.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func load(to frame: PhysicalFrame, _ start: Int, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller has the frame, in which there is room for the bytes.
    try unsafe load(P.Memory.pointer(to: frame) + start, count: count, at: offset)
  }

  /// The most bytes of a piece, which is on the kernel stack.
  static var pieceSize: Int { 512 }

  /// Fills the buffer in pieces of up to `pieceSize` bytes, with a preemption point after each.
  /// `source` writes to the span and returns how many bytes it wrote; fewer than there is room for
  /// end the transfer, and so do a bad address after the first piece, the end of the thread and, as
  /// on Linux, a signal after each 4,096 bytes.
  ///
  /// - Returns: the number of bytes stored.
  /// - Throws: `badAddress`.
  @inline(never)
  func fill(
    in pieceSize: Int, from source: (inout MutableRawSpan) -> Int
  ) throws(Errno) -> Word {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < count {
      let room = min(pieceSize, count - done)
      var filled = 0
      var span = piece.mutableSpan
      // SAFETY: all bit patterns are valid bytes, and `room` is at most the size of the piece.
      let isStored = unsafe span.withUnsafeMutableBytes { buffer in
        let start = unsafe buffer.baseAddress.unsafelyUnwrapped
        var bytes = unsafe MutableRawSpan(_unsafeStart: start, byteCount: room)
        filled = source(&bytes)
        guard filled > 0 else { return true }
        return unsafe (try? store(start, count: filled, at: done)) != nil
      }
      guard isStored else {
        guard done == 0 else { break }
        throw .badAddress
      }
      done += filled
      guard filled == room, !P.mustEnd(isInterruptible: done & 4095 == 0) else { break }
    }
    return Word(done)
  }

  /// Passes the buffer's bytes to `target` piece by piece, up to the first bad address.
  ///
  /// - Returns: the number of bytes passed.
  /// - Throws: `badAddress`, if not one piece could be loaded.
  @inline(never)
  func drain(to target: (RawSpan) -> Void) throws(Errno) -> Word {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < count {
      let size = min(Self.pieceSize, count - done)
      var span = piece.mutableSpan
      // SAFETY: all bit patterns are valid bytes, and `size` is at most the size of the piece.
      let isLoaded = unsafe span.withUnsafeMutableBytes { buffer in
        let start = unsafe buffer.baseAddress.unsafelyUnwrapped
        guard unsafe (try? load(start, count: size, at: done)) != nil else { return false }
        target(unsafe RawSpan(_unsafeStart: start, byteCount: size))
        return true
      }
      guard isLoaded else {
        guard done == 0 else { break }
        throw .badAddress
      }
      done += size
    }
    return Word(done)
  }
}
