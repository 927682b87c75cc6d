// SPDX-License-Identifier: Apache-2.0
/// Where handlers of signals return to that name no way of their own (SA_RESTORER): code that makes
/// the system call, with tables by which an unwinder passes through. The frames that they expect at
/// the stack pointer are Linux' (arch/arm): a ucontext, for `realTime` behind a siginfo.
public struct SignalReturns: Equatable, Sendable {
  /// For a handler without SA_SIGINFO: `sigreturn`, 119.
  public let plain: UInt32
  /// For a handler with it: `rt_sigreturn`, 173.
  public let realTime: UInt32

  /// Both places, as offsets in the image or as addresses. A32 code: bit 0 is clear.
  public init(plain: UInt32, realTime: UInt32) {
    self.plain = plain
    self.realTime = realTime
  }

  /// The addresses of the same in an image at `header`.
  func moved(to header: UInt32) -> SignalReturns {
    // Wrapping: offsets are below the image's size, which has room there.
    SignalReturns(plain: header &+ plain, realTime: header &+ realTime)
  }
}
