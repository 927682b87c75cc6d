// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import PortARMv7A
  import RTOSCore

  /// A machine that the kernel cannot run on: the boot ends with a line that says why and with the
  /// status of a panic. It is no kernel bug, so there is no backtrace to read.
  enum BootStop {
    /// Says `boot: REASON, cannot go on` and switches the machine off with status 125.
    static func because(_ reason: StaticString) -> Never {
      Console.startIfMute()
      Console.setQuiet(false)
      Log.line("boot: \(reason), cannot go on")
      Power.off(status: Panic.exitStatus)
    }
  }
#endif
