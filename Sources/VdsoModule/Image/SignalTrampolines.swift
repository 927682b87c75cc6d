// SPDX-License-Identifier: Apache-2.0
/// The image's sigreturn trampolines, to which signal handlers without SA_RESTORER return: code
/// that makes the system call, with unwind entries that let an unwinder pass through. At the stack
/// pointer they expect Linux' frames: a ucontext, for `realTime` after a siginfo. On a machine
/// whose Linux has `rt_sigreturn` only, both are the same trampoline.
public struct SignalTrampolines: Equatable, Sendable {
  /// The trampoline for a handler without SA_SIGINFO: `sigreturn`.
  public let plain: UInt32
  /// The trampoline for a handler with SA_SIGINFO: `rt_sigreturn`.
  public let realTime: UInt32

  /// Both trampolines, as offsets in the image.
  public init(plain: UInt32, realTime: UInt32) {
    self.plain = plain
    self.realTime = realTime
  }
}
