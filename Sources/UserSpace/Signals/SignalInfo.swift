// SPDX-License-Identifier: Apache-2.0
/// What comes with a signal: the first 32 bytes of siginfo_t, which are all that the kernel knows.
///
///     word 0  si_signo      3 to 7  kill: pid, uid           queue: pid, uid, value
///          1  si_errno              timer: number, overrun, value
///          2  si_code               child: pid, uid, status, utime, stime      fault: address
public struct SignalInfo: Sendable {
  /// The words in the order of memory.
  var words = InlineArray<8, UInt32>(repeating: 0)

  /// A signal with its code and the first words of what depends on the code.
  @inline(never)
  public init(_ signal: Signal, code: Int32, _ first: UInt32, _ second: UInt32, _ third: UInt32) {
    words[0] = UInt32(signal.number)
    words[2] = UInt32(bitPattern: code)
    words[3] = first
    words[4] = second
    words[5] = third
  }

  /// What a program hands to rt_sigqueueinfo, for `signal` whatever the program says.
  init(_ given: InlineArray<8, UInt32>, for signal: Signal) {
    words = given
    words[0] = UInt32(signal.number)
  }

  /// Its signal; nil for what is none.
  var signal: Signal? { Signal(number: words[0]) }
  /// Why it was sent: below 0 by a program that says so, 0 by kill, above 0 by the kernel.
  var code: Int32 { Int32(bitPattern: words[2]) }
  /// Whether the first process, which has no handler for it, ends of it: what the kernel sends, and what
  /// that process sends itself by kill or tkill, which no other can claim. Another process would end
  /// the machine.
  var endsFirstProcess: Bool {
    code > 0 || words[3] == 1 && (code == Self.byKill || code == Self.byThreadKill)
  }

  /// A real-time signal comes with what it was sent with or not at all, but for kill's, as in Linux. A
  /// timer's comes anyhow.
  var needsRoom: Bool {
    words[0] >= 32 && code != SignalInfo.byKill && code != SignalInfo.byTimer
  }

  /// SI_USER: by kill.
  public static let byKill: Int32 = 0
  /// SI_KERNEL.
  public static let byKernel: Int32 = 0x80
  /// SI_QUEUE: by sigqueue.
  public static let byQueue: Int32 = -1
  /// SI_TIMER: the first word is the timer's number, then its overrun and its value.
  public static let byTimer: Int32 = -2
  /// SI_TKILL: by tkill or tgkill.
  public static let byThreadKill: Int32 = -6
}
