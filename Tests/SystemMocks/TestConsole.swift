// SPDX-License-Identifier: Apache-2.0
import RTOSCore
import System

/// A console of two arrays, with a FIFO of `room` bytes for what is sent.
package enum TestConsole: SystemConsole {
  nonisolated(unsafe) package static var output: [UInt8] = []
  nonisolated(unsafe) package static var input: [UInt8] = []
  /// How many bytes the device accepts before the test empties its FIFO.
  nonisolated(unsafe) package static var room = Int.max
  nonisolated(unsafe) package static var receives = false
  nonisolated(unsafe) package static var transmits = false
  nonisolated(unsafe) package static var line = UInt32(35)
  nonisolated(unsafe) package static var isAlone = false

  package static func reset() {
    (output, input, room, receives, transmits) = ([], [], .max, false, false)
    (line, isAlone) = (35, false)
  }

  package static var device: TestSerialDevice? { TestSerialDevice() }
}

/// The device of `TestConsole`.
package struct TestSerialDevice: SerialDevice {
  package func offer(_ byte: UInt8) -> Bool {
    guard TestConsole.room > 0 else { return false }
    TestConsole.room -= 1
    TestConsole.output.append(byte)
    return true
  }

  package func get() -> UInt8? {
    TestConsole.input.isEmpty ? nil : TestConsole.input.removeFirst()
  }

  package func setInterrupts(receive: Bool, transmit: Bool) {
    (TestConsole.receives, TestConsole.transmits) = (receive, transmit)
  }
}
