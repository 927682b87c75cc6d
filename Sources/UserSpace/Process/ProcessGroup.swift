// SPDX-License-Identifier: Apache-2.0
/// Process groups and sessions (setpgid(2), setsid(2)). A group's number is that of the process
/// that created it; a group is in one session.
extension ProcessTable {
  /// The index of the process with this number. Zombies are found, too.
  ///
  /// - Throws: `noProcess`.
  @inline(never)
  func slot(of identifier: ProcessID) throws(Errno) -> Int {
    guard let slot = index(of: identifier) else { throw .noProcess }
    return slot
  }

  /// Whether any process is in this group, and in this session if one is given.
  func hasMember(of group: ProcessID, session: ProcessID? = nil) -> Bool {
    for slot in 0..<entryEnd where self[slot].identifier != .zero && self[slot].group == group {
      if session == nil || self[slot].session == session { return true }
    }
    return false
  }

  /// Moves a process into a group of the caller's session, or into a new group named after it.
  /// `target` must be `caller` or a child of it that has not executed a program.
  ///
  /// - Throws: `noProcess`, `invalid` for a thread, `accessDenied` after an exec, `notPermitted`.
  @inline(never)
  func move(_ target: ProcessID, to group: ProcessID, by caller: ProcessID) throws(Errno) {
    guard let slot = index(of: target) else {
      throw task(of: target.firstThread) == nil ? .noProcess : .invalid
    }
    let session = self[try self.slot(of: caller)].session
    if target != caller {
      guard self[slot].parent == caller else { throw .noProcess }
      guard self[slot].session == session else { throw .notPermitted }
      guard !self[slot].hasExecuted else { throw .accessDenied }
    }
    guard self[slot].session != target, group == target || hasMember(of: group, session: session)
    else { throw .notPermitted }
    self[slot].group = group
  }

  /// Moves `caller` into a new session and a new group.
  ///
  /// - Throws: `notPermitted` if the caller leads a session, or a group with its number exists.
  @inline(never)
  func beginSession(of caller: ProcessID) throws(Errno) {
    guard let slot = index(of: caller), self[slot].session != caller, !hasMember(of: caller)
    else { throw .notPermitted }
    self[slot].group = caller
    self[slot].session = caller
    self[slot].terminal = nil
  }

  /// Notifies the child at `slot` that the thread which created it has ended: sends the signals
  /// that the child's threads requested (PR_SET_PDEATHSIG).
  @inline(never)
  mutating func sendDeathSignals(of parent: ProcessID, to slot: Int) {
    guard let record = self[slot].record else { return }
    for index in 0..<threadEnd where threads[index].process == record {
      let number = threads[index].traits.deathSignal
      guard let signal = Signal(number: number) else { continue }
      send(SignalInfo(signal, code: SignalInfo.byKill, parent.rawValue, 0, 0), to: record)
    }
  }
}
