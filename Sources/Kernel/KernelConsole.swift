// SPDX-License-Identifier: Apache-2.0
import Board
import PortARMv7A
import RTOSCore
import System

/// The console's UART. It carries the programs' output unchanged, the kernel's log unless the
/// command line says `quiet`, and each panic. With `quiet`, the last line goes to a debugger.
package enum KernelConsole: SystemConsole {
  // SAFETY: written at boot, before a second CPU or a program runs, and by a panic.
  nonisolated(unsafe) private static var storage = ConsoleState<MachineBoard.Console>()

  static var state: ConsoleState<MachineBoard.Console> {
    // SAFETY: written at boot, before a second CPU or a program runs, and by a panic.
    @inline(__always) get { unsafe storage }
    set { unsafe storage = newValue }
  }

  /// Configures the UART, and starts the log's output.
  static func start(_ uart: MachineBoard.Console, line: UInt32?) {
    state.device = uart
    state.line = line ?? .max
    uart.configure(clock: MachineBoard.consoleClock)
    // SAFETY: the closure only reads the bytes, during the call.
    unsafe Log.setOutput { bytes, count, isLast in
      let line = unsafe Span(_unsafeStart: bytes, count: count)
      if KernelConsole.state.isQuiet { return isLast ? Power.writeToDebugger(line) : () }
      if KernelConsole.state.isShared { return KernelPlatform.writeLog(line) }
      for index in line.indices {
        while !(KernelConsole.device?.offer(line[index]) ?? true) {}
      }
    }
  }

  /// Shows the log from now on, without the console's lock: the machine is about to end. Starts the
  /// board's known UART when no device tree has named one.
  static func startLastLines() {
    (state.isQuiet, state.isAlone) = (false, true)
    guard state.device == nil, let registers = MachineBoard.lastResortConsole,
      let uart = try? MachineBoard.Console.make(
        DeviceRecord(registers: registers), map: KernelDevices.map)
    else { return }
    start(uart, line: nil)
  }

  package static var device: MachineBoard.Console? { state.device }
  package static var isAlone: Bool { state.isAlone }
  package static var line: UInt32 { state.line }
}
