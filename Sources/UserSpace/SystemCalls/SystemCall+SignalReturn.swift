// SPDX-License-Identifier: Apache-2.0
import VmRegion

// SAFETY: process and frame outlive the call; thread records do not move.
/// The return from a signal handler to the interrupted code, with the registers in the signal
/// frame.
extension SystemCall {
  /// sigreturn and rt_sigreturn. The signal frame is at the stack pointer, and all of it is an
  /// allegation. If it is invalid, the thread gets SIGSEGV and keeps its registers.
  ///
  /// - Returns: the result to store.
  @inline(never)
  func signalReturn(hasInfo: Bool) -> UInt32 {
    let base = unsafe frame.pointee.sp
    let address = base &+ (hasInfo ? SignalFrame.infoSize : 0)
    do throws(Errno) {
      guard base & 7 == 0 else { throw .invalid }
      let context: InlineArray<28, UInt32> = try load(address)
      guard let registers = SignalFrame.registers(context) else { throw .invalid }
      try loadVFP(address &+ SignalFrame.floatsOffset)
      let thread = unsafe P.thread
      P.processes.withLock { unsafe $0.setMask(SignalFrame.mask(context), of: thread) }
      let kernelLink = unsafe frame.pointee.kernelLink
      unsafe frame.pointee = registers
      unsafe frame.pointee.kernelLink = kernelLink
      if hasInfo {
        // As in Linux, an invalid signal stack is ignored.
        let stack: InlineArray<3, UInt32> = [context[2], context[3], context[4]]
        try? unsafe thread.pointee.signals.stack.replace(by: stack, at: registers.sp)
      }
      return registers.result
    } catch {
      unsafe Thread<P>.force(
        SignalInfo(.segmentationFault, code: SignalInfo.byKernel, 0, 0, 0), "bad signal frame",
        frame)
      return unsafe frame.pointee.result
    }
  }

  /// Loads the VFP registers from the block at `address`.
  ///
  /// - Throws: `badAddress`, `invalid`.
  @inline(never)
  private func loadVFP(_ address: UInt32) throws(Errno) {
    let words: InlineArray<67, UInt32> = try load(address)
    guard words[0] == SignalFrame.floatsMagic, words[1] == SignalFrame.floatsSize else {
      throw .invalid
    }
    unsafe words.span.withUnsafeBytes { buffer in
      unsafe P.loadVFP(from: buffer.baseAddress.unsafelyUnwrapped + 8)
    }
  }
}
