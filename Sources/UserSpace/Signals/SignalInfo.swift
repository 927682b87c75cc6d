// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// The information that accompanies a signal: the first 32 bytes of siginfo_t of a 32-bit program,
/// which are all that the kernel uses.
///
///     word 0  si_signo      3 to 7  kill: pid, uid           queue: pid, uid, value
///          1  si_errno              timer: number, overrun, value
///          2  si_code               child: pid, uid, status, utime, stime      fault: address
public struct SignalInfo: Sendable {
  /// The words in memory order.
  var words = InlineArray<8, UInt32>(repeating: 0)

  /// The information for `signal`: the code, and the first three words that depend on the code.
  @inline(never)
  public init(_ signal: Signal, code: Int32, _ first: UInt32, _ second: UInt32, _ third: UInt32) {
    words[0] = UInt32(signal.number)
    words[2] = UInt32(bitPattern: code)
    words[3] = first
    words[4] = second
    words[5] = third
  }

  /// The information for a fault at `address`.
  @inline(__always)
  init(_ signal: Signal, code: Int32, at address: UserAddress) {
    let upper = (address.word >> 16) >> 16  // In two steps, because a word may have 32 bits.
    self.init(
      signal, code: code, UInt32(truncatingIfNeeded: address.word),
      UInt32(truncatingIfNeeded: upper), 0)
  }

  /// The address of a fault.
  var address: UserAddress {
    UserAddress(RTOSCore.Word(truncatingIfNeeded: UInt64(words[4]) << 32 | UInt64(words[3])))
  }

  /// The information that a program passed to rt_sigqueueinfo as a `record`; the signal number is
  /// always `signal`.
  init<Word: RecordWord>(
    _ given: InlineArray<8, UInt32>, _: Word.Type, for signal: Signal
  ) {
    words = given
    if Word.bitWidth == 64 {
      for index in 3..<6 { words[index] = given[index + 1] }
      for index in 6..<8 { words[index] = 0 }
    }
    words[0] = UInt32(signal.number)
  }

  /// The first 32 bytes of siginfo_t for a program with this word (asm-generic/siginfo.h): what
  /// depends on the code is aligned to a word.
  @inline(__always)
  func record<Word: RecordWord>(_: Word.Type) -> InlineArray<8, UInt32> {
    guard Word.bitWidth == 64 else { return words }
    return [words[0], words[1], words[2], 0, words[3], words[4], words[5], 0]
  }

  /// Bytes of a siginfo_t.
  static var size: Word { 128 }

  /// The signal; nil if the number is invalid.
  var signal: Signal? { Signal(number: words[0]) }
  /// The origin: below 0 as claimed by a program, 0 for kill, above 0 for the kernel.
  var code: Int32 { Int32(bitPattern: words[2]) }
  /// Whether this signal may end the first process if that has no handler. True for the kernel's
  /// signals, and for those that the process sends itself by kill or tkill, a sender that no other
  /// process can claim. Other processes must not be able to stop the machine.
  var endsFirstProcess: Bool {
    code > 0
      || ProcessID(rawValue: words[3]) == .first
        && (code == Self.byKill || code == Self.byThreadKill)
  }

  /// Whether the signal is dropped if there is no room for its information. True for real-time
  /// signals except those by kill, as on Linux, and by timers.
  var requiresEntry: Bool {
    words[0] >= 32 && code != SignalInfo.byKill && code != SignalInfo.byTimer
  }

  // SIGCHLD (siginfo.h).
  /// CLD_EXITED: a child has exited.
  static let childExited: Int32 = 1
  /// CLD_KILLED: a signal has ended a child.
  static let childKilled: Int32 = 2
  /// CLD_STOPPED: a signal has stopped a child.
  static let childStopped: Int32 = 5
  /// CLD_CONTINUED: a child has continued.
  static let childContinued: Int32 = 6

  /// SI_USER: by kill.
  public static let byKill: Int32 = 0
  /// SI_KERNEL.
  public static let byKernel: Int32 = 0x80
  /// SI_QUEUE: by sigqueue.
  public static let byQueue: Int32 = -1
  /// SI_TIMER; the first word is the timer's number, followed by its overrun count and its value.
  public static let byTimer: Int32 = -2
  /// SI_MESGQ: a message came to an empty message queue.
  static let byQueueMessage: Int32 = -3
  /// SI_TKILL: by tkill or tgkill.
  public static let byThreadKill: Int32 = -6
}
