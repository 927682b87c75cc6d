// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// What is between a terminal's device and its programs: it stores what arrives, lets a line be
/// edited, writes the echo, and finds the keys that send signals or stop the output. It does what
/// termios(3) and Linux's n_tty do with the same settings.
///
/// It cannot be copied, because it is larger than what a kernel stack should hold. It has no lock: its
/// owner has one, which may mask interrupts. So each function does a bounded amount of work, and what
/// takes longer is done in steps.
public struct LineDiscipline: ~Copyable {
  /// What programs have set.
  public private(set) var settings: TerminalSettings
  /// The size of the window, which programs set and ask for.
  public var window = TerminalWindow()
  /// Whether the input has ended: when all is read, reads return 0 bytes.
  public private(set) var hasEnded = false
  var input = TerminalInput()
  var output = TerminalOutput()
  /// Work that is left of the last byte: until it is done, no other is taken.
  var work = Work.none
  /// Whether LNEXT has arrived: the next byte has no special meaning.
  private var isNextLiteral = false
  /// Whether erased bytes are being printed, with ECHOPRT.
  var isPrintingErased = false
  /// Whether STOP, or a program with TCXONC, has stopped the output.
  var isStoppedByKey = false
  var isStoppedByProgram = false
  /// Whether the sender was sent STOP.
  var isSenderStopped = false
  /// Whether output is at once the other side's, which reads it (a pseudo-terminal). As on Linux,
  /// it is not discarded then.
  private var isPseudo = false

  /// The line discipline of a new terminal.
  public init(_ settings: TerminalSettings) { self.settings = settings }

  /// Sets all fields but the contents of the rings. Makes a line discipline of zeroed memory.
  public mutating func begin(
    _ settings: TerminalSettings, _ window: TerminalWindow, hasEnded: Bool, isPseudo: Bool
  ) {
    self.isPseudo = isPseudo
    self.settings = settings
    self.window = window
    self.hasEnded = hasEnded
    work = .none
    isNextLiteral = false
    isPrintingErased = false
    (isStoppedByKey, isStoppedByProgram, isSenderStopped) = (false, false, false)
  }

  /// Whether input is read in lines.
  @inline(__always)
  public var isCanonical: Bool { settings.local.contains(.isCanonical) }

  /// IUTF8: erase removes a whole character, and a column has one.
  @inline(__always)
  var isUTF8: Bool { settings.input.contains(.isUTF8) }

  /// Appends a byte to the output, processed.
  mutating func put(_ byte: UInt8) { output.put(byte, settings.output, isUTF8: isUTF8) }

  /// Whether output waits until it is started again.
  @inline(__always)
  public var isStopped: Bool { isStoppedByKey || isStoppedByProgram }

  /// The bytes that the echo of a byte takes at most.
  private static var echoRoom: UInt32 { 2 * TerminalOutput.mostPerByte }

  /// Whether there is work for `step`, and room for its echo.
  @inline(__always)
  public var canStep: Bool { work != .none && hasEchoRoom }

  /// Whether a step can be done, or a byte be taken: there is room for its echo. Stopped output
  /// holds nothing up, because a key must start it again; then an echo without room is lost.
  @inline(__always)
  private var hasEchoRoom: Bool { output.room >= Self.echoRoom || isStopped }

  /// How many bytes more can be stored, less one that ends a line. Linux counts three for one with
  /// PARMRK.
  @inline(__always)
  private var inputRoom: Int {
    let room = Int(truncatingIfNeeded: input.room)
    return (settings.input.contains(.marksParity) ? (room + 2) / 3 : room) - 1
  }

  /// Whether a byte would be stored in place of the last one: the only line is too long.
  @inline(__always)
  private var isOverflowing: Bool { inputRoom <= 0 && isCanonical && !input.hasLine }

  /// Whether a byte is taken now. If not, it waits in the device, because nothing may be lost.
  public var acceptsByte: Bool {
    @inline(never) get {
      work == .none && hasEchoRoom && (inputRoom > 0 || isOverflowing)
    }
  }

  /// Takes a byte that has arrived; `acceptsByte` was true.
  ///
  /// - Returns: the signal to send to the foreground process group; nil for none.
  @inline(never)
  public mutating func receive(_ byte: UInt8) -> Signal? {
    if isOverflowing, inputRoom < 0, !input.isLineEmpty { input.truncate(to: input.appended &- 1) }
    var byte = settings.input.contains(.strips) ? byte & 0x7f : byte
    if settings.input.contains(.lowers), settings.local.contains(.isExtended) {
      byte = byte.lowercase
    }
    if isNextLiteral {
      isNextLiteral = false
    } else if byte < 0x20 || byte == 0x7f || settings.isKey(byte) {
      return receiveSpecial(byte)
    }
    startByAny()
    store(byte, isLine: false)
    return nil
  }

  /// Takes a byte that may have a special meaning.
  private mutating func receiveSpecial(_ typed: UInt8) -> Signal? {
    if settings.input.contains(.stopsOutput) {
      let isStart = settings.isCharacter(typed, .start)
      if isStart || settings.isCharacter(typed, .stop) {
        isStoppedByKey = !isStart
        return nil
      }
    }
    if let signal = signal(of: typed) {
      if !settings.local.contains(.keepsAtSignals) {
        discardInput()
        discardOutput()
      }
      if settings.input.contains(.stopsOutput) { isStoppedByKey = false }
      if settings.local.contains(.echoes) { echo(typed) }
      return signal
    }
    startByAny()
    var byte = typed
    if byte == 0x0d {
      if settings.input.contains(.ignoresReturns) { return nil }
      if settings.input.contains(.linesForReturns) { byte = 0x0a }
    } else if byte == 0x0a, settings.input.contains(.returnsForLines) {
      byte = 0x0d
    }
    if isCanonical, edit(byte) { return nil }
    // A new line without a meaning is echoed as ^J, one that was a return as a new line.
    store(byte, isLine: byte == 0x0a && typed != byte)
    return nil
  }

  /// IXANY: any byte starts the output.
  private mutating func startByAny() {
    if settings.input.contains([.stopsOutput, .startsByAny]) { isStoppedByKey = false }
  }

  /// The signal that a key sends.
  @inline(__always)
  private func signal(of byte: UInt8) -> Signal? {
    guard settings.local.contains(.sendsSignals) else { return nil }
    if settings.isCharacter(byte, .interrupt) { return .interrupt }
    if settings.isCharacter(byte, .quit) { return .quit }
    if settings.isCharacter(byte, .suspend) { return .terminalStop }
    return nil
  }

  /// Does what a byte means in canonical mode. Returns false if it is a byte of the line.
  private mutating func edit(_ byte: UInt8) -> Bool {
    let isExtended = settings.local.contains(.isExtended)
    let echoes = settings.local.contains(.echoes)
    if settings.isCharacter(byte, .erase) {
      beginErasing(.character)
    } else if settings.isCharacter(byte, .kill) {
      beginErasing(.line)
    } else if isExtended, settings.isCharacter(byte, .eraseWord) {
      beginErasing(.word)
    } else if isExtended, settings.isCharacter(byte, .literalNext) {
      isNextLiteral = true
      if echoes {
        finishPrinting()
        if settings.local.contains(.echoesControls) {
          echoRaw(0x5e)
          echoRaw(0x08)
        }
      }
    } else if isExtended, echoes, settings.isCharacter(byte, .reprint) {
      finishPrinting()
      echo(byte)
      echoRaw(0x0a)
      work = .reprint(input.committed)
    } else if byte == 0x0a {
      if echoes || settings.local.contains(.echoesLines) { echoRaw(byte) }
      input.endLine(byte)
    } else if settings.isCharacter(byte, .endOfFile) {
      input.endLine(0)
    } else if settings.isCharacter(byte, .endOfLine)
      || isExtended && settings.isCharacter(byte, .secondEndOfLine)
    {
      if echoes { echoStored(byte) }
      if isMarked(byte) { input.append(byte) }
      input.endLine(byte)
    } else {
      return false
    }
    return true
  }

  /// Whether a byte is stored twice, because the first byte of a parity mark has its value.
  @inline(__always)
  private func isMarked(_ byte: UInt8) -> Bool {
    byte == 0xff && settings.input.contains(.marksParity)
  }

  /// Stores a byte and echoes it.
  private mutating func store(_ byte: UInt8, isLine: Bool) {
    if settings.local.contains(.echoes) {
      finishPrinting()
      if isLine { echoRaw(byte) } else { echoStored(byte) }
    }
    if isMarked(byte) { input.append(byte) }
    input.append(byte)
  }

  /// Ends the input.
  public mutating func end() { hasEnded = true }

  /// Removes all output that can be discarded.
  public mutating func discardOutput() {
    if !isPseudo { output.removeAll() }
  }

  /// Removes all input.
  public mutating func discardInput() {
    input.removeAll()
    isPrintingErased = false
    work = .none
  }

  /// Sets the settings that a program asks for. A change to or from canonical mode does to the input
  /// what it does in Linux: in raw mode all of it can be read, in canonical mode it is one line.
  public mutating func set(_ new: TerminalSettings) {
    let old = settings
    settings = new
    if new.local.symmetricDifference(old.local).contains(.isCanonical) {
      if isCanonical { input.beginLines() } else { input.endLines() }
      isPrintingErased = false
      isNextLiteral = false
      work = .none
    }
    if old.input.contains(.stopsOutput), !new.input.contains(.stopsOutput) {
      isStoppedByKey = false
    }
  }
}
