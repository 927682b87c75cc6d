// SPDX-License-Identifier: Apache-2.0
// SAFETY: who made the handle promised that the bytes outlive everything and are never written.
/// Bytes that stand in memory for ever and are never written: the initrd, the command line.
///
/// A handle that may be copied and stored, which a span may not.
@safe public struct ImmortalBytes: @unchecked Sendable {
  private let start: UnsafeRawPointer
  /// How many there are.
  public let count: Int

  /// The `count` bytes from `start` on, which nobody writes or unmaps from now on.
  public init(start: UnsafeRawPointer, count: Int) {
    unsafe self.start = start
    self.count = count
  }

  /// No bytes.
  public init() {
    // SAFETY: the literal's address is never read, because the count is 0.
    unsafe self.init(start: UnsafeRawPointer(("" as StaticString).utf8Start), count: 0)
  }

  /// The bytes, to be read.
  public var bytes: RawSpan {
    @_lifetime(immortal)
    get {
      // SAFETY: who made the handle promised that the bytes outlive everything.
      let span = unsafe RawSpan(_unsafeStart: start, byteCount: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The same bytes as text.
  public var text: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // SAFETY: as above, and any byte is a UInt8.
      let span = unsafe Span(
        _unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The address of the byte at `offset`, for the copy routines; `offset` is at most `count`.
  func pointer(at offset: Int) -> UnsafeRawPointer {
    precondition(offset >= 0 && offset <= count, "outside the bytes")
    // SAFETY: checked just above.
    return unsafe start + offset
  }
}
