// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import UserSpace

/// What is asked of the console's buffers. Requests with a value have it in a word, and so do those
/// with an answer: one function that takes the lock serves all of them.
enum ConsoleRequest: UInt8 {
  /// Moves bytes from and to the device as far as possible without waiting. The device interrupts
  /// when more can be done: when bytes arrive that are taken, and when it accepts bytes that are left.
  /// The answer is a `ConsoleTransfer`.
  case transfer
  /// 1 if as many bytes as the value says can be written. Else 0, and waiters are woken when all
  /// output is sent.
  case findRoom
  /// Sends what the device accepts at once, and returns how many bytes are left.
  case send
}

/// What a transfer did, in a word.
struct ConsoleTransfer {
  var word: UInt32

  /// The events for which waiters are to be woken.
  var events: FileEvents { FileEvents(rawValue: word & 0xffff) }
  /// The signal that a key sends.
  var signal: Signal? { Signal(number: word >> 16 & 0xff) }
  /// Whether another transfer can do more at once.
  var isDivided: Bool { word >> 31 != 0 }

  init(word: UInt32) { self.word = word }

  init(_ events: FileEvents, _ signal: Signal?, isDivided: Bool) {
    word = events.rawValue | UInt32(signal?.number ?? 0) << 16 | (isDivided ? 1 << 31 : 0)
  }
}

/// The bytes on their way between programs and the console's device, through the line discipline. The
/// console's lock protects them and masks interrupts: so each request moves a bounded number of bytes.
struct ConsoleBuffers<Console: SystemConsole>: ~Copyable {
  /// The greatest number of bytes that are taken or processed at once.
  static var batch: Int { 4 }
  /// The greatest number of bytes that are sent or read at once.
  static var longBatch: Int { 32 }
  /// The room that is kept for the kernel's own lines and for the echo.
  static var reserve: UInt32 { 256 }

  var terminal: LineDiscipline
  /// Whether the input is framed (`ConsoleMode.framed`), has begun, and a DLE has arrived.
  private var isFramed: Bool
  private var hasBegun: Bool
  private var isEscaped: Bool
  /// Whether a thread waits for room in the output.
  private var isRoomAwaited: Bool
  /// A byte to send before all others: it stops the sender or lets it go on.
  private var urgent: UInt8?

  /// Sets all fields but the contents of the rings, for a console that begins in this mode.
  mutating func begin(_ mode: ConsoleMode) {
    terminal.begin(
      mode.isTerminal ? .usual : .raw, mode.window, hasEnded: mode.hasEnded, isPseudo: false)
    isFramed = mode.isFramed
    (hasBegun, isEscaped, isRoomAwaited) = (false, false, false)
    urgent = nil
  }

  /// Serves a request.
  mutating func serve(_ request: ConsoleRequest, _ value: UInt32) -> UInt32 {
    switch request {
    case .transfer: return transfer().word
    case .findRoom:
      // With processing, a new line takes two bytes. Wrapping: all is below 2048.
      let most = terminal.processesOutput ? min(value &* 2, 768) : value
      if terminal.outputRoom >= most &+ Self.reserve { return 1 }
      isRoomAwaited = true
      return 0
    case .send:
      sendAccepted()
      return terminal.outputCount
    }
  }

  /// Stores bytes that can be read, from `start` on and at most a batch.
  ///
  /// - Returns: where the rest of the span starts, and whether a line ended.
  mutating func read(
    into bytes: inout MutableRawSpan, from start: Int
  ) -> (start: Int, isLine: Bool) {
    terminal.read(
      into: &bytes, from: start, to: min(bytes.byteCount, start + Self.longBatch))
  }

  /// Appends bytes to the output, from `start` on and at most a batch, as far as there is room.
  ///
  /// - Returns: where the rest of the span starts.
  mutating func append(_ bytes: RawSpan, from start: Int) -> Int {
    let batch = terminal.processesOutput ? Self.batch : Self.longBatch
    let end = min(bytes.byteCount, start + batch)
    var index = start
    while index < end {
      // SAFETY: the index is inside, and any byte is a valid value.
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
      guard terminal.write(byte) else { break }
      index += 1
    }
    return index
  }

  /// Sends bytes of a line past the ring, after all that is in it, as far as the device accepts them
  /// at once. Returns where the rest of the line starts.
  mutating func send(_ line: Span<UInt8>, from start: Int) -> Int {
    sendAccepted()
    guard terminal.outputCount == 0 else { return start }
    let end = min(line.count, start + 2 * Self.longBatch)
    var index = start
    while index < end, Console.offer(line[index]) { index += 1 }
    return index
  }

  /// Sends the urgent byte and then bytes of the ring, as many as the device accepts at once and at
  /// most a long batch.
  @inline(never)
  private mutating func sendAccepted() {
    if let byte = urgent, Console.offer(byte) { urgent = nil }
    for _ in 0..<Self.longBatch {
      guard let byte = terminal.firstOutput, Console.offer(byte) else { break }
      terminal.removeFirstOutput()
    }
  }

  /// Takes a batch of bytes or steps of work on them, sends what the device accepts, and sets its
  /// interrupts. Called with the console's lock held.
  private mutating func transfer() -> ConsoleTransfer {
    var signal: Signal?
    var count = 0
    while count < Self.batch, signal == nil {
      if terminal.canStep {
        terminal.step()
      } else {
        guard terminal.acceptsByte, let byte = Console.device?.get() else { break }
        signal = receive(byte)
      }
      count += 1
    }
    if urgent == nil { urgent = terminal.flowByte() }
    if !terminal.isStopped || urgent != nil { sendAccepted() }
    let hasOutput = terminal.outputCount > 0 && !terminal.isStopped
    Console.device?.setInterrupts(
      receive: terminal.acceptsByte, transmit: hasOutput || urgent != nil)
    var events: FileEvents = []
    if count > 0, terminal.hasInput { events.insert(.readable) }
    if isRoomAwaited, terminal.outputCount == 0 {
      isRoomAwaited = false
      events.insert(.writable)
    }
    return ConsoleTransfer(
      events, signal, isDivided: signal != nil || terminal.canStep)
  }

  /// Takes a byte of the device.
  private mutating func receive(_ byte: UInt8) -> Signal? {
    guard isFramed else { return terminal.receive(byte) }
    if isEscaped {
      isEscaped = false
      if byte == ConsoleMode.startByte { hasBegun = true }
      if byte == ConsoleMode.endByte { terminal.end() }
      guard byte == ConsoleMode.escape else { return nil }
    } else if byte == ConsoleMode.escape {
      isEscaped = true
      return nil
    }
    return hasBegun ? terminal.receive(byte) : nil
  }
}
