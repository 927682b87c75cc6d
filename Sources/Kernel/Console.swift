// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import UserSpace

  // SAFETY: the two variables are written at boot, before a second CPU or a program runs; later
  // they are only read.
  /// The console. It carries the programs' output unchanged, and the kernel's log unless the
  /// command line says `quiet`. A panic is always shown. With `quiet`, the last line before
  /// power-off goes to an attached debugger, so that it does not mix with the program's output.
  enum Console {
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
        if isLast { Power.tellDebugger(line) }
      }
    }

    /// Starts the log on the board's known UART when no device tree has named one. Used for final
    /// messages only.
    static func startIfMute() {
      guard unsafe address == 0, let registers = MachineBoard.lastResortConsole else { return }
      start(mappedAt: KernelMap.mapDevice(at: registers.base, slot: 0))
    }

    /// Hides the kernel's log lines, or shows them again.
    static func setQuiet(_ quiet: Bool) { unsafe isQuiet = quiet }

    /// Sends bytes unchanged. Bytes from several CPUs may interleave.
    static func write(_ bytes: Span<UInt8>) {
      let uart = uart
      for index in bytes.indices { uart.put(bytes[index]) }
    }

    /// Reads the bytes that have arrived. Blocks for the first byte unless the thread is
    /// interrupted; returns the number of bytes.
    static func read(into bytes: inout MutableRawSpan) -> Int {
      let uart = uart
      var count = 0
      while count < bytes.byteCount {
        if let byte = uart.get() {
          bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
          count += 1
        } else if unsafe count > 0 || KernelPlatform.thread.pointee.isInterrupted {
          break
        } else {
          Machine.shared.waitForATick()
        }
      }
      return count
    }

    private static var uart: MachineBoard.Console {
      // SAFETY: the address is a device mapping that is never removed.
      unsafe MachineBoard.console(MappedRegisters(mappedAt: address))
    }
  }
#endif
