// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The signal state of a thread. Other threads read `mask` and `waitedFor` and change `queue` and
/// `isPending`, always under the process table's lock. Only the thread itself changes the rest; it,
/// too, changes these four under the lock.
struct ThreadSignals {
  /// Blocked signals; never KILL and STOP.
  var mask: UInt64 = 0
  /// Signals that sigtimedwait waits for; the thread accepts them although they are blocked.
  var waitedFor: UInt64 = 0
  /// Signals sent to this thread alone.
  var queue = SignalQueue()
  /// Whether a signal is pending that the thread accepts, or it must stop with its process; it must
  /// then not block for anything else.
  var isPending = false
  /// The value that `mask` gets after the next handler, or at once if no handler runs (sigsuspend).
  var savedMask: UInt64?
  var stack = SignalStack()
  /// The thread's last fault, for sigcontext.
  var fault = FaultRecord()
  var restart = CallRestart()

  /// The subset of `signals` that this thread accepts.
  func accepted(_ signals: UInt64) -> UInt64 { signals & (~mask | waitedFor) }
}

/// A thread's last fault, for the signal frames of ABIs that describe it there.
public struct FaultRecord {
  /// 14 for a page fault, 6 for an undefined instruction, 0 for others.
  var trapNumber: UInt32 = 0
  /// The port's fault status word.
  var errorCode: UInt32 = 0
  var address: UserAddress = 0
}

/// The state for restarting an interrupted system call.
///
/// A call that blocks and finds `Thread.isInterrupted` throws one of the four restart cases of
/// Errno, which programs never see. Before the thread returns to user mode,
/// `Thread.doUserReturnWork` resolves it according to the case and SA_RESTART: it makes the call
/// again, lets the program repeat it after a handler, or returns EINTR.
struct CallRestart {
  /// The case that was thrown; nil if there is nothing to restart.
  var kind: Errno?
  /// The first argument, which the result has overwritten.
  var argument: Word = 0
  /// The deadline of a call whose timeout is relative, in monotonic nanoseconds, so that a restart
  /// does not extend it; 0 on the first attempt. `SystemCall.deadline(after:)` uses it.
  var deadline: UInt64 = 0
}

extension Errno {
  /// Whether this is one of the restart cases, which no program sees.
  var isRestart: Bool { rawValue >= Errno.restartsIfAsked.rawValue }

  /// Whether the interrupted call is made again after a handler with this action.
  func restarts(after action: SignalAction) -> Bool {
    self == .restartsAlways
      || self == .restartsIfAsked && action.has(SignalAction.restartsCalls)
  }
}
