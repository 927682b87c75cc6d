// SPDX-License-Identifier: Apache-2.0

/// What programs and the device do with a terminal, besides typing.
extension LineDiscipline {
  /// How many bytes reads can return at once, for FIONREAD.
  @inline(__always)
  public var inputCount: UInt32 { isCanonical ? input.lineCount : input.count }

  /// Whether a read returns at once: there is a line, or one byte in raw mode, or the end.
  @inline(__always)
  public var hasInput: Bool { hasEnded || (isCanonical ? input.hasLine : input.count > 0) }

  /// Whether poll reports input. In raw mode without TIME, as many bytes as MIN says are needed.
  @inline(__always)
  public var isReadable: Bool {
    guard !isCanonical, !hasEnded, settings[.time] == 0, settings[.minimum] > 0 else {
      return hasInput
    }
    return input.count >= settings[.minimum]
  }

  /// Moves bytes to `span`, from `start` to before `limit`: in canonical mode of one line.
  ///
  /// - Returns: where the rest of the span starts, and whether the end of a line was removed.
  public mutating func read(
    into span: inout MutableRawSpan, from start: Int, to limit: Int
  ) -> (start: Int, isLine: Bool) {
    input.read(into: &span, from: start, to: limit, inLines: isCanonical)
  }

  /// The room for output, in bytes that are not processed.
  @inline(__always)
  public var outputRoom: UInt32 { output.room }

  /// How many bytes wait to be sent.
  @inline(__always)
  public var outputCount: UInt32 { output.count }

  /// Takes a byte that a program writes. Returns false if there is no room.
  public mutating func write(_ byte: UInt8) -> Bool {
    guard output.room >= TerminalOutput.mostPerByte || !processesOutput && output.room > 0 else {
      return false
    }
    put(byte)
    return true
  }

  /// Whether bytes that are written may be changed.
  @inline(__always)
  public var processesOutput: Bool { settings.output.contains(.processes) }

  /// The byte to send next; nil if there is none. Stopped output is sent, too.
  @inline(__always)
  public var firstOutput: UInt8? { output.first }

  /// Removes the byte that was sent.
  public mutating func removeFirstOutput() { output.removeFirst() }

  /// Stops the output or starts it again, for a program (TCXONC).
  public mutating func stopOutput(_ isStopped: Bool) {
    if isStoppedByProgram, !isStopped { isStoppedByKey = false }
    isStoppedByProgram = isStopped
  }

  /// The byte that stops the sender or lets it go on, if it is time for that: with IXOFF, if there
  /// is room for fewer than 128 bytes, or if no more than 128 wait to be read.
  public mutating func flowByte() -> UInt8? {
    guard settings.input.contains(.stopsInput) else { return nil }
    if !isSenderStopped, input.room < 128, !isCanonical || input.hasLine {
      isSenderStopped = true
      return settings[.stop]
    }
    if isSenderStopped, input.count <= 128 {
      isSenderStopped = false
      return settings[.start]
    }
    return nil
  }
}
