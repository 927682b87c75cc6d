// SPDX-License-Identifier: Apache-2.0
import RTOSCore

/// A signal of the Linux ABI by number, 1 to 64.
public struct Signal: Equatable, Sendable {
  /// 1 to 64.
  public let number: UInt8

  /// nil unless `number` is 1 to 64.
  public init?(number: UInt32) {
    guard number >= 1, number <= 64 else { return nil }
    self.number = UInt8(number)
  }

  private init(known: UInt8) { number = known }

  /// The lowest one of a mask that is not empty.
  init(lowestIn mask: UInt64) { number = UInt8(mask.trailingZeroBitCount) + 1 }

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
  /// SIGSEGV: an address that is not mapped, or not for this access.
  public static let segmentationFault = Signal(known: 11)
  /// SIGALRM: a timer is over.
  public static let alarm = Signal(known: 14)
  /// SIGCHLD: a child has changed its state.
  public static let child = Signal(known: 17)
  /// SIGXCPU: a limit of CPU time is reached.
  public static let processorTime = Signal(known: 24)
  /// SIGSTOP.
  public static let stop = Signal(known: 19)

  /// The signal's bit in a mask.
  var bit: UInt64 { 1 << UInt64(word: UInt32(number) - 1) }

  /// SIGKILL and SIGSTOP, which nobody can block or handle.
  static var unblockable: UInt64 { 1 << (9 - 1) | 1 << (19 - 1) }

  /// What an instruction brings about, which goes before others: ILL, TRAP, BUS, FPE, SEGV, SYS.
  static var synchronous: UInt64 { 0x4000_04d8 }

  /// Real-time signals are queued, each with what came with it; of the others one waits at a time.
  var isQueued: Bool { number >= 32 }

  /// What happens where the program has said nothing (signal(7)).
  var isFatalByDefault: Bool {
    switch number {
    case 17, 18, 23, 28: false  // CHLD, CONT, URG, WINCH are ignored.
    case 19...22: false  // STOP, TSTP, TTIN and TTOU would stop it; there is no job control.
    default: true
    }
  }

  /// The name for a log line, empty for those that the kernel does not raise itself.
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
