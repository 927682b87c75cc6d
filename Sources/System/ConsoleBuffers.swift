// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// What is asked of the console's buffers. Requests with a value have it in a word, and so do those
/// with an answer: one function that takes the lock serves all of them.
enum ConsoleRequest: UInt8 {
  /// Moves bytes from and to the device as far as possible without waiting. The device interrupts
  /// when more can be done: when bytes arrive that fit, and when it accepts bytes that are left. The
  /// answer is the events for which waiters are to be woken.
  case transfer
  /// The number of bytes that have arrived.
  case countInput
  /// 1 if as many bytes as the value says can be written. Else 0, and waiters are woken when all
  /// output is sent.
  case findRoom
  /// Sends what the device accepts at once, and returns how many bytes are left.
  case send
}

/// The bytes on their way between programs and the console's device. The console's lock protects it
/// and masks interrupts: so each request moves a bounded number of bytes.
struct ConsoleBuffers<Device: SystemConsole> {
  /// The greatest number of bytes of a transfer, in each direction.
  static var batch: Int { 32 }
  /// The room that is kept for the kernel's own lines.
  static var reserve: UInt32 { 256 }

  private var input = ByteRing<1024>()
  private var output = ByteRing<1024>()
  /// Whether somebody waits for room in the output.
  private var isRoomAwaited = false

  /// Serves a request.
  mutating func serve(_ request: ConsoleRequest, _ value: UInt32) -> UInt32 {
    switch request {
    case .transfer: return transfer().rawValue
    case .countInput: return input.count
    case .findRoom:
      if output.room >= value &+ Self.reserve { return 1 }  // Wrapping: it is below 1024.
      isRoomAwaited = true
      return 0
    case .send:
      sendAccepted()
      return output.count
    }
  }

  /// Stores bytes that have arrived, from `start` on and at most a batch.
  ///
  /// - Returns: where the rest of the span starts.
  mutating func read(into bytes: inout MutableRawSpan, from start: Int) -> Int {
    let end = min(bytes.byteCount, start + Self.batch)
    var index = start
    while index < end {
      guard let byte = input.removeFirst() else { break }
      bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      index += 1
    }
    return index
  }

  /// Appends bytes to the output, from `start` on and at most a batch, as far as there is room.
  ///
  /// - Returns: where the rest of the span starts.
  mutating func append(_ bytes: RawSpan, from start: Int) -> Int {
    let end = min(bytes.byteCount, start + Self.batch)
    var index = start
    while index < end, output.room > 0 {
      // SAFETY: the index is inside, and any byte is a valid value.
      output.append(unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
      index += 1
    }
    return index
  }

  /// Sends bytes of a line past the ring, after all that is in it, as far as the device accepts them
  /// at once. Returns where the rest of the line starts.
  mutating func send(_ line: Span<UInt8>, from start: Int) -> Int {
    sendAccepted()
    guard output.count == 0 else { return start }
    let end = min(line.count, start + 2 * Self.batch)
    var index = start
    while index < end, Device.offer(line[index]) { index += 1 }
    return index
  }

  @inline(never)
  private mutating func sendAccepted() {
    for _ in 0..<Self.batch {
      guard let byte = output.first, Device.offer(byte) else { break }
      _ = output.removeFirst()
    }
  }

  private mutating func transfer() -> FileEvents {
    var events: FileEvents = []
    for _ in 0..<Self.batch {
      guard input.room > 0, let byte = Device.get() else { break }
      input.append(byte)
      events.insert(.readable)
    }
    sendAccepted()
    Device.setInterrupts(receive: input.room > 0, transmit: output.count > 0)
    if isRoomAwaited, output.count == 0 {
      isRoomAwaited = false
      events.insert(.writable)
    }
    return events
  }
}
