// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// The return from a signal handler to the interrupted code, with the registers in the signal
/// frame.
extension SystemCall {
  /// sigreturn and rt_sigreturn. The signal frame is at the stack pointer, and all of it is an
  /// allegation. If it is invalid, the thread gets SIGSEGV and keeps its registers.
  ///
  /// - Returns: the result to store.
  @inline(__always)
  func signalReturn(hasInfo: Bool) -> Word {
    Thread<P>.returnFromHandler(hasInfo: hasInfo, frame)
    return frame.pointee.result
  }
}
