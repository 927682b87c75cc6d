// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore
import System
import UserSpace

// SAFETY: the two variables are written at boot, before a second CPU or a program runs; later
// they are only read.
/// The console. It carries the programs' output unchanged, and the kernel's log unless the
/// command line says `quiet`. A panic is always shown. With `quiet`, the last line before
/// power-off goes to an attached debugger, so that it does not mix with the program's output.
package enum Console {
  // SAFETY: both are written at boot, before a second CPU or a program runs.
  nonisolated(unsafe) private static var address: UInt = 0
  nonisolated(unsafe) private static var isQuiet = false

  /// Configures the UART whose registers are mapped at `mapped`, and starts the log's output.
  static func start(mappedAt mapped: UInt32) {
    unsafe address = UInt(mapped)
    uart.configure()
    // SAFETY: the closure only reads the bytes, during the call.
    unsafe Log.setOutput { bytes, count, isLast in
      let line = unsafe Span(_unsafeStart: bytes, count: count)
      if unsafe !Console.isQuiet { return Console.write(line) }
      if isLast { Power.writeToDebugger(line) }
    }
  }

  /// Starts the log on the board's known UART when no device tree has named one. Used for final
  /// messages only.
  static func startLastResort() {
    guard unsafe address == 0, let registers = MachineBoard.lastResortConsole else { return }
    start(mappedAt: KernelMap.mapDevice(at: registers.base, slot: 0))
  }

  /// Hides the kernel's log lines, or shows them again.
  static func setQuiet(_ quiet: Bool) { unsafe isQuiet = quiet }

  /// Sends bytes unchanged. Bytes from several CPUs may interleave.
  package static func write(_ bytes: Span<UInt8>) {
    let uart = uart
    for index in bytes.indices { uart.put(bytes[index]) }
  }

  /// The UART.
  static var uart: MachineBoard.Console {
    // SAFETY: the address is a device mapping that is never removed.
    unsafe MachineBoard.console(MappedRegisters(mappedAt: address))
  }
}
