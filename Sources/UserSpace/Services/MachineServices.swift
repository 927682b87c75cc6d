// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import VmRegion

/// How a process ended.
public enum ProcessEnd: Equatable, Sendable {
  /// By exit or exit_group, with the low eight bits of its argument.
  case exited(UInt8)
  /// By a signal.
  case signalled(Signal)

  /// The status as a shell reports it: the program's own, or 128 plus the signal's number.
  public var shellStatus: Int32 {
    switch self {
    case .exited(let status): Int32(status)
    case .signalled(let signal): 128 + Int32(signal.number)
    }
  }
}

/// What the boot hands to programs, the console, and the end of the machine. Unless a requirement
/// says otherwise, it is called with interrupts on and no spin lock held.
public protocol MachineServices {
  /// The kernel's command line, for /proc/cmdline.
  static var commandLine: ImmortalBytes { get }

  /// Writes to the console. Does not block, but waits for the device unless `hasConsoleRoom` has
  /// found room for the bytes.
  static func writeConsole(_ bytes: RawSpan)

  /// Whether the console has room for `count` bytes, which is always so at some time for up to 768.
  /// If not, those who wait for the console are woken when there is more room.
  static func hasConsoleRoom(for count: UInt32) -> Bool

  /// Stores what has arrived at the console, and returns the number of bytes.
  static func readConsole(into bytes: inout MutableRawSpan) -> Int

  /// The number of bytes that have arrived at the console. Those who wait for it are woken when more
  /// arrive.
  static func consoleInputCount() -> UInt32

  /// Powers the machine off after the first process has ended. On the machine it never returns; in
  /// tests it does, and the program must then not be entered again.
  static func end(_ end: ProcessEnd)

  /// Whether user addresses are randomised; false with `norandomize` on the command line.
  static var randomizesAddresses: Bool { get }

  /// Fills `bytes` with random numbers.
  static func fillRandom(_ bytes: inout MutableRawSpan)
}
