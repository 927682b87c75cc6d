// SPDX-License-Identifier: Apache-2.0
import VmRegion

/// The action that a program has set for a signal (the kernel's struct sigaction).
struct SignalAction {
  var handler: UserAddress = 0
  var flags: UInt32 = 0
  var restorer: UserAddress = 0
  var maskLow: UInt32 = 0
  var maskHigh: UInt32 = 0

  /// SIG_IGN; SIG_DFL is 0.
  static var ignore: UserAddress { 1 }

  // Flags (asm-generic/signal-defs.h).
  /// SA_NOCLDSTOP: no signal when a child stops or continues.
  static var ignoresStops: UInt32 { 1 }
  /// SA_NOCLDWAIT: children leave no zombies.
  static var noZombies: UInt32 { 2 }
  /// SA_SIGINFO: the handler takes three arguments and gets an rt signal frame.
  static var takesInfo: UInt32 { 4 }
  /// SA_RESTORER: the handler returns to `restorer`.
  static var hasRestorer: UInt32 { 0x0400_0000 }
  /// SA_ONSTACK: the handler runs on the alternate stack, if one is set.
  static var usesStack: UInt32 { 0x0800_0000 }
  /// SA_RESTART: a system call that the handler interrupts is restarted.
  static var restartsCalls: UInt32 { 0x1000_0000 }
  /// SA_NODEFER: the signal is not blocked while its handler runs.
  static var staysUnblocked: UInt32 { 0x4000_0000 }
  /// SA_RESETHAND: the action is reset to the default when the handler is called.
  static var catchesOnce: UInt32 { 0x8000_0000 }

  func has(_ flag: UInt32) -> Bool { flags & flag != 0 }

  /// The signals blocked while the handler runs, besides the signal itself.
  var mask: UInt64 { UInt64(maskHigh) << 32 | UInt64(maskLow) }

  /// Whether the action is to ignore `signal`.
  func ignores(_ signal: Signal) -> Bool {
    handler == SignalAction.ignore || handler == 0 && signal.isIgnoredByDefault
  }
}
