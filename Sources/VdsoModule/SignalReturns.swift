// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The addresses to which signal handlers without SA_RESTORER return in a program.
public struct SignalReturns: Equatable, Sendable {
  /// The address for a handler without SA_SIGINFO: `sigreturn`.
  public let plain: UserAddress
  /// The address for a handler with SA_SIGINFO: `rt_sigreturn`.
  public let realTime: UserAddress

  /// Both addresses.
  public init(plain: UserAddress, realTime: UserAddress) {
    self.plain = plain
    self.realTime = realTime
  }

  /// The addresses of `trampolines` in an image that is mapped at `header`.
  init(_ trampolines: SignalTrampolines, in header: UserAddress) {
    // Wrapping: cannot happen, because the whole image fits at `header`.
    plain = header &+ Word(trampolines.plain)
    realTime = header &+ Word(trampolines.realTime)
  }
}
