// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// Reads and writes of a terminal (termios(3)). `TerminalFile+Control` has ioctl.
struct TerminalFile<P: FilePlatform> {
  let terminal: Terminal<P>
  /// Whether the file is the master of a pseudo-terminal, which no process group keeps from it.
  var isMaster = false

  /// When a read returns: in canonical mode with a line. In raw mode with `least` bytes, or when the
  /// time has passed: from the call on with MIN 0, else from each byte on.
  private struct ReadRule {
    let isCanonical: Bool
    let minimum: UInt32
    let nanoseconds: UInt64

    init(_ settings: TerminalSettings) {
      isCanonical = settings.local.contains(.isCanonical)
      minimum = UInt32(settings[.minimum])
      nanoseconds = UInt64(settings[.time]) * 100_000_000
    }

    /// The bytes with which a read returns.
    var least: Word { isCanonical ? 0 : Word(max(minimum, 1)) }
    /// The time of a read before the first byte, and after a byte; nil for none.
    var first: UInt64? { isCanonical || minimum > 0 ? nil : nanoseconds }
    var next: UInt64? { isCanonical || minimum == 0 || nanoseconds == 0 ? nil : nanoseconds }
  }

  private static func deadline(after time: UInt64?) -> UInt64 {
    time.map { P.monotonicNanoseconds() + $0 } ?? .max  // It is below 26 s.
  }

  /// Stores what was typed.
  ///
  /// - Throws: `badAddress`, `restartsIfAsked` after a signal; `tryAgain` instead of blocking unless
  ///   it may.
  @inline(never)
  func read(into buffer: UserBuffer<P>, mayBlock: Bool) throws(Errno) -> Word {
    guard buffer.count > 0, !terminal.isHungUp else { return 0 }
    let rule = ReadRule(terminal.ask { $0.settings })
    var end = Self.deadline(after: rule.first)
    var done: Word = 0
    var isLine = false
    while done < Word(buffer.count) {
      do throws(Errno) {
        guard try awaitInput(until: end, mayBlock: mayBlock) else { break }
        let rest = buffer.part(from: Int(done), count: buffer.count - Int(done))
        let count = try rest.fill(in: UserBuffer<P>.pieceSize) { (bytes: inout MutableRawSpan) in
          if isLine { return 0 }
          let (count, ends) = terminal.read(into: &bytes)
          isLine = ends
          return count
        }
        done += count
        if rule.isCanonical || count == 0 || done >= rule.least { break }
      } catch {
        guard done == 0 else { break }
        throw error
      }
      if let time = rule.next { end = Self.deadline(after: time) }
    }
    return done
  }

  /// Blocks until something can be read. Returns false at the deadline.
  ///
  /// - Throws: `restartsIfAsked`, `tryAgain`.
  private func awaitInput(until end: UInt64, mayBlock: Bool) throws(Errno) -> Bool {
    if hasInput { return true }
    if end != .max, P.monotonicNanoseconds() >= end { return false }
    guard mayBlock else { throw .tryAgain }
    try FileWait<P>.block(in: terminal.queue, for: .readable, end: end) { hasInput }
    return hasInput
  }

  private var hasInput: Bool { terminal.isHungUp || terminal.ask { $0.hasInput } }

  /// Writes to the terminal. Bytes of other writers do not get between up to 768 bytes of one
  /// write, or 384 if new lines become two bytes, unless a key stops the output. Unless it may
  /// block, the write takes as many as there is room for.
  ///
  /// - Throws: `badAddress`, `inputOutput` if the terminal is hung up, `restartsIfAsked`,
  ///   `tryAgain`.
  @inline(never)
  func write(from buffer: UserBuffer<P>, mayBlock: Bool) throws(Errno) -> Word {
    var done: Word = 0
    repeat {
      if terminal.isHungUp { throw .inputOutput }
      let part = min(Word(buffer.count) - done, 768)
      do throws(Errno) {
        if mayBlock, !terminal.hasRoom(for: UInt32(part)) {
          try FileWait<P>.block(in: terminal.queue, for: .writable) {
            terminal.isHungUp || terminal.hasRoom(for: UInt32(part))
          }
          continue
        }
        var taken: Word = 0
        var isFull = false
        _ = try buffer.part(from: Int(done), count: Int(part)).drain { bytes in
          guard !isFull else { return }
          let count = terminal.write(bytes)
          taken += Word(count)
          isFull = count < bytes.byteCount
        }
        done += taken
        if !mayBlock, isFull {
          guard done == 0 else { break }
          throw .tryAgain
        }
        if taken < part, !isFull { break }  // The rest is not accessible.
      } catch {
        guard done == 0 else { break }
        throw error
      }
    } while done < Word(buffer.count)
    return done
  }

  /// The events of poll: input as a read has it, and output while there is room.
  var events: FileEvents {
    if terminal.isHungUp { return [.readable, .writable, .error, .hangUp] }
    var events: FileEvents = []
    if terminal.ask({ $0.isReadable }) { events.insert(.readable) }
    if terminal.hasRoom(for: 1) { events.insert(.writable) }
    return events
  }
}
