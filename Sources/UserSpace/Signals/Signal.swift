// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A signal of the Linux ABI, identified by its number.
public struct Signal: Equatable, Sendable {
  /// The signal number, 1 to 64.
  public let number: UInt8

  /// The signal with this number; nil unless it is 1 to 64.
  public init?(number: UInt32) {
    guard number >= 1, number <= 64 else { return nil }
    self.number = UInt8(number)
  }

  private init(known: UInt8) { number = known }

  /// The signal of the lowest bit in `mask`, which must not be 0.
  init(lowestIn mask: UInt64) { number = UInt8(mask.trailingZeroBitCount) + 1 }

  /// SIGHUP: the terminal is gone.
  public static let hangUp = Signal(known: 1)
  /// SIGINT: the key INTR of a terminal.
  public static let interrupt = Signal(known: 2)
  /// SIGQUIT: the key QUIT of a terminal.
  public static let quit = Signal(known: 3)
  /// SIGILL: an undefined instruction.
  public static let illegalInstruction = Signal(known: 4)
  /// SIGTRAP: a breakpoint.
  public static let trap = Signal(known: 5)
  /// SIGABRT.
  public static let abort = Signal(known: 6)
  /// SIGBUS: a misaligned access.
  public static let bus = Signal(known: 7)
  /// SIGKILL.
  public static let kill = Signal(known: 9)
  /// SIGSEGV: access to an address that is not mapped or does not permit it.
  public static let segmentationFault = Signal(known: 11)
  /// SIGPIPE: a write to a pipe without a reader.
  public static let brokenPipe = Signal(known: 13)
  /// SIGALRM: a timer has expired.
  public static let alarm = Signal(known: 14)
  /// SIGCHLD: a child has changed its state.
  public static let child = Signal(known: 17)
  /// SIGXCPU: a CPU time limit is exceeded.
  public static let processorTime = Signal(known: 24)
  /// SIGXFSZ: a file would exceed the limit of its size.
  public static let fileSize = Signal(known: 25)
  /// SIGSTOP.
  public static let stop = Signal(known: 19)
  /// SIGTSTP: the key SUSP of a terminal.
  public static let terminalStop = Signal(known: 20)
  /// SIGTTIN: a read from the terminal by a background process.
  public static let terminalInput = Signal(known: 21)
  /// SIGTTOU: a write to the terminal or a change of it by a background process.
  public static let terminalOutput = Signal(known: 22)
  /// SIGCONT.
  public static let resume = Signal(known: 18)
  /// SIGWINCH: the size of a terminal's window has changed.
  public static let windowChange = Signal(known: 28)

  /// The signal's bit in a mask.
  var bit: UInt64 {
    // By halves, because a shift of 64 bits is a call on 32-bit machines.
    let half = UInt32(1) &<< (UInt32(number) &- 1)
    return number <= 32 ? UInt64(half) : UInt64(half) << 32
  }

  /// SIGKILL and SIGSTOP, which cannot be blocked or handled.
  static var unblockable: UInt64 { 1 << (9 - 1) | 1 << (19 - 1) }

  /// Signals that instructions raise; they are delivered before others: ILL, TRAP, BUS, FPE, SEGV,
  /// SYS.
  static var synchronous: UInt64 { 0x4000_04d8 }

  /// Whether several instances can be pending, each with its siginfo. True for real-time signals;
  /// other signals are pending at most once.
  var isQueued: Bool { number >= 32 }

  /// SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU, whose default action stops the process (signal(7)).
  static var stopping: UInt64 { 0xf << (19 - 1) }

  /// Whether the default action stops the process.
  var stopsByDefault: Bool { number >= 19 && number <= 22 }

  /// Whether the signal stops a process by default, or is SIGCONT.
  var isForJobControl: Bool { number >= 18 && number <= 22 }

  /// Whether the default action is to ignore the signal: CHLD, CONT, URG, WINCH.
  var isIgnoredByDefault: Bool { number == 17 || number == 18 || number == 23 || number == 28 }

  /// The name for log lines; a placeholder for signals that the kernel does not raise itself.
  public var name: StaticString {
    switch number {
    case 4: "SIGILL"
    case 5: "SIGTRAP"
    case 6: "SIGABRT"
    case 7: "SIGBUS"
    case 9: "SIGKILL"
    case 11: "SIGSEGV"
    case 15: "SIGTERM"
    default: "a signal"
    }
  }
}
