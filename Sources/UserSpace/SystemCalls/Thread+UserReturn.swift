// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// User-return work: delivers signals, stops, and restarts interrupted system calls.
extension Thread {
  /// Does the pending work of the running thread before it returns to user mode, after a call of
  /// `Platform.requestUserReturnWork` for it. `frame` holds the user registers; if a handler is to
  /// run, they are set to enter it. Interrupts are on, and no lock but the kernel lock is held.
  @inline(never)
  public static func doUserReturnWork(_ frame: UnsafeMutablePointer<P.ABI.Registers>) {
    PreemptionWatch.begin(.work)
    defer { PreemptionWatch.end(.work) }
    // SAFETY: the port passes the frame of the running thread, on its kernel stack.
    let frame = unsafe RecordReference(at: frame)
    let thread = P.thread
    P.process.pointee.publishTimesAgain()
    if thread.pointee.mustCheckTime { checkProcessorTime(thread) }
    if thread.pointee.mustDropPages {
      thread.pointee.mustDropPages = false
      FileTree<P>.dropPages()
    }
    while true {
      if thread.pointee.isEnding { return finish() }
      if thread.pointee.stop == .requested {
        stop(thread)
        continue
      }
      if let info = takeSignal() {
        guard deliver(info, frame) else { return }
        continue
      }
      // No handler runs: restore the mask of sigsuspend, and restart the interrupted call.
      if let mask = thread.pointee.signals.savedMask {
        thread.pointee.signals.savedMask = nil
        P.processes.withLock { $0.setMask(mask, of: thread) }
      }
      guard thread.pointee.signals.restart.kind != nil else { break }
      thread.pointee.signals.restart.kind = nil
      frame.pointee.restoreArgument(thread.pointee.signals.restart.argument)
      frame.pointee.result = SystemCall<P>(frame: frame, process: P.process).result()
      P.enterKernel()  // The call has released the lock.
    }
    thread.pointee.signals.restart.deadline = 0
  }
}
