// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// Sending signals. There is one user, who may send any signal to any process.
extension SystemCall {
  /// kill: sends to a process (above 0), the caller's group (0), all other processes (-1) or a
  /// group (below -1).
  @inline(never)
  func kill() throws(Errno) -> Word {
    let number = argument(1)
    let me = process.pointee.identifier
    let target = try selection(argument(0))
    if case .one(let named) = target {
      try P.processes.withLock { (table) throws(Errno) in
        let record =
          try named == me ? process : table[table.slot(of: table.process(named: named))].record
        try send(number, SignalInfo.byKill, to: record, in: &table)
      }
      return 0
    }
    var wasFound = false
    var slot = 0
    // The lock is held for one recipient at a time, because it masks interrupts.
    while slot < ProcessTable<P>.capacity {
      slot = try P.processes.withLock { (table) throws(Errno) in
        var slot = slot
        while slot < table.entryEnd, !isRecipient(table[slot], of: target, except: me) { slot += 1 }
        guard slot < table.entryEnd else { return ProcessTable<P>.capacity }
        wasFound = true
        try send(number, SignalInfo.byKill, to: table[slot].record, in: &table)
        return slot + 1
      }
      P.preemptionPoint()
    }
    guard wasFound else { throw .noProcess }
    return 0
  }

  /// Whether a signal to a group or to all goes to this process: `all` excludes the first process
  /// and the sender, `me`.
  private func isRecipient(
    _ entry: ProcessEntry<P>, of target: ProcessSelection, except me: ProcessID
  ) -> Bool {
    guard entry.identifier != .zero, entry.isSelected(by: target) else { return false }
    if case .all = target { return entry.identifier != .first && entry.identifier != me }
    return true
  }

  /// tkill: the thread, the signal; and tgkill: the process before them.
  @inline(never)
  func killThread(hasProcess: Bool) throws(Errno) -> Word {
    let group = ProcessID(argument: argument(0))
    let number = argument(hasProcess ? 2 : 1)
    guard let target = ThreadID(argument: argument(hasProcess ? 1 : 0)), group != nil else {
      throw .invalid
    }
    try P.processes.withLock { (table) throws(Errno) in
      let (task, owner) = try find(target, in: hasProcess ? group : nil, table)
      try send(number, SignalInfo.byThreadKill, to: owner, task: task, in: &table)
    }
    return 0
  }

  /// rt_sigqueueinfo: process, signal, siginfo; and rt_tgsigqueueinfo: process, thread, signal,
  /// siginfo.
  @inline(never)
  func queueSignal(isForThread: Bool) throws(Errno) -> Word {
    let number = isForThread ? argument(2) : argument(1)
    let words: InlineArray<8, UInt32> = try load(address(isForThread ? 3 : 2))
    let code = Int32(bitPattern: words[2])
    let me = process.pointee.identifier
    let (group, target) = (ProcessID(argument: argument(0)), ThreadID(argument: argument(1)))
    guard !isForThread || group != nil && target != nil else { throw .invalid }
    // Only a signal to the caller's own process may have a code of the kernel's or of tkill.
    guard code < 0 && code != SignalInfo.byThreadKill || group == me else {
      throw .notPermitted
    }
    try P.processes.withLock { (table) throws(Errno) in
      var task: TaskNumber?
      var owner: ProcessReference<P>?
      if isForThread, let target {
        (task, owner) = try find(target, in: group, table)
      } else {
        guard let group else { throw .noProcess }
        owner = table[try table.slot(of: table.process(named: group))].record
      }
      guard number <= 64 else { throw .invalid }
      guard let signal = Signal(number: number), let owner = owner else { return }
      try send(
        SignalInfo(words, P.ABI.Long.self, for: signal), to: owner, task: task, in: &table)
    }
    return 0
  }

  /// The task of the thread with number `target`, and its process, whose number must be `group` if
  /// that is given.
  ///
  /// - Throws: `noProcess`.
  private func find(
    _ target: ThreadID, in group: ProcessID?, _ table: borrowing ProcessTable<P>
  ) throws(Errno) -> (TaskNumber, ProcessReference<P>) {
    guard let task = table.task(of: target),
      let owner = table.thread(task).pointee.process,
      group == nil || owner.pointee.identifier == group
    else { throw .noProcess }
    return (task, owner)
  }

  /// Sends signal `number` with `code`. Number 0, or a target without a record (a zombie), only
  /// tests whether the target exists.
  ///
  /// - Throws: `invalid`, `tryAgain`.
  private func send(
    _ number: UInt32, _ code: Int32, to target: ProcessReference<P>?,
    task: TaskNumber? = nil, in table: inout ProcessTable<P>
  ) throws(Errno) {
    guard number <= 64 else { throw .invalid }
    guard let signal = Signal(number: number), let target = target else { return }
    let me = process.pointee.identifier
    let info = SignalInfo(signal, code: code, me.rawValue, 0, 0)
    try send(info, to: target, task: task, in: &table)
  }

  /// Sends a signal with its siginfo.
  ///
  /// - Throws: `tryAgain` if the signal's siginfo must be queued and there is no room.
  @inline(never)
  private func send(
    _ info: SignalInfo, to target: ProcessReference<P>, task: TaskNumber?,
    in table: inout ProcessTable<P>
  ) throws(Errno) {
    guard table.send(info, to: target, task: task) != .refused else { throw .tryAgain }
  }
}
