// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A terminal as its programs use it: the console or a pseudo-terminal. All is called under the
/// kernel lock.
enum Terminal<P: FilePlatform> {
  case console
  case pseudo(RecordReference<PseudoTerminal>)

  /// The number by which sessions have it.
  var number: TerminalNumber {
    switch self {
    case .console: .console
    case .pseudo(let terminal): TerminalNumber(pseudo: terminal.pointee.number)
    }
  }

  /// Whether the master of a pseudo-terminal is closed.
  var isHungUp: Bool {
    if case .pseudo(let terminal) = self { return terminal.pointee.isHungUp }
    return false
  }

  /// Calls `body` with the line discipline, which it does not change.
  func ask<Result>(_ body: (inout LineDiscipline) -> Result) -> Result {
    switch self {
    case .console: P.withTerminal(body)
    case .pseudo(let terminal): body(&terminal.pointee.discipline)
    }
  }

  /// Calls `body` with the line discipline; afterwards, those who wait for what it changed are
  /// woken.
  func with<Result>(_ body: (inout LineDiscipline) -> Result) -> Result {
    switch self {
    case .console: return P.withTerminal(body)
    case .pseudo(let terminal):
      let result = body(&terminal.pointee.discipline)
      PseudoTerminals<P>.wake(terminal)
      return result
    }
  }

  /// The queue of those who wait for it.
  var queue: FileWait<P>.Queue {
    switch self {
    case .console: P.consoleWaiters.queue
    case .pseudo(let terminal): PseudoTerminals<P>.queue(of: terminal)
    }
  }

  /// Whether `count` bytes, at most 768, can be written.
  func hasRoom(for count: UInt32) -> Bool {
    switch self {
    case .console: return P.hasConsoleRoom(for: count)
    case .pseudo(let terminal):
      // With processing, a new line takes two bytes. Wrapping: all is below 2048.
      let most =
        terminal.pointee.discipline.processesOutput ? min(count &* 2, 768) : count
      return terminal.pointee.discipline.outputRoom >= most
        && !terminal.pointee.discipline.isStopped
    }
  }

  /// Whether all that was written has been sent. What a pseudo-terminal has to send is with its
  /// master already.
  var isDrained: Bool {
    if case .console = self { return P.hasConsoleRoom(for: 768) }
    return true
  }

  /// Stores what can be read at once: in canonical mode a line or its rest.
  func read(into bytes: inout MutableRawSpan) -> (count: Int, isLine: Bool) {
    switch self {
    case .console: return P.readConsole(into: &bytes)
    case .pseudo(let terminal):
      let (count, isLine) = terminal.pointee.discipline.read(
        into: &bytes, from: 0, to: bytes.byteCount)
      PseudoTerminals<P>.wake(terminal)
      return (count, isLine)
    }
  }

  /// Writes bytes as far as there is room, and to a pseudo-terminal unless it is stopped. Returns
  /// their number.
  func write(_ bytes: RawSpan) -> Int {
    switch self {
    case .console: return P.writeConsole(bytes)
    case .pseudo(let terminal):
      var count = 0
      while count < bytes.byteCount, !terminal.pointee.discipline.isStopped {
        // SAFETY: the index is inside, and any byte is a valid value.
        let byte = unsafe bytes.unsafeLoad(fromByteOffset: count, as: UInt8.self)
        guard terminal.pointee.discipline.write(byte) else { break }
        count += 1
      }
      PseudoTerminals<P>.wake(terminal)
      return count
    }
  }
}
