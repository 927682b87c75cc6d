// SPDX-License-Identifier: Apache-2.0
/// What a thread keeps about signals. Others read `mask` and `awaited` and change `queue` and
/// `isDue` under the process table's lock; the thread itself changes all of it, the first four
/// under that lock, too.
struct ThreadSignals {
  /// Those that are blocked; never KILL and STOP.
  var mask: UInt64 = 0
  /// Those that it waits for in sigtimedwait; they come although they are blocked.
  var awaited: UInt64 = 0
  /// Sent to this thread alone.
  var queue = SignalQueue()
  /// Some signal that it may take waits: it must not go on waiting for something else.
  var isDue = false
  /// What `mask` becomes after the next handler, or now if there is none (sigsuspend).
  var savedMask: UInt64?
  var stack = SignalStack()
  /// What the last fault was, as sigcontext shows it.
  var fault = FaultRecord()
  var restart = CallRestart()

  /// Whether a signal that comes is for this thread.
  func wants(_ signals: UInt64) -> UInt64 { signals & (~mask | awaited) }
}

/// The three words of sigcontext about a thread's last fault (arm/sigcontext.h).
struct FaultRecord {
  /// 14 for a page fault, 6 for an undefined instruction, 0 for others.
  var trapNumber: UInt32 = 0
  /// The port's fault status.
  var errorCode: UInt32 = 0
  var address: UInt32 = 0
}

/// How a system call goes on that was interrupted.
///
/// A call that waits and finds `Thread.isInterrupted` throws one of Errno's four restart cases. The
/// program sees none of them: before it goes on, `Thread.attend` makes the call again, lets the
/// program make it again after a handler, or answers EINTR, as the case and SA_RESTART say.
struct CallRestart {
  /// The case that was thrown; nil when nothing is to be restarted.
  var kind: Errno?
  /// The first argument, whose register got the result.
  var argument: UInt32 = 0
  /// When a wait ends whose arguments are relative to its begin, in monotonic nanoseconds; 0 for a
  /// call that is made for the first time. See `SystemCall.deadline(after:)`.
  var deadline: UInt64 = 0
}

extension Errno {
  /// Whether a call that throws this is made again, maybe; no program sees such an error.
  var isRestart: Bool { rawValue >= Errno.restartsIfAsked.rawValue }

  /// Whether the call is made again after a handler with these flags.
  func restarts(after action: SignalAction) -> Bool {
    self == .restartsAlways
      || self == .restartsIfAsked && action.has(SignalAction.restartsCalls)
  }
}
