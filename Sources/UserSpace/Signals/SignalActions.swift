// SPDX-License-Identifier: Apache-2.0
/// The signal actions of a process, and the signals pending for the process as a whole.
struct SignalActions {
  private let actions: RecordTable<SignalAction>
  /// Signals sent to the process that no thread has dequeued. Protected by the process table's
  /// lock.
  var queue = SignalQueue()

  /// A handle to 64 actions, which `clear` or `inherit` must initialise.
  init(_ actions: RecordTable<SignalAction>) { self.actions = actions }

  /// Copies the actions of the parent. Pending signals are not inherited.
  func inherit(from parent: SignalActions) {
    actions.copy(from: parent.actions)
  }

  /// Applies exec: resets handlers to the default; ignored signals stay ignored.
  @inline(never)
  func resetForExec() {
    var ignored: UInt64 = 0
    for index in 0..<64 where actions[index].handler == SignalAction.ignore {
      ignored |= 1 << UInt64(index)
    }
    clear()
    while ignored != 0 {
      actions[ignored.trailingZeroBitCount].handler = SignalAction.ignore
      ignored &= ignored &- 1  // Wrapping: `ignored` is not 0.
    }
  }

  /// Sets all actions to the default, which is all zeros.
  func clear() { actions.clear() }

  /// The action for `signal`.
  subscript(signal: Signal) -> SignalAction {
    get { actions[Int(signal.number) - 1] }
    nonmutating set { actions[Int(signal.number) - 1] = newValue }
  }

  /// Whether children leave no zombies: SIGCHLD is ignored, or SA_NOCLDWAIT is set.
  var leavesNoZombies: Bool {
    let action = self[.child]
    return action.handler == SignalAction.ignore || action.has(SignalAction.noZombies)
  }
}
