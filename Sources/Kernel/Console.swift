// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Board
  import PortARMv7A
  import RTOSCore
  import UserSpace

  // SAFETY: the two variables are written at boot, before a second CPU or a program runs; only
  // programs' threads read.
  /// The console: what programs write goes out as it is, and the kernel's lines with it unless
  /// the command line says `quiet`. A panic is always shown; a debugger that listens is told what else
  /// ends the machine, so that it does not mix with what the program says.
  enum Console {
    // SAFETY: both are written at boot, before a second CPU or a program runs.
    nonisolated(unsafe) private static var address: UInt = 0
    nonisolated(unsafe) private static var isQuiet = false

    /// Takes the UART whose registers are mapped at `mapped` and lets the log begin.
    static func start(mappedAt mapped: UInt32) {
      unsafe address = UInt(mapped)
      uart.configure()
      // SAFETY: the closure only reads what it is handed.
      unsafe Log.setOutput { bytes, count, isLast in
        let line = unsafe Span(_unsafeStart: bytes, count: count)
        if unsafe !Console.isQuiet { return Console.write(line) }
        if isLast { Power.tellDebugger(line) }
      }
    }

    /// Begins the log where no device tree has named a UART, with the one that the board is known to
    /// have: for last words only.
    static func startIfMute() {
      guard unsafe address == 0, let registers = MachineBoard.lastResortConsole else { return }
      start(mappedAt: KernelMap.mapDevice(at: registers.base, slot: 0))
    }

    /// Hides the kernel's lines from now on, or shows them again.
    static func setQuiet(_ quiet: Bool) { unsafe isQuiet = quiet }

    /// Sends bytes as they are. Bytes of two CPUs may interleave.
    static func write(_ bytes: Span<UInt8>) {
      let uart = uart
      for index in bytes.indices { uart.put(bytes[index]) }
    }

    /// Takes what has come in, waiting for the first byte unless the thread is interrupted.
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
      // SAFETY: the address is a device mapping that stays.
      unsafe MachineBoard.console(MappedRegisters(mappedAt: address))
    }
  }
#endif
