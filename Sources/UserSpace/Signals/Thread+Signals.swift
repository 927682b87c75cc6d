// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VdsoModule
import VmRegion

// SAFETY: a thread's process outlives it, threads do not move, and the frame is the running
// thread's own on its kernel stack.
/// User-return work: delivers signals and restarts interrupted system calls.
extension Thread {
  /// Does the pending work of the running thread before it returns to user mode, after a call of
  /// `Platform.requestUserReturnWork` for it. `frame` holds the user registers; if a handler is to
  /// run, they are set to enter it. Interrupts are on, and no lock but the kernel lock is held.
  @inline(never)
  public static func doUserReturnWork(_ frame: UnsafeMutablePointer<TrapFrame>) {
    let thread = unsafe P.thread
    unsafe P.process.pointee.publishTimesAgain()
    if unsafe thread.pointee.mustCheckTime { unsafe checkProcessorTime(thread) }
    while true {
      if unsafe thread.pointee.isEnding { return finish() }
      if let info = takeSignal() {
        guard unsafe deliver(info, frame) else { return }
        continue
      }
      // No handler runs: restore the mask of sigsuspend, and restart the interrupted call.
      if let mask = unsafe thread.pointee.signals.savedMask {
        unsafe thread.pointee.signals.savedMask = nil
        P.processes.withLock { unsafe $0.setMask(mask, of: thread) }
      }
      guard unsafe thread.pointee.signals.restart.kind != nil else { break }
      unsafe thread.pointee.signals.restart.kind = nil
      unsafe frame.pointee.restoreArgument(thread.pointee.signals.restart.argument)
      unsafe frame.pointee.result = SystemCall<P>(frame: frame, process: P.process).result()
    }
    unsafe thread.pointee.signals.restart.deadline = 0
  }

  /// Dequeues the next pending signal that is not blocked.
  private static func takeSignal() -> SignalInfo? {
    let thread = unsafe P.thread
    guard unsafe thread.pointee.signals.isPending else { return nil }
    return P.processes.withLock { (table) -> SignalInfo? in
      unsafe table.dequeueSignal(of: ~thread.pointee.signals.mask, for: thread)
    }
  }

  /// Applies the action for a signal. False if that ended the process.
  @inline(never)
  private static func deliver(
    _ info: SignalInfo, _ frame: UnsafeMutablePointer<TrapFrame>
  ) -> Bool {
    let process = unsafe P.process
    guard let signal = info.signal else { return true }
    let action = unsafe process.pointee.signals[signal]
    if action.ignores(signal) { return true }
    guard action.handler != 0 else {
      if unsafe process.pointee.identifier == 1 {
        guard info.endsFirstProcess else { return true }
        Log.fatalLine("init: ended by signal \(signal.number)")
      }
      unsafe process.pointee.end(.signalled(signal))
      return false
    }
    if action.has(SignalAction.catchesOnce) { unsafe process.pointee.signals[signal].handler = 0 }
    unsafe resolveRestart(for: action, frame)
    guard unsafe enter(action, info, signal, frame) else {
      // As on Linux: if the frame of a SIGSEGV handler cannot be written, the handler is reset.
      if signal == .segmentationFault {
        unsafe process.pointee.signals[signal].handler = 0
      }
      let fault = SignalInfo(.segmentationFault, code: SignalInfo.byKernel, 0, 0, 0)
      return unsafe force(fault, "no stack for a handler", frame)
    }
    return true
  }

  /// Completes an interrupted system call before a handler runs: it is made again afterwards, or
  /// returns EINTR.
  private static func resolveRestart(
    for action: SignalAction, _ frame: UnsafeMutablePointer<TrapFrame>
  ) {
    let thread = unsafe P.thread
    guard let kind = unsafe thread.pointee.signals.restart.kind else { return }
    let argument = unsafe thread.pointee.signals.restart.argument
    unsafe thread.pointee.signals.restart = CallRestart()
    guard kind.restarts(after: action) else {
      return unsafe frame.pointee.result = Errno.interrupted.result
    }
    unsafe frame.pointee.restoreArgument(argument)
    // Wrapping: the program's own pc, just after its svc instruction.
    unsafe frame.pointee.pc &-= frame.pointee.cpsr & 0x20 != 0 ? 2 : 4
  }

  /// Writes a signal frame to the program's stack and sets the registers to enter the handler.
  /// False, with the registers unchanged, if the frame cannot be written.
  private static func enter(
    _ action: SignalAction, _ info: SignalInfo, _ signal: Signal,
    _ frame: UnsafeMutablePointer<TrapFrame>
  ) -> Bool {
    let thread = unsafe P.thread
    let isFull = action.has(SignalAction.takesInfo)
    let old = unsafe frame.pointee.sp
    let top =
      unsafe action.has(SignalAction.usesStack) ? thread.pointee.signals.stack.top(for: old) : old
    let infoSize = isFull ? SignalFrame.infoSize : 0
    // Wrapping: `UserRange` refuses an invalid address.
    let base = (top &- SignalFrame.size &- infoSize) & ~7
    let mask = unsafe thread.pointee.signals.savedMask ?? thread.pointee.signals.mask
    let context = unsafe SignalFrame.context(
      frame.pointee, thread.pointee.signals, mask: mask,
      flags: isFull ? 0 : SignalFrame.plainFlags)
    guard UserRange(base: base, count: SignalFrame.size + infoSize) != nil,
      !isFull || store(info, at: base),
      store(context, at: base &+ infoSize),
      storeVFP(at: base &+ infoSize &+ SignalFrame.floatsOffset)
    else { return false }
    unsafe SignalFrame.enter(action.handler, stackPointer: base, &frame.pointee)
    unsafe frame.pointee.r0 = UInt32(signal.number)
    if isFull {
      unsafe frame.pointee.r1 = base
      unsafe frame.pointee.r2 = base &+ infoSize
    }
    unsafe frame.pointee.lr = returnAddress(action)
    unsafe thread.pointee.signals.savedMask = nil
    if unsafe thread.pointee.signals.stack.flags & SignalStack.autoDisarm != 0 {
      unsafe thread.pointee.signals.stack = SignalStack()
    }
    let blocked = unsafe thread.pointee.signals.mask | action.mask
    let own = action.has(SignalAction.staysUnblocked) ? 0 : signal.bit
    P.processes.withLock { unsafe $0.setMask(blocked | own, of: thread) }
    return true
  }

  /// The return address of a handler: its restorer, the vDSO's sigreturn trampoline, or, without a
  /// vDSO, an address that stands for it.
  private static func returnAddress(_ action: SignalAction) -> UInt32 {
    if action.has(SignalAction.hasRestorer) { return action.restorer }
    let ways =
      unsafe P.process.pointee.vdsoMapping?.signalTrampolines
      ?? SignalFrame.returnAddressesWithoutVdso
    return action.has(SignalAction.takesInfo) ? ways.realTime : ways.plain
  }

  @inline(never)
  private static func store(_ words: InlineArray<28, UInt32>, at address: UInt32) -> Bool {
    unsafe words.span.withUnsafeBytes { buffer in
      unsafe P.User.copyOut(
        buffer.baseAddress.unsafelyUnwrapped, to: address, count: buffer.count)
    }
  }

  /// Stores the block of VFP registers and the word that ends uc_regspace.
  @inline(never)
  private static func storeVFP(at address: UInt32) -> Bool {
    // Magic, size, the registers, 3 words of exceptions, 2 of padding, and the end.
    var words = InlineArray<73, UInt32>(repeating: 0)
    words[0] = SignalFrame.floatsMagic
    words[1] = SignalFrame.floatsSize
    var span = words.mutableSpan
    unsafe span.withUnsafeMutableBytes { buffer in
      unsafe P.storeVFP(to: buffer.baseAddress.unsafelyUnwrapped + 8)
    }
    return unsafe words.span.withUnsafeBytes { buffer in
      unsafe P.User.copyOut(
        buffer.baseAddress.unsafelyUnwrapped, to: address, count: buffer.count)
    }
  }

  /// Stores a siginfo, whose words after the known ones are 0. False if the memory is not writable
  /// for the program.
  @inline(never)
  static func store(_ info: SignalInfo, at address: UInt32) -> Bool {
    guard UserRange(base: address, count: SignalFrame.infoSize) != nil else { return false }
    var words = info.words
    var part: UInt32 = 0
    while part < SignalFrame.infoSize {
      let isDone = unsafe withUnsafeBytes(of: &words) { bytes in
        unsafe P.User.copyOut(
          bytes.baseAddress.unsafelyUnwrapped, to: address &+ part, count: 32)
      }
      guard isDone else { return false }
      words = InlineArray(repeating: 0)
      part += 32
    }
    return true
  }
}
