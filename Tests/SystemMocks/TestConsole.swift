// SPDX-License-Identifier: Apache-2.0
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

  package static func offer(_ byte: UInt8) -> Bool {
    guard room > 0 else { return false }
    room -= 1
    output.append(byte)
    return true
  }

  package static func get() -> UInt8? { input.isEmpty ? nil : input.removeFirst() }

  package static func setInterrupts(receive: Bool, transmit: Bool) {
    (receives, transmits) = (receive, transmit)
  }
}
