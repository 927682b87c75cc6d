// SPDX-License-Identifier: Apache-2.0
/// The kernel's log: one line per boot stage or event, `name: fact, fact`. It allocates nothing.
///
/// Lines are dropped until `setOutput` was called. Each line goes to the output in one call, so
/// output of two CPUs interleaves only between lines.
public enum Log {
  /// Writes one whole line, with its line feed. The last argument is true if the line says why the
  /// machine ends. It is called with any lock held and in any context, so it must neither sleep nor
  /// log.
  public typealias Output = @convention(c) (UnsafePointer<UInt8>, Int, Bool) -> Void

  // SAFETY: written once at boot, before a second CPU runs, and read-only afterwards.
  nonisolated(unsafe) private static var output: Output?

  /// Sets the function that writes lines from now on.
  public static func setOutput(_ newOutput: @escaping Output) {
    // SAFETY: called at boot, before a second CPU runs.
    unsafe output = newOutput
  }

  /// Writes a line: `Log.line("tick: \(frequency) Hz")`. Text beyond 255 bytes is cut; the line
  /// feed is added.
  @inline(never)
  public static func line(_ message: LogLine) { write(message, isLast: false) }

  /// Writes a line that says why the machine ends. The output must show it even with `quiet`.
  @inline(never)
  public static func fatalLine(_ message: LogLine) { write(message, isLast: true) }

  private static func write(_ message: LogLine, isLast: Bool) {
    // SAFETY: written once at boot and read-only afterwards.
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

/// One line of the log under construction: a buffer of 256 bytes on the stack.
public struct LogLine: ExpressibleByStringInterpolation, TextSink {
  private var buffer: InlineArray<256, UInt8>
  private var count = 0

  /// A line that is one literal.
  public init(stringLiteral value: StaticString) {
    buffer = InlineArray(repeating: 0)
    text(value)
  }

  /// A line built by interpolation.
  public init(stringInterpolation: Interpolation) {
    self = stringInterpolation.line
  }

  /// An empty line.
  fileprivate init() { buffer = InlineArray(repeating: 0) }

  /// Appends a byte. Bytes beyond 255 are dropped, which leaves room for the line feed.
  @inline(never)
  public mutating func put(_ byte: UInt8) {
    guard count < 255 else { return }
    buffer[count] = byte
    count += 1
  }

  /// Passes the bytes to `body`, with a line feed at the end.
  fileprivate mutating func withTerminatedBytes(_ body: (Span<UInt8>) -> Void) {
    buffer[count] = UInt8(ascii: "\n")
    body(buffer.span.extracting(first: count + 1))
  }

  /// Collects the pieces of an interpolated line.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var line = LogLine()

    /// Starts with an empty line. The sizes are unused, because the buffer is fixed.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Appends a literal piece.
    public mutating func appendLiteral(_ literal: StaticString) { line.text(literal) }

    /// Appends a name or another literal that is chosen at run time.
    public mutating func appendInterpolation(_ literal: StaticString) { line.text(literal) }

    /// Appends an unsigned number in decimal.
    public mutating func appendInterpolation(_ value: some UnsignedInteger & FixedWidthInteger) {
      line.decimal(UInt64(truncatingIfNeeded: value))
    }

    /// Appends a signed number in decimal.
    public mutating func appendInterpolation(_ value: some SignedInteger & FixedWidthInteger) {
      line.decimal(Int64(truncatingIfNeeded: value))
    }

    /// Appends an address or a register: 0x and eight hexadecimal digits.
    public mutating func appendInterpolation(hex value: UInt32) {
      line.text("0x")
      line.hexadecimal(value)
    }

    /// Appends bytes unchanged, for example a path.
    public mutating func appendInterpolation(bytes: Span<UInt8>) { line.bytes(bytes) }
  }
}
