// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The memory of the running program that a read fills or a write empties: an allegation, which
/// each access checks.
struct UserBuffer<P: FilePlatform> {
  let address: UserAddress
  let count: Int
  /// The number of bytes that the same call moves afterwards, at other addresses (writev).
  var following = 0
  /// Whether a read may wait for bytes: false if its call has moved some before (readv).
  var mayBlock = true

  /// The address at `offset`, which is positive. Wrapping: an access checks it.
  @inline(__always)
  private func place(_ offset: Int) -> UserAddress { address &+ Word(truncatingIfNeeded: offset) }

  /// Stores `count` bytes of kernel memory at `offset`.
  ///
  /// - Throws: `badAddress`.
  @unsafe func store(_ source: UnsafeRawPointer, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller passes `count` readable bytes of kernel memory.
    guard let range = UserRange(base: place(offset), byteCount: count),
      unsafe P.User.copyOut(source, to: range)
    else { throw .badAddress }
  }

  /// Loads `count` bytes at `offset` to kernel memory.
  ///
  /// - Throws: `badAddress`.
  @unsafe func load(_ target: UnsafeMutableRawPointer, count: Int, at offset: Int) throws(Errno) {
    // SAFETY: the caller passes kernel memory with room for `count` bytes.
    guard let range = UserRange(base: place(offset), byteCount: count),
      unsafe P.User.copyIn(target, from: range)
    else { throw .badAddress }
  }

  /// Stores `count` of `bytes` from `start` on. Half a page at a time: as in Linux, everything
  /// before an inaccessible page is copied. There is a preemption point after each half.
  ///
  /// - Returns: the number of bytes stored; fewer if the thread is dying.
  /// - Throws: `badAddress`, if not one could be stored.
  func store(
    _ bytes: ImmortalBytes, from start: Int, count: Int
  ) throws(Errno) -> Word {
    var done = 0
    while done < count {
      let half = Page.size / 2
      let piece = min(count - done, Int(half - place(done).pageOffset % half))
      do throws(Errno) {
        // SAFETY: `pointer(at:)` checks the start; the caller's range is inside the bytes.
        try unsafe store(bytes.pointer(at: start + done), count: piece, at: done)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += piece
      if P.mustEnd() { break }
    }
    return Word(done)
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
