// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Open files of /proc.
extension Proc {
  /// Reads from a text, which is generated piece by piece (`OpenText`).
  static func read(
    _ file: FileReference, _ position: inout UInt64, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    let node = file.file.node
    guard let row = row(of: node), listed(by: node) == .none else { throw .isDirectory }
    let text = try openText(file)
    // After a seek the text is generated anew from its beginning, as in Linux.
    if text.position != position { text.rewind() }
    while true {
      text.consume(Int(min(UInt64(text.count), position - text.position)))
      guard text.count == 0 else { break }
      guard !text.isLast else { return 0 }
      guard hasSubject(node) else { throw .noProcess }
      text.generate(by: record(row)) { write(row, of: subject(of: node), to: &$0) }
      // The process may have gone at a preemption point.
      guard text.count > 0 || hasSubject(node) else { throw .noProcess }
    }
    let taken = min(text.count, buffer.count)
    // SAFETY: the piece has `taken` bytes. It is generated before it is copied, because the copy
    // may fault and then needs the process's address space, which the text may describe.
    try unsafe buffer.store(text.rest, count: taken, at: 0)
    text.consume(taken)
    position += UInt64(taken)
    return Word(taken)
  }

  /// The state of the text that the open file reads; the first read allocates it.
  ///
  /// - Throws: `outOfMemory`.
  private static func openText(_ file: FileReference) throws(Errno) -> OpenText {
    // SAFETY: the frame belongs to the open file, which the reference keeps open.
    if case .text(let frame) = file.file.object {
      return unsafe OpenText(at: P.Memory.pointer(to: frame))
    }
    let frame: PhysicalFrame
    do throws(MemoryError) {
      frame = try P.memory.space.pool.allocateCold(zeroed: false)
    } catch {
      throw Errno(error)
    }
    file.file.object = .text(frame)
    let text = unsafe OpenText(at: P.Memory.pointer(to: frame))
    text.rewind()
    return text
  }

  static func closed(_ file: FileReference) {
    if case .text(let frame) = file.file.object { P.memory.space.pool.release(frame) }
  }

  static func write(
    _ file: FileReference, _ position: inout UInt64, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    let node = file.file.node
    guard let row = row(of: node) else { throw .invalid }
    guard hasSubject(node) else { throw .noProcess }
    return try take(row, of: subject(of: node), from: buffer)
  }

  #if DEBUG
    /// Writing to /proc/trace: `on` starts a new recording, `off` stops it; a line feed may follow.
    static func controlTrace(_ buffer: UserBuffer<P>) throws(Errno) -> Word {
      guard buffer.count >= 2, buffer.count <= 4 else { throw .invalid }
      var word: UInt32 = 0
      // SAFETY: up to four bytes are copied to four.
      try unsafe withUnsafeMutablePointer(to: &word) { (pointer) throws(Errno) in
        try unsafe buffer.load(UnsafeMutableRawPointer(pointer), count: buffer.count, at: 0)
      }
      switch word {
      case 0x6e6f, 0x0a_6e6f: P.controlTrace(true)
      case 0x66_666f, 0x0a66_666f: P.controlTrace(false)
      default: throw .invalid
      }
      return Word(buffer.count)
    }
  #endif
}
