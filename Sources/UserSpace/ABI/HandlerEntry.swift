// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// What a signal frame holds besides registers, and how its handler is entered. The values are the
/// kernel's, except for those that the program's action and its alternate stack have.
public struct HandlerEntry {
  /// The signal and what accompanies it.
  let info: SignalInfo
  /// Whether the handler takes siginfo and ucontext (SA_SIGINFO).
  let takesInfo: Bool
  /// The handler's address.
  let handler: UserAddress
  /// The address to which the handler returns.
  let returnAddress: UserAddress
  /// The address below which the frame is stored; an allegation.
  let top: UserAddress
  /// The signals that were blocked.
  let mask: UInt64
  /// The thread's alternate stack.
  let stack: SignalStack
  /// The thread's last fault.
  let fault: FaultRecord
}

/// What the kernel needs of a signal frame besides registers; all of it is an allegation.
public struct HandlerExit {
  /// The signals to block.
  let mask: UInt64
  /// The alternate stack, as the frame has it.
  let stack: SignalStack
}
