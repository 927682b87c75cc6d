// SPDX-License-Identifier: Apache-2.0

/// The controlling terminal of sessions: the console, which is that of one session at a time. Its
/// keys send signals to the foreground process group (credentials(7), ioctl_tty(2)).
extension ProcessTable {
  /// Serves a request of the process `me`, as Linux does.
  ///
  /// - Throws: `notTerminal`, `notPermitted`, `noProcess`, `invalid`, `noSuchDevice`.
  @inline(never)
  mutating func controlTerminal(
    _ request: TerminalRequest, _ value: UInt32, by me: ProcessID
  ) throws(Errno) -> UInt32 {
    let slot = try slot(of: me)
    switch request {
    case .find:
      guard self[slot].hasTerminal else { throw .noSuchDevice }
    case .foreground, .session, .release:
      guard self[slot].hasTerminal else { throw .notTerminal }
      if request == .foreground { return foreground.rawValue }
      if request == .session { return terminalSession.rawValue }
      self[slot].hasTerminal = self[slot].session == me  // `releaseTerminal` ends that of a leader.
    case .setForeground:
      guard Int32(bitPattern: value) >= 0 else { throw .invalid }
      guard self[slot].hasTerminal, self[slot].session == terminalSession else {
        throw .notTerminal
      }
      let group = ProcessID(rawValue: value)
      guard hasMember(of: group) else { throw .noProcess }
      guard hasMember(of: group, session: terminalSession) else { throw .notPermitted }
      foreground = group
    case .acquire, .acquireByOpen:
      guard self[slot].session == me else { throw .notPermitted }
      if terminalSession == me { return 0 }
      guard !self[slot].hasTerminal else { throw .notPermitted }
      if terminalSession != .zero {
        // Only TIOCSCTTY with the argument 1 takes it from another session.
        guard request == .acquire, value == 1 else { throw .notPermitted }
        detachTerminal()
      }
      (terminalSession, foreground) = (me, self[slot].group)
      self[slot].hasTerminal = true
    }
    return 0
  }

  /// The group of a process whose terminal is the console, if another group is in the foreground.
  func backgroundGroup(of process: ProcessID) -> ProcessID? {
    guard foreground != .zero, let slot = index(of: process), self[slot].hasTerminal,
      self[slot].group != foreground
    else { return nil }
    return self[slot].group
  }

  /// Ends the session's use of the console. No process has it as its terminal then.
  mutating func detachTerminal() {
    for slot in 0..<entryEnd { self[slot].hasTerminal = false }
    (terminalSession, foreground) = (.zero, .zero)
  }

  /// Sends a signal to the first process of a group at `start` or after it. Returns where the next one
  /// may be; nil if there was none.
  @inline(never)
  mutating func sendNext(_ signal: Signal, toGroup group: ProcessID, from start: Int) -> Int? {
    guard group != .zero else { return nil }
    for slot in start..<max(start, entryEnd) where self[slot].group == group {
      guard self[slot].identifier != .zero, let record = self[slot].record else { continue }
      send(SignalInfo(signal, code: SignalInfo.byKernel, 0, 0, 0), to: record)
      return slot + 1
    }
    return nil
  }
}

extension Processes {
  /// Sends a signal to the foreground process group. Also in interrupts. The lock is held for one
  /// process at a time.
  @inline(never)
  public func sendForeground(_ signal: Signal) {
    send(signal, toGroup: withLock { $0.foreground })
  }

  /// Sends a signal to a process group; to none for `zero`.
  func send(_ signal: Signal, toGroup group: ProcessID) {
    var next: Int? = 0
    while let start = next {
      next = withLock { $0.sendNext(signal, toGroup: group, from: start) }
    }
  }

  /// The process gives up the console, if it leads the console's session: the foreground process group
  /// gets SIGHUP and SIGCONT.
  @inline(never)
  func releaseTerminal(of process: ProcessID) {
    let group = withLock { (table) -> ProcessID in
      guard table.terminalSession == process, process != .zero else { return .zero }
      defer { table.detachTerminal() }
      return table.foreground
    }
    send(.hangUp, toGroup: group)
    send(.resume, toGroup: group)
  }

  /// Makes the first process the leader of a session with the console as its terminal.
  @inline(never)
  func giveTerminalToFirst() {
    withLock { table in
      table[0].session = .first
      table[0].group = .first
      table[0].hasTerminal = true
      (table.terminalSession, table.foreground) = (.first, .first)
    }
  }
}
