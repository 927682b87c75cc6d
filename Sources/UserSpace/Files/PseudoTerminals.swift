// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The masters of pseudo-terminals, and the opening and closing of both sides (ioctl_tty(2),
/// pts(4)). All is called under the kernel lock.
enum PseudoTerminals<P: FilePlatform> {
  typealias Reference = RecordReference<PseudoTerminal>

  /// The most steps of a line that are done without a preemption point.
  private static var mostSteps: Int { 16 }

  private static var pool: FramePool<P.CPU, P.Memory> { P.memory.space.pool }

  /// The pseudo-terminal /dev/pts/`number`; nil if there is none.
  static func terminal(_ number: UInt32) -> Reference? {
    guard number < UInt32(TerminalNumber.pseudoCount) else { return nil }
    return P.fileObjects.pointee.terminals[Int(number)]
  }

  /// The queue of those who wait for the terminal's side.
  static func queue(of terminal: Reference) -> FileWait<P>.Queue {
    // The queue is in the terminal, which stays in place while a side is open.
    terminal.pointee.waiters.reference
  }

  /// The queue of those who wait for the master.
  static func masterQueue(of terminal: Reference) -> FileWait<P>.Queue {
    // This queue is in the terminal, too, which stays in place while the master is open.
    terminal.pointee.masterWaiters.reference
  }

  /// Wakes those on both sides who may go on.
  @inline(never)
  static func wake(_ terminal: Reference) {
    let events = masterEvents(of: terminal)
    FileWait<P>.wake(masterQueue(of: terminal), events, .all)
    var own: FileEvents = []
    if terminal.pointee.discipline.hasInput { own.insert(.readable) }
    if terminal.pointee.discipline.outputRoom >= 768 { own.insert(.writable) }
    FileWait<P>.wake(queue(of: terminal), own, .all)
  }

  // Opening and closing.

  /// Makes a pseudo-terminal, of which `file` is the master.
  ///
  /// - Throws: `noSpace` if all numbers are in use, `outOfMemory`.
  @inline(never)
  static func openMaster(_ file: FileReference) throws(Errno) {
    for index in 0..<TerminalNumber.pseudoCount where P.fileObjects.pointee.terminals[index] == nil
    {
      let frame: PhysicalFrame
      do { frame = try pool.allocateCold(order: PseudoTerminal.order, zeroed: true) } catch {
        throw Errno(error)
      }
      // SAFETY: the frames are the terminal's own, are zeroed, and have room for it.
      let terminal = unsafe Reference(
        at: P.Memory.pointer(to: frame).assumingMemoryBound(to: PseudoTerminal.self))
      terminal.pointee.discipline.begin(
        .pseudoTerminal, TerminalWindow(), hasEnded: false, isPseudo: true)
      terminal.pointee.number = UInt32(index)
      P.fileObjects.pointee.terminals[index] = terminal
      P.fileObjects.pointee.terminalFrames[index] = frame
      file.file.object = .master(terminal)
      return
    }
    throw .noSpace
  }

  /// Makes `file` a user of the terminal's side.
  ///
  /// - Throws: `inputOutput` while it is locked or after its master was closed.
  static func open(_ file: FileReference, of terminal: Reference) throws(Errno) {
    guard terminal.pointee.isUnlocked, !terminal.pointee.isHungUp else { throw .inputOutput }
    file.file.object = .terminal(terminal)
    terminal.pointee.users += 1
    terminal.pointee.wasLeft = false
  }

  /// Ends the use by a file of the terminal's side. The last one leaves: reads of the master fail
  /// then.
  static func closed(_ terminal: Reference) {
    terminal.pointee.users -= 1
    guard terminal.pointee.users == 0 else { return }
    terminal.pointee.wasLeft = true
    if terminal.pointee.isHungUp { return free(terminal) }
    FileWait<P>.wake(masterQueue(of: terminal), [.readable, .writable, .unasked], .all)
  }

  /// The master is closed: the terminal is hung up, and its session loses it.
  static func masterClosed(_ terminal: Reference) {
    terminal.pointee.isHungUp = true
    P.hangUp(TerminalNumber(pseudo: terminal.pointee.number))
    if terminal.pointee.users == 0 { return free(terminal) }
    FileWait<P>.wake(queue(of: terminal), [.readable, .writable, .unasked], .all)
  }

  private static func free(_ terminal: Reference) {
    let index = Int(terminal.pointee.number)
    P.fileObjects.pointee.terminals[index] = nil
    if let frame = P.fileObjects.pointee.terminalFrames[index] { pool.release(frame) }
    P.fileObjects.pointee.terminalFrames[index] = nil
  }

  // The master.

  private static func hasOutput(_ terminal: Reference) -> Bool {
    terminal.pointee.discipline.outputCount > 0
  }

  /// Takes what the terminal sends. Blocks until there is something.
  ///
  /// - Throws: `inputOutput` after the last user has left; `tryAgain`, `badAddress`,
  ///   `restartsIfAsked`.
  static func read(
    _ file: FileReference, _ terminal: Reference, into buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    guard buffer.count > 0 else { return 0 }
    if !hasOutput(terminal) {
      if terminal.pointee.wasLeft { throw .inputOutput }
      guard file.file.mayBlock, buffer.mayBlock else { throw .tryAgain }
      try FileWait<P>.block(in: masterQueue(of: terminal), for: .readable) {
        hasOutput(terminal) || terminal.pointee.wasLeft
      }
      if !hasOutput(terminal) { throw .inputOutput }
    }
    let done = try buffer.fill(in: UserBuffer<P>.pieceSize) { (bytes: inout MutableRawSpan) in
      var count = 0
      while count < bytes.byteCount, let byte = terminal.pointee.discipline.firstOutput {
        bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        terminal.pointee.discipline.removeFirstOutput()
        count += 1
      }
      return count
    }
    finishLine(of: terminal)  // There is room for its echo again.
    wake(terminal)
    return done
  }

  /// Types the bytes at the terminal. Blocks while it takes none.
  ///
  /// - Throws: `tryAgain`, `badAddress`, `restartsIfAsked`.
  static func write(
    _ file: FileReference, _ terminal: Reference, from buffer: UserBuffer<P>
  ) throws(Errno) -> Word {
    var done = 0
    do throws(Errno) {
      while done < buffer.count {
        finishLine(of: terminal)
        if !terminal.pointee.discipline.acceptsByte {
          guard file.file.mayBlock else { throw .tryAgain }
          try FileWait<P>.block(in: masterQueue(of: terminal), for: .writable) {
            terminal.pointee.discipline.canStep || terminal.pointee.discipline.acceptsByte
          }
          continue
        }
        done += try type(buffer.part(from: done, count: min(32, buffer.count - done)), terminal)
        if done < buffer.count, P.mustEnd() { break }
      }
    } catch {
      guard done > 0 else { throw error }
    }
    return Word(done)
  }

  /// Types bytes as far as they are taken at once, and sends the signals of keys. Returns their
  /// number.
  private static func type(_ buffer: UserBuffer<P>, _ terminal: Reference) throws(Errno) -> Int {
    var (count, isFull) = (0, false)
    let number = TerminalNumber(pseudo: terminal.pointee.number)
    _ = try buffer.drain { bytes in
      for index in 0..<bytes.byteCount where !isFull {
        finishLine(of: terminal)
        guard terminal.pointee.discipline.acceptsByte else {
          isFull = true
          return
        }
        // SAFETY: the index is inside, and any byte is a valid value.
        let byte = unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        if let signal = terminal.pointee.discipline.receive(byte) {
          P.signalForeground(signal, of: number)
        }
        count += 1
      }
    }
    finishLine(of: terminal)
    wake(terminal)
    return count
  }

  /// Does what is left to do of the last key, as far as there is room for its echo.
  private static func finishLine(of terminal: Reference) {
    var steps = 0
    while terminal.pointee.discipline.canStep {
      terminal.pointee.discipline.step()
      steps += 1
      if steps % mostSteps == 0 { _ = P.mustEnd() }  // A preemption point.
    }
  }

  /// Serves a request of ioctl about the master: its number, the lock; all else is about the
  /// terminal.
  ///
  /// - Throws: `badAddress`; what `TerminalFile.control` throws.
  @inline(never)
  static func control(
    _ terminal: Reference, _ request: UInt32, _ argument: UserAddress
  ) throws(Errno) -> Word {
    switch request {
    case 0x8004_5430: try TerminalFile<P>.store(terminal.pointee.number, at: argument)  // TIOCGPTN
    case 0x4004_5431:  // TIOCSPTLCK
      terminal.pointee.isUnlocked = try TerminalFile<P>.load(count: 1, at: argument)[0] == 0
    case 0x8004_5439:  // TIOCGPTLCK
      try TerminalFile<P>.store(terminal.pointee.isUnlocked ? 0 : 1, at: argument)
    case 0x541b:  // FIONREAD
      try TerminalFile<P>.store(terminal.pointee.discipline.outputCount, at: argument)
    default:
      return try TerminalFile<P>(terminal: .pseudo(terminal), isMaster: true)
        .control(request, argument)
    }
    return 0
  }

  /// The events of poll of the master.
  static func masterEvents(of terminal: Reference) -> FileEvents {
    var events: FileEvents = []
    if hasOutput(terminal) { events.insert(.readable) }
    if terminal.pointee.discipline.acceptsByte { events.insert(.writable) }
    if terminal.pointee.wasLeft { events.insert(.hangUp) }
    return events
  }
}
