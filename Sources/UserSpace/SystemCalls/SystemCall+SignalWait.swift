// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import TickHandler
import VmRegion

/// Waiting for signals: pause, rt_sigsuspend, rt_sigtimedwait; and the restart of interrupted
/// calls.
extension SystemCall {
  /// pause: blocks until a signal comes.
  ///
  /// - Throws: `restartsUnlessHandled` always.
  @inline(never)
  func pause() throws(Errno) -> Word {
    while !P.thread.pointee.isInterrupted { P.wait(until: .max) }
    throw .restartsUnlessHandled
  }

  /// rt_sigsuspend: the mask and its size.
  @inline(__always)
  func signalSuspend() throws(Errno) -> Word {
    let mask = try loadMask(address(0), size: word(1))
    replaceMaskTemporarily(mask)
    return try pause()
  }

  /// Sets the signal mask to `mask`; the old one is restored after a handler was entered or when
  /// the call ends.
  func replaceMaskTemporarily(_ mask: UInt64) {
    let thread = P.thread
    thread.pointee.signals.savedMask = thread.pointee.signals.mask
    setThreadMask(mask)
  }

  /// Sets the running thread's signal mask.
  @inline(never)
  func setThreadMask(_ mask: UInt64) {
    let thread = P.thread
    P.processes.withLock { $0.setMask(mask, of: thread) }
  }

  /// rt_sigtimedwait: the signals, the address for the siginfo, the timeout, the size of the set.
  /// The call is not restarted after another signal interrupted it.
  ///
  /// - Throws: `tryAgain` after the timeout, `interrupted`, `invalid`, `badAddress`.
  @inline(__always)
  func signalTimedWait() throws(Errno) -> Word {
    let wanted = try loadMask(address(0), size: word(3)) & ~Signal.unblockable
    var deadline = UInt64.max
    if address(2) != 0 {
      guard let time = try loadTime(address(2), isWide: isTime64).totalNanoseconds else {
        throw .invalid
      }
      deadline = time == 0 ? 0 : self.deadline(after: time)
    }
    let thread = P.thread
    let mask = thread.pointee.signals.mask
    P.processes.withLock { $0.setMask(mask, awaiting: wanted, of: thread) }
    while !thread.pointee.isInterrupted, P.monotonicNanoseconds() < deadline {
      P.wait(until: deadline)
    }
    let info = P.processes.withLock { (table) -> SignalInfo? in
      let info = table.dequeueSignal(of: wanted, for: thread)
      table.setMask(mask, of: thread)
      return info
    }
    guard let info else { throw P.monotonicNanoseconds() < deadline ? .interrupted : .tryAgain }
    guard address(1) == 0 || P.store(info, at: address(1)) else { throw .badAddress }
    return Word(info.words[0])
  }

  /// The end of a wait of `nanoseconds`, in monotonic time. A call that threw `restartsRest` and is
  /// restarted keeps its first deadline.
  @inline(never)
  func deadline(after nanoseconds: UInt64) -> UInt64 {
    let thread = P.thread
    let begun = thread.pointee.signals.restart.deadline
    if begun != 0 { return begun }
    let (deadline, isFar) = P.monotonicNanoseconds().addingReportingOverflow(nanoseconds)
    return isFar ? .max : deadline
  }

  /// The error of a wait until `deadline` that a signal interrupts; the wait continues if no
  /// handler runs.
  @inline(never)
  func interruption(of deadline: UInt64) -> Errno {
    P.thread.pointee.signals.restart.deadline = deadline
    return .restartsRest
  }

  /// Reads a signal mask from user memory.
  ///
  /// - Throws: `invalid` for a size that is not 8, `badAddress`.
  @inline(never)
  func loadMask(_ address: UserAddress, size: Word) throws(Errno) -> UInt64 {
    guard size == 8 else { throw .invalid }
    let words: InlineArray<1, UInt64> = try load(address)
    return words[0]
  }

  /// Stores a signal mask in user memory.
  ///
  /// - Throws: `badAddress`.
  @inline(__always)
  func storeMask(_ mask: UInt64, at address: UserAddress) throws(Errno) {
    try store([mask] as InlineArray<1, UInt64>, at: address)
  }

  /// Makes `Thread.doUserReturnWork` restart or finish a call that threw a restart case.
  @inline(__always)
  func prepareRestart(_ kind: Errno) {
    let thread = P.thread
    thread.pointee.signals.restart.kind = kind
    thread.pointee.signals.restart.argument = word(0)
    P.requestUserReturnWork(thread.pointee.task)
  }
}
