// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

// SAFETY: a process outlives the calls of its threads; thread records do not move.
/// Setting up signals: actions, masks, the stack for handlers.
extension SystemCall {
  /// rt_sigaction: the signal, the new action, the address for the old one, the size of a set.
  @inline(__always)
  func signalAction() throws(Errno) -> Word {
    guard word(3) == 8 else { throw .invalid }
    var given: SignalAction?
    if address(1) != 0 {
      given =
        ActionRecord<P.ABI>(
          try load(address(1), first: ActionRecord<P.ABI>.count)
        ).action
    }
    guard let signal = Signal(number: argument(0)),
      given == nil || Signal.unblockable & signal.bit == 0
    else { throw .invalid }
    let old = process.pointee.signals[signal]
    if let action = given {
      process.pointee.signals[signal] = action
      if process.pointee.ignores(signal) {
        P.processes.withLock { $0.dropSignals(signal.bit, of: process) }
      }
    }
    if address(2) != 0 {
      try store(
        ActionRecord<P.ABI>(old).words, first: ActionRecord<P.ABI>.count, at: address(2))
    }
    return 0
  }

  /// rt_sigprocmask: block (0), unblock (1) or set (2); the set, the address for the old mask, the
  /// size.
  @inline(__always)
  func signalMask() throws(Errno) -> Word {
    guard word(3) == 8 else { throw .invalid }
    let thread = P.thread
    let old = thread.pointee.signals.mask
    if address(1) != 0 {
      let given = try loadMask(address(1), size: word(3))
      let mask: UInt64
      switch argument(0) {
      case 0: mask = old | given
      case 1: mask = old & ~given
      case 2: mask = given
      default: throw .invalid
      }
      P.processes.withLock { $0.setMask(mask, of: thread) }
    }
    if address(2) != 0 { try storeMask(old, at: address(2)) }
    return 0
  }

  /// rt_sigpending: the address for the set and its size, which may be below 8.
  @inline(__always)
  func signalsPending() throws(Errno) -> Word {
    guard word(1) <= 8 else { throw .invalid }
    let thread = P.thread
    let (own, shared) = (
      thread.pointee.signals.queue.pending, process.pointee.signals.queue.pending
    )
    let waiting = (own | shared) & thread.pointee.signals.mask
    // SAFETY: the value has 8 bytes.
    try unsafe withUnsafeBytes(of: waiting) { (bytes) throws(Errno) in
      try unsafe copyOut(
        bytes.baseAddress.unsafelyUnwrapped, to: address(0), count: Int(word(1)))
    }
    return 0
  }

  /// sigaltstack: the new stack (address, flags, size), the address for the old one.
  @inline(__always)
  func signalStack() throws(Errno) -> Word {
    let thread = P.thread
    let pointer = frame.pointee.stackPointer
    let old = StackRecord<P.ABI.Long>(
      thread.pointee.signals.stack, flags: thread.pointee.signals.stack.state(at: pointer))
    if address(0) != 0 {
      try thread.pointee.signals.stack.replace(
        by: StackRecord<P.ABI.Long>(try load(address(0))).stack, at: pointer,
        leastSize: P.ABI.leastSignalStack)
    }
    if address(1) != 0 { try store(old.words, at: address(1)) }
    return 0
  }
}
