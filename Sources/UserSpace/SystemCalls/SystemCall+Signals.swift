import VmRegion

/// Signals: what the program says about them is kept; what is fatal and not handled ends it.
/// Handlers are not called yet.
extension SystemCall {
  /// The size of a signal mask, which every call of the rt family names.
  private static var maskSize: UInt32 { 8 }

  /// rt_sigaction. The structure: handler, flags, restorer, mask in two words.
  @inline(never)
  func signalAction() throws(Errno) -> UInt32 {
    guard r3 == SystemCall.maskSize else { throw .invalid }
    guard let signal = Signal(number: r0) else { throw .invalid }
    var action: SignalAction?
    if r1 != 0 {
      let words: InlineArray<5, UInt32> = try load(r1)
      guard Signal.unblockable & signal.bit == 0 else { throw .invalid }
      action = SignalAction(
        handler: words[0], flags: words[1], restorer: words[2], maskLow: words[3],
        maskHigh: words[4])
    }
    // SAFETY: the process outlives the call.
    let old = unsafe process.pointee.signals[signal]
    if let action { unsafe process.pointee.signals[signal] = action }
    if r2 != 0 {
      let words: InlineArray<5, UInt32> = [
        old.handler, old.flags, old.restorer, old.maskLow, old.maskHigh,
      ]
      try store(words, at: r2)
    }
    return 0
  }

  /// rt_sigprocmask: block 0, unblock 1, set 2.
  @inline(never)
  func signalMask() throws(Errno) -> UInt32 {
    guard r3 == SystemCall.maskSize else { throw .invalid }
    // SAFETY: the process outlives the call.
    let old = unsafe process.pointee.signals.mask
    if r1 != 0 {
      let words: InlineArray<2, UInt32> = try load(r1)
      let given = UInt64(words[1]) << 32 | UInt64(words[0])
      let mask: UInt64
      switch r0 {
      case 0: mask = old | given
      case 1: mask = old & ~given
      case 2: mask = given
      default: throw .invalid
      }
      unsafe process.pointee.signals.mask = mask & ~Signal.unblockable
    }
    if r2 != 0 {
      let words: InlineArray<2, UInt32> = [
        UInt32(truncatingIfNeeded: old), UInt32(truncatingIfNeeded: old >> 32),
      ]
      try store(words, at: r2)
    }
    return endIfFatal()
  }

  /// sigaltstack: address, flags, size.
  @inline(never)
  func signalStack() throws(Errno) -> UInt32 {
    // SAFETY: the process outlives the call.
    let state = unsafe process.pointee.signals
    let old: InlineArray<3, UInt32> = [state.stackBase, state.stackFlags, state.stackSize]
    if r0 != 0 {
      let words: InlineArray<3, UInt32> = try load(r0)
      let isDisabled = words[1] == 2  // SS_DISABLE
      guard isDisabled || words[1] & 0x7fff_ffff <= 1 else { throw .invalid }
      guard isDisabled || words[2] >= 2048 else { throw .outOfMemory }  // MINSIGSTKSZ
      unsafe process.pointee.signals.stackBase = isDisabled ? 0 : words[0]
      unsafe process.pointee.signals.stackFlags = isDisabled ? 2 : words[1] & ~1
      unsafe process.pointee.signals.stackSize = isDisabled ? 0 : words[2]
    }
    if r1 != 0 { try store(old, at: r1) }
    return 0
  }

  /// kill: the process itself, its group, or everybody.
  @inline(never)
  func kill(process target: UInt32, _ number: UInt32) throws(Errno) -> UInt32 {
    // SAFETY: the process outlives the call.
    let me = unsafe process.pointee.identifier
    // Wrapping: a negative number means a group, -1 everybody else, who is nobody.
    guard target == me || target == 0 || target == 0 &- me else { throw .noProcess }
    return try raise(number)
  }

  /// tkill.
  @inline(never)
  func killThread(_ target: UInt32, _ number: UInt32) throws(Errno) -> UInt32 {
    guard Int32(bitPattern: target) > 0 else { throw .invalid }
    // SAFETY: the process outlives the call.
    guard unsafe target == process.pointee.identifier else { throw .noProcess }
    return try raise(number)
  }

  /// tgkill.
  @inline(never)
  func killThread(group: UInt32, _ target: UInt32, _ number: UInt32) throws(Errno) -> UInt32 {
    guard Int32(bitPattern: group) > 0 else { throw .invalid }
    // SAFETY: the process outlives the call.
    let me = unsafe process.pointee.identifier
    guard group == me || Int32(bitPattern: target) <= 0 else { throw .noProcess }
    return try killThread(target, number)
  }

  /// Number 0 only asks whether the target is there.
  private func raise(_ number: UInt32) throws(Errno) -> UInt32 {
    guard number <= 64 else { throw .invalid }
    guard let signal = Signal(number: number) else { return 0 }
    // SAFETY: the process outlives the call.
    unsafe process.pointee.signals.raise(signal)
    return endIfFatal()
  }

  private func endIfFatal() -> UInt32 {
    // SAFETY: the process outlives the call.
    if let signal = unsafe process.pointee.signals.fatal {
      unsafe process.pointee.end(.signalled(signal))
    }
    return 0
  }
}
