/// What a process has said about signals, and those that wait. Handlers are kept, not called:
/// delivery comes with threads. What nobody handles and is fatal ends the process.
@safe struct SignalState {
  private let actions: UnsafeMutablePointer<SignalAction>
  /// The signals that are blocked.
  var mask: UInt64 = 0
  /// The signals that came while they were blocked, or that a handler waits for.
  var pending: UInt64 = 0
  /// The stack for handlers, as sigaltstack set it: address, flags and size.
  var stackBase: UInt32 = 0
  var stackFlags: UInt32 = 2
  var stackSize: UInt32 = 0

  /// All at their default, over unused memory for 64 actions.
  init(actions: UnsafeMutablePointer<SignalAction>) {
    // SAFETY: the caller hands over unused memory of that size.
    unsafe actions.initialize(repeating: SignalAction(), count: 64)
    unsafe self.actions = actions
  }

  /// Takes over what a child has of its parent: all but the signals that wait.
  mutating func inherit(from parent: SignalState) {
    // SAFETY: both have 64 actions.
    unsafe actions.update(from: parent.actions, count: 64)
    mask = parent.mask
    stackBase = parent.stackBase
    stackFlags = parent.stackFlags
    stackSize = parent.stackSize
  }

  /// What exec leaves: handlers are gone, as are the stack for them; what is ignored stays so.
  mutating func resetForExec() {
    for index in 0..<64 {
      // SAFETY: there are 64 actions.
      let isIgnored = unsafe actions[index].handler == SignalAction.ignore
      unsafe actions[index] = SignalAction()
      if isIgnored { unsafe actions[index].handler = SignalAction.ignore }
    }
    stackBase = 0
    stackFlags = 2
    stackSize = 0
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

  /// Takes a signal in.
  mutating func raise(_ signal: Signal) {
    let handler = self[signal].handler
    let isIgnored =
      handler == SignalAction.ignore || handler == 0 && !signal.isFatalByDefault
    if !isIgnored { pending |= signal.bit }
  }

  /// The next signal that ends the process now, if any.
  var fatal: Signal? {
    var waiting = pending & ~(mask & ~Signal.unblockable)
    while waiting != 0 {
      let number = UInt32(waiting.trailingZeroBitCount) + 1
      if let signal = Signal(number: number), self[signal].handler == 0 { return signal }
      waiting &= waiting - 1
    }
    return nil
  }
}
