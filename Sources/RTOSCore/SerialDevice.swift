// SPDX-License-Identifier: Apache-2.0
/// A device that sends and receives bytes: the console's UART. Its functions do not wait, log, lock
/// or need interrupts, because a panic uses them. Calls are serialised.
public protocol SerialDevice {
  /// Sends a byte. Returns false at once if there is no room for it.
  ///
  /// - Errors: false: no room.
  /// - Called: any.
  /// - Tested by: `testPL011SendsOnlyWithRoomInTheFIFO`.
  func offer(_ byte: UInt8) -> Bool

  /// Returns the next received byte, or nil if there is none.
  ///
  /// - Returns: nil: nothing there.
  /// - Called: any.
  /// - Tested by: `testPL011ReadDropsBadBytesAndReturnsNilWhenEmpty`.
  func get() -> UInt8?

  /// Sets whether the line is raised while received bytes wait, and when there is room again after
  /// `offer` has returned false.
  ///
  /// - Called: any.
  /// - Tested by: `testPL011InterruptsAreEnabledByDirection`.
  func setInterrupts(receive: Bool, transmit: Bool)
}
