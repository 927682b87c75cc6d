// SPDX-License-Identifier: Apache-2.0

/// The session whose controlling terminal a terminal is, and the process group that gets the
/// signals of its keys; `zero` for none.
struct TerminalSession {
  var leader = ProcessID.zero
  var foreground = ProcessID.zero
}

/// The controlling terminals of sessions (credentials(7), ioctl_tty(2)): each is that of one
/// session at a time. A session's number is that of its leader.
extension ProcessTable {
  /// The session of a terminal.
  subscript(terminal: TerminalNumber) -> TerminalSession {
    get { terminals[Int(terminal.rawValue)] }
    nonmutating set { terminals[Int(terminal.rawValue)] = newValue }
  }

  /// Serves a request of the process `me` about a terminal, as Linux does.
  ///
  /// - Throws: `notTerminal`, `notPermitted`, `noProcess`, `invalid`.
  @inline(never)
  mutating func controlTerminal(
    _ request: TerminalRequest, _ value: UInt32, of terminal: TerminalNumber, by me: ProcessID
  ) throws(Errno) -> UInt32 {
    let slot = try slot(of: me)
    let isOwn = self[slot].terminal == terminal
    switch request {
    case .foreground:
      guard isOwn || value == 1 else { throw .notTerminal }
      return self[terminal].foreground.rawValue
    case .session:
      guard isOwn || value == 1, self[terminal].leader != .zero else { throw .notTerminal }
      return self[terminal].leader.rawValue
    case .release:
      guard isOwn else { throw .notTerminal }
      if self[slot].session != me { self[slot].terminal = nil }  // `releaseTerminal`: a leader's.
    case .setForeground:
      guard Int32(bitPattern: value) >= 0 else { throw .invalid }
      guard isOwn, self[slot].session == self[terminal].leader else { throw .notTerminal }
      let group = ProcessID(rawValue: value)
      guard hasMember(of: group) else { throw .noProcess }
      guard hasMember(of: group, session: self[terminal].leader) else { throw .notPermitted }
      self[terminal].foreground = group
    case .acquire, .acquireByOpen:
      guard self[slot].session == me else { throw .notPermitted }
      if self[terminal].leader == me { return 0 }
      guard self[slot].terminal == nil else { throw .notPermitted }
      if self[terminal].leader != .zero {
        // Only TIOCSCTTY with the argument 1 takes it from another session.
        guard request == .acquire, value == 1 else { throw .notPermitted }
        detach(terminal)
      }
      self[terminal] = TerminalSession(leader: me, foreground: self[slot].group)
      self[slot].terminal = terminal
    }
    return 0
  }

  /// The group of a process whose terminal this is, if another group is in the foreground.
  func backgroundGroup(of process: ProcessID, at terminal: TerminalNumber) -> ProcessID? {
    let foreground = terminals[Int(terminal.rawValue)].foreground
    guard foreground != .zero, let slot = index(of: process), self[slot].terminal == terminal,
      self[slot].group != foreground
    else { return nil }
    return self[slot].group
  }

  /// Ends the session's use of a terminal. No process has it as its own then. Returns the session.
  @inline(never)
  @discardableResult
  mutating func detach(_ terminal: TerminalNumber) -> TerminalSession {
    for slot in 0..<entryEnd where self[slot].terminal == terminal { self[slot].terminal = nil }
    defer { self[terminal] = TerminalSession() }
    return self[terminal]
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
  /// Sends a signal to the foreground process group of a terminal. Also in interrupts. The lock is
  /// held for one process at a time.
  @inline(never)
  public func sendForeground(_ signal: Signal, of terminal: TerminalNumber) {
    send(signal, toGroup: withLock { $0[terminal].foreground })
  }

  /// Sends a signal to a process group; to none for `zero`.
  func send(_ signal: Signal, toGroup group: ProcessID) {
    var next: Int? = 0
    while let start = next {
      next = withLock { $0.sendNext(signal, toGroup: group, from: start) }
    }
  }

  /// The process ends, or gives up its terminal. If it leads the terminal's session, the session
  /// has no terminal then: the foreground process group gets SIGHUP and SIGCONT. As on Linux, that
  /// of a pseudo-terminal whose leader has ended gets SIGHUP only.
  @inline(never)
  func releaseTerminal(of process: ProcessID, hasEnded: Bool) {
    let (group, isConsole) = withLock { (table) -> (ProcessID, Bool) in
      guard let slot = table.index(of: process), let terminal = table[slot].terminal,
        table[terminal].leader == process
      else { return (.zero, false) }
      return (table.detach(terminal).foreground, terminal == .console)
    }
    send(.hangUp, toGroup: group)
    if isConsole || !hasEnded { send(.resume, toGroup: group) }
  }

  /// A terminal is gone: the leader of its session gets SIGHUP and SIGCONT.
  @inline(never)
  func hangUp(_ terminal: TerminalNumber) {
    withLock { table in
      let session = table.detach(terminal)
      guard let leader = table.record(of: session.leader) else { return }
      table.send(SignalInfo(.hangUp, code: SignalInfo.byKernel, 0, 0, 0), to: leader)
      table.send(SignalInfo(.resume, code: SignalInfo.byKernel, 0, 0, 0), to: leader)
    }
  }

  /// Makes the first process the leader of a session with the console as its terminal.
  @inline(never)
  func giveTerminalToFirst() {
    withLock { table in
      table[0].session = .first
      table[0].group = .first
      table[0].terminal = .console
      table[.console] = TerminalSession(leader: .first, foreground: .first)
    }
  }
}
