// SPDX-License-Identifier: Apache-2.0
/// A message that a task sends. Its bytes are valid until the call returns, and so during the wait.
@safe struct Message {
  private let bytes: UnsafeRawPointer
  let length: UInt32
  let isUrgent: Bool

  /// A message of `length` bytes, which stay valid and unchanged as long as this value is used.
  init(_ bytes: UnsafeRawPointer, length: UInt32, isUrgent: Bool = false) {
    // SAFETY: the caller keeps the bytes valid.
    unsafe self.bytes = bytes
    (self.length, self.isUrgent) = (length, isUrgent)
  }

  /// Copies the message to the buffer of a task that receives, which has room for it.
  func copy(to buffer: MessageBuffer) {
    // SAFETY: every sender checks the length against the queue's `messageSize`, and every receiver
    // that its buffer is not shorter than that.
    unsafe copy(to: buffer.bytes)
  }

  /// Copies the message to `room`, which has `length` bytes.
  func copy(to room: UnsafeMutableRawPointer) {
    // SAFETY: the bytes are valid; the caller vouches for the room.
    unsafe room.copyMemory(from: bytes, byteCount: Int(length))
  }
}

/// The buffer of a task that receives, for the longest message of its queue. It is valid until the
/// call returns, and so during the wait.
@safe struct MessageBuffer {
  fileprivate let bytes: UnsafeMutableRawPointer

  /// A buffer that has room for the longest message, as long as this value is used.
  init(_ bytes: UnsafeMutableRawPointer) {
    // SAFETY: the caller keeps the bytes valid.
    unsafe self.bytes = bytes
  }
}
