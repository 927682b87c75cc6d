// SPDX-License-Identifier: Apache-2.0

/// Orphaned process groups (setpgid(2)): no member has a parent in another group of its session,
/// which could continue it. All is called under the kernel lock, with which groups, sessions and
/// parents change, so the table's lock is held for one member at a time.
extension ProcessTable {
  /// The first live process of a group at `start` or after it.
  fileprivate func member(of group: ProcessID, from start: Int) -> Int? {
    for slot in start..<max(start, entryEnd) where entries[slot].group == group {
      if entries[slot].identifier != .zero, !entries[slot].isZombie { return slot }
    }
    return nil
  }

  /// Whether `parent` is in another group of the session of the process at `slot`.
  private func isOutside(_ parent: ProcessID, of slot: Int) -> Bool {
    guard parent != .zero, let maker = index(of: parent) else { return false }
    return self[maker].group != self[slot].group && self[maker].session == self[slot].session
  }

  /// Whether the parent of the process at `slot` prevents that its group is orphaned. As on Linux,
  /// the first process does not.
  fileprivate func hasOutsideParent(_ slot: Int) -> Bool {
    self[slot].parent != .first && isOutside(self[slot].parent, of: slot)
  }

  /// The group of the process at `slot`, if `parent`, which is no longer its parent or loses it,
  /// was outside of the group, and a member has stopped; else `zero`.
  fileprivate func groupToResume(_ slot: Int, leftBy parent: ProcessID) -> ProcessID {
    let group = self[slot].group
    for other in 0..<entryEnd where entries[other].group == group {
      guard entries[other].record?.pointee.isStopped == true else { continue }
      return isOutside(parent, of: slot) ? group : .zero
    }
    return .zero
  }
}

extension Processes {
  /// Whether the group of this process is orphaned.
  @inline(never)
  func isInOrphanedGroup(_ process: ProcessID) -> Bool {
    isOrphaned(withLock { table in table.index(of: process).map { table[$0].group } ?? .zero })
  }

  /// Whether a group is orphaned; `leaver` no longer counts as a member.
  private func isOrphaned(_ group: ProcessID, without leaver: ProcessID = .zero) -> Bool {
    var next: Int? = 0
    while let start = next {
      var isKept = false
      next = withLock { table in
        guard let slot = table.member(of: group, from: start) else { return nil }
        isKept = table[slot].identifier != leaver && table.hasOutsideParent(slot)
        return slot + 1
      }
      if isKept { return false }
    }
    return true
  }

  /// Sends SIGHUP and SIGCONT to the group of the process at `slot`, if it is orphaned now and a
  /// member has stopped. `parent` was the parent of that process.
  @inline(never)
  func resumeOrphans(_ slot: Int, leftBy parent: ProcessID) {
    resume(withLock { $0.groupToResume(slot, leftBy: parent) })
  }

  /// The process ends: the same for its own group.
  @inline(never)
  func leaveGroup(_ process: ProcessID) {
    let group = withLock { table in
      table.index(of: process).map { table.groupToResume($0, leftBy: table[$0].parent) } ?? .zero
    }
    resume(group, without: process)
  }

  @inline(__always)
  private func resume(_ group: ProcessID, without leaver: ProcessID = .zero) {
    guard group != .zero, isOrphaned(group, without: leaver) else { return }
    send(.hangUp, toGroup: group)
    send(.resume, toGroup: group)
  }
}
