// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// SAFETY: a thread's process outlives it, threads do not move, and the frame is the running
// thread's own on its kernel stack.
/// The delivery of signals to the running thread, and the return from their handlers.
extension Thread {
  /// Dequeues the next pending signal that is not blocked.
  static func takeSignal() -> SignalInfo? {
    let thread = P.thread
    guard thread.pointee.signals.isPending else { return nil }
    return P.takeSignal(of: ~thread.pointee.signals.mask)
  }

  /// Applies the action for a signal. False if that ended the process.
  @inline(never)
  static func deliver(
    _ info: SignalInfo, _ frame: RecordReference<P.ABI.Registers>
  ) -> Bool {
    let process = P.process
    guard let signal = info.signal else { return true }
    let action = process.pointee.signals[signal]
    if process.pointee.ignores(signal) { return true }
    guard action.handler != 0 else {
      if signal.stopsByDefault {
        stop(by: signal, process)
        return true
      }
      if process.pointee.identifier == .first {
        guard info.endsFirstProcess else { return true }
        Log.fatalLine("init: ended by signal \(signal.number)")
      }
      process.pointee.end(.signalled(signal))
      return false
    }
    if action.has(SignalAction.catchesOnce) { process.pointee.signals[signal].handler = 0 }
    resolveRestart(for: action, frame)
    guard enter(action, info, signal, frame) else {
      // As on Linux: if the frame of a SIGSEGV handler cannot be written, the handler is reset.
      if signal == .segmentationFault {
        process.pointee.signals[signal].handler = 0
      }
      let fault = SignalInfo(.segmentationFault, code: SignalInfo.byKernel, 0, 0, 0)
      return force(fault, "no stack for a handler", frame)
    }
    return true
  }

  /// Completes an interrupted system call before a handler runs: it is made again afterwards, or
  /// returns EINTR.
  private static func resolveRestart(
    for action: SignalAction, _ frame: RecordReference<P.ABI.Registers>
  ) {
    let thread = P.thread
    guard let kind = thread.pointee.signals.restart.kind else { return }
    let argument = thread.pointee.signals.restart.argument
    thread.pointee.signals.restart = CallRestart()
    guard kind.restarts(after: action) else {
      return frame.pointee.result = Errno.interrupted.result
    }
    frame.pointee.repeatCall(argument)
  }

  /// Writes a signal frame to the program's stack and sets the registers to enter the handler.
  /// False, with the registers unchanged, if the frame cannot be written.
  private static func enter(
    _ action: SignalAction, _ info: SignalInfo, _ signal: Signal,
    _ frame: RecordReference<P.ABI.Registers>
  ) -> Bool {
    let thread = P.thread
    let old = frame.pointee.stackPointer
    let entry = HandlerEntry(
      info: info, takesInfo: action.has(SignalAction.takesInfo), handler: action.handler,
      returnAddress: returnAddress(action),
      top: action.has(SignalAction.usesStack)
        ? thread.pointee.signals.stack.top(for: old) : old,
      mask: thread.pointee.signals.savedMask ?? thread.pointee.signals.mask,
      stack: thread.pointee.signals.stack, fault: thread.pointee.signals.fault)
    guard P.ABI.enterHandler(entry, &frame.pointee, P.self) else { return false }
    thread.pointee.signals.savedMask = nil
    if thread.pointee.signals.stack.flags & SignalStack.autoDisarm != 0 {
      thread.pointee.signals.stack = SignalStack()
    }
    let blocked = thread.pointee.signals.mask | action.mask
    let own = action.has(SignalAction.staysUnblocked) ? 0 : signal.bit
    P.processes.withLock { $0.setMask(blocked | own, of: thread) }
    return true
  }

  /// The return address of a handler: its restorer, the vDSO's sigreturn trampoline, or, without a
  /// vDSO, an address that stands for it.
  private static func returnAddress(_ action: SignalAction) -> UserAddress {
    if P.ABI.hasRestorer, action.has(SignalAction.hasRestorer) { return action.restorer }
    let ways =
      P.process.pointee.vdsoMapping?.signalReturns
      ?? returnAddressesWithoutVdso
    return action.has(SignalAction.takesInfo) ? ways.realTime : ways.plain
  }

  /// Return addresses for handlers without a restorer where there is no vDSO. They are outside all
  /// user ranges: a jump there faults, and the fault is handled as sigreturn or rt_sigreturn.
  static var returnAddressesWithoutVdso: SignalReturns {
    SignalReturns(plain: 0xffff_ff00, realTime: 0xffff_ff08)
  }

  /// Returns from a signal handler: sets `frame` to the registers in the signal frame at the stack
  /// pointer, all of which is an allegation. If it is invalid, the thread gets SIGSEGV and keeps its
  /// registers.
  @inline(never)
  static func returnFromHandler(hasInfo: Bool, _ frame: RecordReference<P.ABI.Registers>) {
    do throws(Errno) {
      let exit = try P.ABI.leaveHandler(&frame.pointee, hasInfo: hasInfo, P.self)
      let thread = P.thread
      P.processes.withLock { $0.setMask(exit.mask, of: thread) }
      if hasInfo {
        // As in Linux, an invalid signal stack is ignored.
        try? thread.pointee.signals.stack.replace(
          by: exit.stack, at: frame.pointee.stackPointer, leastSize: P.ABI.leastSignalStack)
      }
    } catch {
      force(
        SignalInfo(.segmentationFault, code: SignalInfo.byKernel, 0, 0, 0), "bad signal frame",
        frame)
    }
  }
}
