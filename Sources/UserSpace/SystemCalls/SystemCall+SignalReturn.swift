// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The return from a signal handler to the interrupted code, with the registers in the signal
/// frame.
extension SystemCall {
  /// sigreturn and rt_sigreturn. The signal frame is at the stack pointer, and all of it is an
  /// allegation. If it is invalid, the thread gets SIGSEGV and keeps its registers.
  ///
  /// - Returns: the result to store.
  @inline(never)
  func signalReturn(hasInfo: Bool) -> Word {
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
      Thread<P>.force(
        SignalInfo(.segmentationFault, code: SignalInfo.byKernel, 0, 0, 0), "bad signal frame",
        frame)
    }
    return frame.pointee.result
  }
}
