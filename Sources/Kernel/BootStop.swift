// SPDX-License-Identifier: Apache-2.0
import PortARMv7A
import RTOSCore

/// Ends the boot on a machine that the kernel cannot run on: logs the reason and powers off with
/// the exit status of a panic. This is not a kernel bug, so there is no backtrace.
enum BootStop {
  /// Logs `boot: REASON, cannot go on` and powers the machine off with status 125.
  static func because(_ reason: StaticString) -> Never {
    KernelConsole.startLastLines()
    Log.line("boot: \(reason), cannot go on")
    Power.off(status: Panic.exitStatus)
  }
}
