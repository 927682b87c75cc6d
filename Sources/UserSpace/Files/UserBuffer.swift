// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The memory of the running program that a read fills or a write empties: an allegation, which
/// each access checks.
struct UserBuffer<P: Platform> {
  let address: UserAddress
  let count: Int

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

  /// Stores `count` of `bytes` from `start` on. One page at a time: as in Linux, everything before
  /// an inaccessible page is copied.
  ///
  /// - Returns: the number of bytes stored.
  /// - Throws: `badAddress`, if not one could be stored.
  func store(_ bytes: ImmortalBytes, from start: Int, count: Int) throws(Errno) -> Word {
    var done = 0
    while done < count {
      let piece = min(count - done, Int(Page.size - place(done).pageOffset))
      do throws(Errno) {
        // SAFETY: `pointer(at:)` checks the start; the caller's range is inside the bytes.
        try unsafe store(bytes.pointer(at: start + done), count: piece, at: done)
      } catch {
        guard done == 0 else { break }
        throw error
      }
      done += piece
    }
    return Word(done)
  }

  /// Bytes of a piece, which is on the kernel stack.
  static var pieceSize: Int { 512 }

  /// Fills the buffer piece by piece. `source` writes to the span and returns how many bytes it
  /// wrote; fewer than there is room for end the transfer, and so does a bad address after the
  /// first piece.
  ///
  /// - Returns: the number of bytes stored.
  /// - Throws: `badAddress`.
  @inline(never)
  func fill(from source: (inout MutableRawSpan) -> Int) throws(Errno) -> Word {
    var piece = InlineArray<512, UInt8>(repeating: 0)
    var done = 0
    while done < count {
      let room = min(Self.pieceSize, count - done)
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
      guard filled == room else { break }
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
