// SPDX-License-Identifier: Apache-2.0
// SAFETY: the creator of the handle promised that the bytes are never freed and never written.
/// Bytes that stay in memory permanently and are never written: the initrd, the command line.
///
/// Unlike a span, the handle can be copied and stored.
@safe public struct ImmortalBytes: @unchecked Sendable {
  private let start: UnsafeRawPointer
  /// Number of bytes.
  public let count: Int

  /// The `count` bytes at `start`, which must never be written or unmapped from now on.
  public init(start: UnsafeRawPointer, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  /// An empty range.
  public init() {
    // SAFETY: the literal's address is never read, because the count is 0.
    unsafe self.init(start: UnsafeRawPointer(("" as StaticString).utf8Start), count: 0)
  }

  /// The bytes, for reading.
  public var bytes: RawSpan {
    @_lifetime(immortal)
    get {
      // SAFETY: the creator of the handle promised that the bytes are never freed.
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The bytes as text, for reading.
  public var text: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // SAFETY: the creator promised that the bytes are never freed; any byte is a UInt8.
      let span = unsafe Span(
        _unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The address of the byte at `offset`, for the copy routines. `offset` must be at most `count`.
  func pointer(at offset: Int) -> UnsafeRawPointer {
    precondition(offset >= 0 && offset <= count, "outside the bytes")
    // SAFETY: the precondition keeps the address inside the bytes or at their end.
    return unsafe start + offset
  }
}
