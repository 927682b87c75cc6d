/// What a process has said about each signal, and the signals that wait for any of its threads.
@safe struct SignalActions {
  private let actions: UnsafeMutablePointer<SignalAction>
  /// Sent to the process and not taken by a thread. Guarded by the process table's lock.
  var queue = SignalQueue()

  /// All at their default, over unused memory for 64 actions.
  init(actions: UnsafeMutablePointer<SignalAction>) {
    // SAFETY: the caller hands over unused memory of that size.
    unsafe actions.initialize(repeating: SignalAction(), count: 64)
    unsafe self.actions = actions
  }

  /// Takes over what a child has of its parent: the actions, not the signals that wait.
  func inherit(from parent: SignalActions) {
    // SAFETY: both have 64 actions.
    unsafe actions.update(from: parent.actions, count: 64)
  }

  /// What exec leaves: handlers are gone; what is ignored stays so.
  @inline(never)
  func resetForExec() {
    for index in 0..<64 {
      // SAFETY: there are 64 actions.
      let isIgnored = unsafe actions[index].handler == SignalAction.ignore
      unsafe actions[index] = SignalAction()
      if isIgnored { unsafe actions[index].handler = SignalAction.ignore }
    }
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
