// SPDX-License-Identifier: Apache-2.0
/// The signal actions of a process, and the signals pending for the process as a whole.
@safe struct SignalActions {
  private let actions: UnsafeMutablePointer<SignalAction>
  /// Signals sent to the process that no thread has dequeued. Protected by the process table's
  /// lock.
  var queue = SignalQueue()

  /// A view of unused memory for 64 actions, which `clear` or `inherit` must initialise.
  init(actions: UnsafeMutablePointer<SignalAction>) {
    // SAFETY: the caller passes unused memory of that size.
    unsafe self.actions = actions
  }

  /// Copies the actions of the parent. Pending signals are not inherited.
  func inherit(from parent: SignalActions) {
    // SAFETY: both tables have 64 actions, which are plain values, and do not overlap.
    unsafe UnsafeMutableRawPointer(actions).copyMemory(
      from: parent.actions, byteCount: SignalActions.size)
  }

  /// Applies exec: resets handlers to the default; ignored signals stay ignored.
  @inline(never)
  func resetForExec() {
    var ignored: UInt64 = 0
    for index in 0..<64 {
      // SAFETY: the index is below 64, the number of actions.
      if unsafe actions[index].handler == SignalAction.ignore { ignored |= 1 << UInt64(index) }
    }
    clear()
    while ignored != 0 {
      // SAFETY: a bit's number is below 64.
      unsafe actions[ignored.trailingZeroBitCount].handler = SignalAction.ignore
      ignored &= ignored &- 1  // Wrapping: `ignored` is not 0.
    }
  }

  private static var size: Int { 64 * MemoryLayout<SignalAction>.stride }

  /// Sets all actions to the default, which is all zeros. Clearing bytes takes a tenth of the
  /// instructions.
  func clear() {
    // SAFETY: actions are plain values, and there is room for 64 of them.
    unsafe UnsafeMutableRawPointer(actions).initializeMemory(
      as: UInt8.self, repeating: 0, count: SignalActions.size)
  }

  /// The action for `signal`.
  subscript(signal: Signal) -> SignalAction {
    get {
      // SAFETY: a signal's number is 1 to 64.
      unsafe actions[Int(signal.number) - 1]
    }
    nonmutating set {
      // SAFETY: a signal's number is 1 to 64.
      unsafe actions[Int(signal.number) - 1] = newValue
    }
  }

  /// Whether children leave no zombies: SIGCHLD is ignored, or SA_NOCLDWAIT is set.
  var leavesNoZombies: Bool {
    let action = self[.child]
    return action.handler == SignalAction.ignore || action.has(SignalAction.noZombies)
  }
}
