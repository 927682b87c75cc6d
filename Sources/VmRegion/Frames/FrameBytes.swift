// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// 4,096 bytes in a frame of their own, which is released with the value. For buffers that are too
/// large for a kernel stack.
@safe public struct FrameBytes<CPU: Processor, Memory: PhysicalMemory>: ~Copyable {
  private let pool: FramePool<CPU, Memory>
  private let frame: PhysicalFrame
  // SAFETY: any bits are bytes. A caller must not use it after the value's end.
  /// The first byte.
  public let start: UnsafeMutablePointer<UInt8>

  /// Number of bytes.
  public static var count: Int { 4096 }

  /// Undefined bytes in a new frame of `pool`.
  ///
  /// - Throws: `outOfMemory`.
  public init(pool: FramePool<CPU, Memory>) throws(MemoryError) {
    frame = try pool.allocateCold(zeroed: false)
    // SAFETY: the frame is the value's own.
    unsafe start = Memory.pointer(to: frame).assumingMemoryBound(to: UInt8.self)
    self.pool = pool
  }

  deinit { pool.release(frame) }

  /// The bytes.
  public var span: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      // SAFETY: the frame lives as long as this value.
      let span = unsafe Span(_unsafeStart: start, count: Self.count)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes, to be written.
  public var mutableSpan: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      // SAFETY: the frame lives as long as this value, of which the access is exclusive.
      let span = unsafe MutableSpan(_unsafeStart: start, count: Self.count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }
}
