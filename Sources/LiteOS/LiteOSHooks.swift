// SPDX-License-Identifier: Apache-2.0
#if hasFeature(Embedded)
  import Kernel
  import RTOSCore
  import System

  // SAFETY: the name is a literal, which is never freed.
  /// Level 7: makes what stands behind the C names. From the next level on, C code may call them.
  @section(".init.kernel.07.OsLiteOSInit") @used
  private let liteOSEntry: ModuleInit.Entry = (
    7, 0, { unsafe nameOf("OsLiteOSInit") },
    {
      KernelLiteOS.start()
      return 0
    }
  )

  /// The functions that the kernel calls.
  enum LiteOSHooks {
    static var all: KernelHooks {
      var hooks = KernelHooks()
      hooks.tick = { KernelLiteOS.services.tick(to: $0) }
      hooks.hasTimers = { KernelLiteOS.services.hasTimers }
      hooks.serveLine = { KernelInterrupts.registry.serve($0) }
      hooks.disableLine = { KernelInterrupts.registry.disableUnhandled($0) }
      // SAFETY: the caller's memory has room for `room` bytes.
      unsafe hooks.row = { text, index, bytes, room in
        var row = unsafe Row(bytes: bytes, room: room)
        var isThere = true
        switch KernelHookText(rawValue: text) {
        case .lines: isThere = LiteOSHooks.writeLine(index, to: &row)
        case .taskNames: KernelLiteOS.services.writeName(of: index, to: &row)
        case .objects: isThere = KernelLiteOS.services.writeObject(index, to: &row)
        case nil: isThere = false
        }
        return row.count == 0 && isThere ? -1 : row.count
      }
      return hooks
    }

    /// Writes the row of a line in /proc/interrupts if it has a handler; false after the last line.
    private static func writeLine(_ line: UInt32, to row: inout Row) -> Bool {
      let registry = KernelInterrupts.registry
      guard line < registry.lineCount else { return false }
      guard registry.isRegistered(line) else { return true }
      row.line(line)
      for cpu in 0..<UInt32(32) where KernelPlatform.processors >> cpu & 1 != 0 {
        row.column(UInt64(registry.count(of: line, on: Int(cpu))), width: 10)
      }
      row.text("  ")
      registry.writeNames(of: line, to: &row)
      row.text("\n")
      return true
    }
  }

  // SAFETY: a row lives as long as the memory that its writer was given.
  /// A row of a text: bytes beyond the room are dropped.
  @safe struct Row: TextSink {
    let bytes: UnsafeMutablePointer<UInt8>
    let room: Int
    private(set) var count = 0

    init(bytes: UnsafeMutablePointer<UInt8>, room: Int) {
      unsafe self.bytes = bytes
      self.room = room
    }

    mutating func put(_ byte: UInt8) {
      guard count < room else { return }
      unsafe bytes[count] = byte
      count += 1
    }
  }
#endif
