// SPDX-License-Identifier: Apache-2.0
/// The kernel's log: one line per stage, `name: fact, fact`. It allocates nothing.
///
/// Until the kernel has said where lines go, they are dropped. Lines of two CPUs may interleave
/// only between lines: each goes to the sink in one call.
public enum Log {
  /// Takes one whole line with its line feed, and whether it says why the machine ends; called with
  /// any lock held and from any state, so it must neither sleep nor log.
  public typealias Output = @convention(c) (UnsafePointer<UInt8>, Int, Bool) -> Void

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var output: Output?

  /// Says where lines go from now on.
  public static func setOutput(_ newOutput: @escaping Output) {
    // SAFETY: see the declaration.
    unsafe output = newOutput
  }

  /// Writes a line: `Log.line("tick: \(frequency) Hz")`. Up to 255 bytes and the line feed; what is
  /// longer is cut.
  @inline(never)
  public static func line(_ message: LogLine) { write(message, isLast: false) }

  /// Writes a line that says why the machine ends, which `quiet` must not hide from its user.
  @inline(never)
  public static func lastLine(_ message: LogLine) { write(message, isLast: true) }

  private static func write(_ message: LogLine, isLast: Bool) {
    // SAFETY: see the declaration.
    guard let output = unsafe output else { return }
    var message = message
    message.withTerminatedBytes { bytes in
      // SAFETY: the bytes live until the end of this closure.
      unsafe bytes.withUnsafeBufferPointer { buffer in
        guard let start = buffer.baseAddress else { return }
        unsafe output(start, buffer.count, isLast)
      }
    }
  }
}

/// One line of the log while it is put together: a buffer of 256 bytes on the stack.
public struct LogLine: ExpressibleByStringInterpolation, TextSink {
  private var buffer: InlineArray<256, UInt8>
  private var count = 0

  /// A line that is one literal.
  public init(stringLiteral value: StaticString) {
    buffer = InlineArray(repeating: 0)
    text(value)
  }

  /// A line put together by interpolation.
  public init(stringInterpolation: Interpolation) {
    self = stringInterpolation.line
  }

  /// An empty line.
  fileprivate init() { buffer = InlineArray(repeating: 0) }

  /// Appends a byte; what does not fit is dropped, with room kept for the line feed.
  @inline(never)
  public mutating func put(_ byte: UInt8) {
    guard count < 255 else { return }
    buffer[count] = byte
    count += 1
  }

  /// Hands out the bytes with a line feed behind them.
  fileprivate mutating func withTerminatedBytes(_ body: (Span<UInt8>) -> Void) {
    buffer[count] = UInt8(ascii: "\n")
    body(buffer.span.extracting(first: count + 1))
  }

  /// Collects the pieces of an interpolated line.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var line = LogLine()

    /// The sizes are not needed: the buffer is fixed.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// A literal piece.
    public mutating func appendLiteral(_ literal: StaticString) { line.text(literal) }

    /// A name or another literal that is chosen at run time.
    public mutating func appendInterpolation(_ literal: StaticString) { line.text(literal) }

    /// An unsigned number in decimal.
    public mutating func appendInterpolation(_ value: some UnsignedInteger & FixedWidthInteger) {
      line.decimal(UInt64(truncatingIfNeeded: value))
    }

    /// A signed number in decimal.
    public mutating func appendInterpolation(_ value: some SignedInteger & FixedWidthInteger) {
      line.decimal(Int64(truncatingIfNeeded: value))
    }

    /// An address or a register: eight hexadecimal digits behind 0x.
    public mutating func appendInterpolation(hex value: UInt32) {
      line.text("0x")
      line.hexadecimal(value)
    }

    /// Bytes as they are, a path for instance.
    public mutating func appendInterpolation(bytes: Span<UInt8>) { line.bytes(bytes) }
  }
}
