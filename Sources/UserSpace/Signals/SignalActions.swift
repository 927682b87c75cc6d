// SPDX-License-Identifier: Apache-2.0
/// What a process has said about each signal, and the signals that wait for any of its threads.
@safe struct SignalActions {
  private let actions: UnsafeMutablePointer<SignalAction>
  /// Sent to the process and not taken by a thread. Guarded by the process table's lock.
  var queue = SignalQueue()

  /// Over unused memory for 64 actions, which `clear` or `inherit` is to fill.
  init(actions: UnsafeMutablePointer<SignalAction>) {
    // SAFETY: the caller hands over unused memory of that size.
    unsafe self.actions = actions
  }

  /// Takes over what a child has of its parent: the actions, not the signals that wait.
  func inherit(from parent: SignalActions) {
    // SAFETY: both have 64 actions, plain values, and are two processes'.
    unsafe UnsafeMutableRawPointer(actions).copyMemory(
      from: parent.actions, byteCount: SignalActions.size)
  }

  /// What exec leaves: handlers are gone; what is ignored stays so.
  @inline(never)
  func resetForExec() {
    var ignored: UInt64 = 0
    for index in 0..<64 {
      // SAFETY: there are 64 actions.
      if unsafe actions[index].handler == SignalAction.ignore { ignored |= 1 << UInt64(index) }
    }
    clear()
    while ignored != 0 {
      // SAFETY: a bit's number is below 64.
      unsafe actions[ignored.trailingZeroBitCount].handler = SignalAction.ignore
      ignored &= ignored &- 1  // Wrapping: it is not 0.
    }
  }

  private static var size: Int { 64 * MemoryLayout<SignalAction>.stride }

  /// Sets all to their default, which is all zeros: as bytes, in a tenth of the instructions.
  func clear() {
    // SAFETY: plain values, and room for 64 of them.
    unsafe UnsafeMutableRawPointer(actions).initializeMemory(
      as: UInt8.self, repeating: 0, count: SignalActions.size)
  }

  /// What the program has said about a signal.
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

  /// SIGCHLD is ignored, or SA_NOCLDWAIT set: children leave no zombies.
  var forgetsChildren: Bool {
    let action = self[.child]
    return action.handler == SignalAction.ignore || action.has(SignalAction.noZombies)
  }
}
