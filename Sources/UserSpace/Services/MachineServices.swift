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

/// What the boot hands to programs, and the end of the machine. Unless a requirement
/// says otherwise, it is called with interrupts on and no spin lock held.
public protocol MachineServices {
  /// The kernel's command line, for /proc/cmdline.
  static var commandLine: ImmortalBytes { get }

  /// Powers the machine off after the first process has ended. On the machine it never returns; in
  /// tests it does, and the program must then not be entered again.
  static func end(_ end: ProcessEnd)

  /// Whether user addresses are randomised; false with `norandomize` on the command line.
  static var randomizesAddresses: Bool { get }

  /// What names this machine.
  static var names: MachineNames { get }

  /// Sets the name of the node, or of the NIS domain.
  static func setName(_ name: MachineName, isDomain: Bool)

  /// The random number of this boot.
  static var bootNumber: InlineArray<4, UInt32> { get }

  /// Fills `bytes` with random numbers.
  static func fillRandom(_ bytes: inout MutableRawSpan)
}
